"""Mesa's virus on a network, in which half of all people think, and half keep to a rule."""

from mesa.examples.basic.virus_on_network.model import State, VirusAgent, VirusOnNetwork

from econsim_mesa.toolkit import LlmAgents, Stress, agent_name, record


def isolate(agent: VirusAgent) -> None:
    """Meet nobody any more, so that you infect nobody and nobody infects you."""
    for place in list(agent.cell.neighborhood):
        place.disconnect(agent.cell)
        agent.cell.disconnect(place)


def see(agent: VirusAgent) -> dict[str, object]:
    """Return what somebody sees."""
    met = {agent_name(one): one.state.name for one in agent.cell.neighborhood.agents}
    return {"health": agent.state.name, "you meet": met or "nobody"}


def fear(agent: VirusAgent) -> tuple[float, str]:
    """Return how afraid somebody is, from 0 to 100, and why."""
    ill = sum(one.state is State.INFECTED for one in agent.cell.neighborhood.agents)
    return min(60.0 * ill, 100.0), f"{ill} of those whom you meet are ill"


class Town(VirusOnNetwork):
    def __init__(self, **given: float) -> None:
        super().__init__(**given)
        task, afraid = "You like company, and want to stay well.", Stress({"fear": fear})
        self.minds = LlmAgents(self, task=task, observe=see, actions=[isolate], stress=afraid)

    def step(self) -> None:
        self.minds.step(self.agents.select(lambda one: one.unique_id % 2 == 0))
        self.agents.select(lambda one: one.unique_id % 2 and fear(one)[0] > 60).do(isolate)
        super().step()


if __name__ == "__main__":
    print(record(Town, "runs/virus", steps=5, num_nodes=20).table("results"))
