"""A market of one's own, on nine squares: everybody bakes bread, prices it, and buys of others."""

import mesa

from econsim_mesa.toolkit import LlmAgents, Refused, agent_name, record


class Baker(mesa.discrete_space.CellAgent):
    coins, price = 30, 3

    def ask(self, price: int) -> None:
        """Sell your bread at another price, 1 or more."""
        self.price = max(price, 1)

    def buy(self, of: "Baker") -> None:
        """Buy bread of somebody who is on your square."""
        if of.cell is not self.cell or of.price > self.coins:
            raise Refused(f"you have {self.coins} coins, and only those on your square sell to you")
        self.coins, of.coins = self.coins - of.price, of.coins + of.price

    def see(self) -> dict[str, object]:
        return {"coins": self.coins} | {agent_name(one): one.price for one in self.cell.agents}


class Market(mesa.Model):
    def __init__(self, n: int = 100, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        squares = mesa.discrete_space.OrthogonalMooreGrid((3, 3), random=self.random).all_cells
        Baker.create_agents(self, n).do(lambda one: one.move_to(squares.select_random_cell()))
        self.datacollector = mesa.DataCollector({"Dearest": lambda m: max(m.agents.get("price"))})
        task, do = "You sell bread, and are shown what it costs.", [Baker.ask, Baker.buy]
        self.minds = LlmAgents(self, task=task, observe=Baker.see, actions=do)

    def step(self) -> None:
        self.minds.step(self.agents)
        self.datacollector.collect(self)


if __name__ == "__main__":
    print(record(Market, "runs/market", steps=5, n=20).table("results"))
