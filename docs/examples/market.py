"""A market of one's own: sellers of bread set prices, buyers choose among those nearby."""

from typing import Annotated, NamedTuple

import mesa
from mesa.discrete_space import CellAgent, OrthogonalMooreGrid
from pydantic import Field

from econsim_mesa.toolkit import LlmAgents, Refused, agent_name, record


class Buyer(CellAgent):
    coins, price = 30, 0


class Seller(CellAgent):
    coins, price = 0, 3


class SetPrice(NamedTuple):
    """Sell a loaf for so many coins, if you are a seller."""

    coins: Annotated[int, Field(ge=1, le=9)]

    def apply(self, agent: Seller) -> None:
        agent.price = self.coins


def buy(agent: Buyer, seller: Seller, loaves: Annotated[int, Field(ge=1)]) -> None:
    """Buy bread of a seller, if you are a buyer."""
    if (cost := loaves * seller.price) > agent.coins:
        raise Refused(f"that costs {cost} coins, and you have {agent.coins}")
    agent.coins, seller.coins = agent.coins - cost, seller.coins + cost


def see(agent: Buyer | Seller) -> str:
    """Return what somebody sees."""
    sellers = [one for one in agent.cell.get_neighborhood(radius=3).agents if one.price]
    prices = ", ".join(f"{agent_name(one)} {one.price}" for one in sellers)
    return f"You have {agent.coins} coins. Prices of bread near you: {prices or 'none'}."


class Market(mesa.Model):
    def __init__(self, n: int = 100, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        grid = OrthogonalMooreGrid((10, 10), random=self.random)
        for agent in (*Buyer.create_agents(self, n - n // 5), *Seller.create_agents(self, n // 5)):
            agent.cell = grid.all_cells.select_random_cell()
        self.datacollector = mesa.DataCollector({"Most": lambda one: max(one.agents.get("coins"))})
        self.minds = LlmAgents(self, task="Live well.", observe=see, actions=[SetPrice, buy])

    def step(self) -> None:
        self.minds.step(self.agents)
        self.datacollector.collect(self)


if __name__ == "__main__":
    print(record(Market, "runs/market", steps=5, n=20).table("results"))
