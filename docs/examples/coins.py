"""People who give each other coins, by econsim_mesa.toolkit."""

import mesa

from econsim_mesa.toolkit import LlmAgents, Memory, Refused, agent_name, record


class Person(mesa.Agent):
    """Somebody with coins."""

    coins = 5

    def give(self, to: mesa.Agent, amount: int) -> str:
        """Give coins to somebody."""
        if to is self or not 0 < amount <= self.coins:
            raise Refused(f"you have {self.coins} coins to give to others")
        self.coins, to.coins = self.coins - amount, to.coins + amount
        return f"gave {amount} coins to {agent_name(to)}"


def see(person: Person) -> dict[str, object]:
    """Return what somebody sees."""
    others = (one for one in person.model.agents if one is not person)
    coins = ", ".join(f"{agent_name(one)} has {one.coins}" for one in others)
    return {"coins": person.coins, "others": coins}


class Town(mesa.Model):
    """People who all decide at once."""

    def __init__(self, n: int = 10, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        Person.create_agents(self, n)
        self.minds = LlmAgents(
            self, task="You live in a small town.", observe=see, actions=[Person.give],
            most=1, memory=Memory(steps=5),
        )  # fmt: skip

    def step(self) -> None:
        """Let everybody act."""
        self.minds.step(self.agents)


if __name__ == "__main__":
    print(record(Town, "runs/coins", steps=3, rng=1).table("results"))
