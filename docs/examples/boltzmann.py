"""Coins change hands in a town whose people think: Boltzmann's agents with a language model."""

import mesa
from mesa.examples.basic.boltzmann_wealth_model.agents import MoneyAgent

from econsim_mesa.toolkit import LlmAgents, Memory, Refused, agent_name, record


def give(agent: MoneyAgent, to: MoneyAgent, amount: int) -> None:
    """Give coins to somebody who is where you are."""
    if to.cell is not agent.cell or not 0 < amount <= agent.wealth:
        raise Refused(f"you have {agent.wealth} coins, and only those with you can take them")
    agent.wealth, to.wealth = agent.wealth - amount, to.wealth + amount


def see(agent: MoneyAgent) -> str:
    """Return what somebody sees."""
    here = [agent_name(other) for other in agent.cell.agents if other is not agent]
    return f"You have {agent.wealth} coins. With you: {', '.join(here) or 'nobody'}."


class Town(mesa.Model):
    """People who wander over a grid with a coin each."""

    def __init__(self, n: int = 100, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        grid = mesa.discrete_space.OrthogonalMooreGrid((10, 10), random=self.random)
        MoneyAgent.create_agents(self, n, self.random.choices(grid.all_cells.cells, k=n))
        self.datacollector = mesa.DataCollector({"Most": lambda one: max(one.agents.get("wealth"))})
        task, actions = "You live in a small town.", [MoneyAgent.move, give]
        self.minds = LlmAgents(self, task=task, observe=see, actions=actions, memory=Memory())

    def step(self) -> None:
        """Let everybody act at once."""
        self.minds.step(self.agents)
        self.datacollector.collect(self)


if __name__ == "__main__":
    print(record(Town, "runs/boltzmann", steps=5, n=20).table("results"))
