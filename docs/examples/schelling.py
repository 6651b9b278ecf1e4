"""Schelling's segregation model, in which people say why they stay or move away."""

from mesa.examples.basic.schelling import model as mesas

from econsim_mesa.toolkit import LlmAgents, Memory, record


def move(agent: mesas.SchellingAgent, away: bool, why: str) -> str:
    """Move to an empty place (true) or stay where you live (false), and say why."""
    agent.happy = not away  # Mesa's own step moves all who are not happy
    return f"{'moved away' if away else 'stayed'}: {why}"


def see(agent: mesas.SchellingAgent) -> str:
    """Return what somebody sees."""
    kinds = [one.type for one in agent.cell.get_neighborhood(radius=agent.radius).agents]
    return f"Of your {len(kinds)} neighbours {kinds.count(agent.type)} are of your own kind."


class Town(mesas.Schelling):
    """Mesa's model, with people who decide by a language model."""

    def __init__(self, size: int = 20, rng: int | None = None) -> None:
        if hasattr(mesas, "SchellingScenario"):  # Mesa 3.5
            super().__init__(mesas.SchellingScenario(width=size, height=size, rng=rng))
        else:
            super().__init__(width=size, height=size, seed=rng)
        task = "You live in a town with people of two kinds."
        self.minds = LlmAgents(self, task=task, observe=see, actions=[move], memory=Memory())

    def step(self) -> None:
        """Let all decide at once, and Mesa do the rest."""
        self.minds.step(self.agents)
        super().step()


if __name__ == "__main__":
    print(record(Town, "runs/schelling", steps=5, size=6).table("results"))
