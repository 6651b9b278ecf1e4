"""A witness: looks on while a model runs and says what rule of the town was broken.

It keeps its own books from the records alone, so that a record that is missing or wrong, or a
coin that moves without one, is seen in the step in which it happens.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.model import EconModel

S = 100.0


class Witness:
    """Checks a model after each of its steps; make it before the first one."""

    def __init__(self, model: EconModel) -> None:
        self.model, self.town = model, model.town
        self.books: Counter[tuple[str, str]] = Counter()
        self.orders: dict[int, Any] = {}
        self.sold: Counter[int] = Counter()
        self.known_prices: dict[tuple[str, str], tuple[int, int]] = {}
        self.asked: list[int] = []
        self._settle, self._decide = self.town.economy.market.settle, model.scheduler.decide
        self.town.economy.market.settle = self._watch_settle  # type: ignore[method-assign]
        model.scheduler.decide = self._watch_decide  # type: ignore[method-assign]
        self._enter()
        self._check_books()

    def _watch_settle(self, *arguments: Any) -> Any:
        self.posted = self.town.economy.prices.posted.copy()
        space = self.town.mobility.space
        self.at_settlement = list(zip(space.x.tolist(), space.y.tolist(), strict=True))
        return self._settle(*arguments)

    def _watch_decide(self, view: Any) -> Any:
        decided = self._decide(view)
        self.asked = [agent for agent, _ in decided]
        return decided

    def step(self) -> None:
        """Let the model make a step and check everything."""
        town = self.town
        before = list(
            zip(town.mobility.space.x.tolist(), town.mobility.space.y.tolist(), strict=True)
        )
        until = town.body.sleep.until.copy()
        self.model.step()
        self._enter()
        self._check_books()
        self._check_sales()
        self._check_places(before)
        self._check_sleep(until)
        self._check_graph()
        self._check_state()

    # The books

    def _enter(self) -> None:
        """Enter this step's records into the books."""
        records, coin = self.town.records, self.town.roster.commodities[0]
        for row in records["transfers"]:
            self._move(row.source, row.target, row.commodity, row.amount)
        government = self.town.roster.government
        tax_to = "world" if government is None else self.town.roster.names[government]
        for row in records["sales"]:
            self._move(row.buyer, row.store, coin, row.net)
            self._move(row.buyer, tax_to, coin, row.tax)
            self._move(row.store, row.buyer, row.item, row.quantity)
        for row in records["swaps"]:
            self._move(row.proposer, row.acceptor, row.gave, row.gave_quantity)
            self._move(row.acceptor, row.proposer, row.took, row.took_quantity)
        for row in records["consumption"]:
            self._move(row.household, "world", row.item, row.quantity)
        for row in records["orders"]:
            assert row.id not in self.orders
            self.orders[row.id] = row
        for row in records["prices"]:
            self.known_prices[row.store, row.item] = (row.base, row.posted)

    def _move(self, source: str, target: str, commodity: str, amount: int) -> None:
        assert amount >= 0
        self.books[source, commodity] -= amount
        self.books[target, commodity] += amount

    def _check_books(self) -> None:
        town = self.town
        balances = town.ledger.balances
        assert (balances.sum(axis=0) == 0).all(), "a column of the ledger does not sum to zero"
        assert (balances[:WORLD] >= 0).all(), "an account is below zero"
        expected = [
            [self.books[name, commodity] for commodity in town.roster.commodities]
            for name in town.roster.account_names
        ]
        assert balances.tolist() == expected, "the ledger is not what the records say"
        town.economy.perishables.check(town.ledger)
        shown = {
            (town.roster.store_names[s], town.economy.goods.names[k]): (
                int(town.economy.prices.base[s, k]),
                int(town.economy.prices.posted[s, k]),
            )
            for s, k in np.argwhere(town.economy.prices.sells).tolist()
        }
        assert shown == self.known_prices, "a price changed without a record"

    # Trade

    def _check_sales(self) -> None:
        town = self.town
        stores = {name: spec for _, name, spec in town.scenario.agents.stores()}
        asleep = town.body.sleep.asleep(town.t)
        served: Counter[str] = Counter()
        for sale in town.records["sales"]:
            order, store = self.orders[sale.order], town.roster.store(sale.store)
            item, buyer = town.economy.goods.index[sale.item], town.roster.household(sale.buyer)
            assert (order.buyer, order.store, order.item) == (sale.buyer, sale.store, sale.item)
            assert sale.price == min(order.seen_price, int(self.posted[store, item]))
            unit = int(town.economy.goods.unit[item])
            assert sale.amount == (2 * sale.price * sale.quantity + unit) // (2 * unit)
            assert sale.amount == sale.net + sale.tax >= sale.net >= 0 <= sale.tax
            assert self.at_settlement[buyer] == stores[sale.store].at, "the buyer was elsewhere"
            assert not asleep[buyer], "a sleeper bought"
            late = int(stores[sale.store].acceptance == "decide")
            assert order.step + late <= sale.step <= order.step + order.ttl - 1 + late
            self.sold[sale.order] += sale.quantity
            assert self.sold[sale.order] <= order.quantity, "more was sold than was ordered"
            if not stores[sale.store].partial_fill:
                assert sale.quantity == order.quantity
            served[sale.store] += 1
        for name, count in served.items():
            assert count <= (stores[name].capacity_per_step or count)

    # Places and people

    def _check_places(self, before: list[tuple[int, int]]) -> None:
        town, space = self.town, self.town.mobility.space
        density = np.zeros_like(space.density)
        np.add.at(density, (space.x, space.y), 1)
        assert np.array_equal(density, space.density)
        overnight = (
            town.t > 0
            and town.clock.starts_day(town.t)
            and town.clock.skips_nights
            and town.scenario.clock.overnight == "home"
        )
        speeds = town.speeds()
        for agent, x, y in zip(
            self.model.households, space.x.tolist(), space.y.tolist(), strict=True
        ):
            assert agent.pos == (x, y)
            assert agent in self.model.grid.get_cell_list_contents([(x, y)])
            came_from = agent.home if overnight else before[agent.index]
            if (x, y) != came_from:
                assert not space.closed[x, y], "a closed cell was entered"
                assert space.distance(*came_from, x, y) <= max(int(speeds[agent.index]), 1) * 3
        settled = [agent.home if overnight else before[agent.index]
                   for agent in self.model.households]  # fmt: skip
        assert self.at_settlement == settled, "somebody moved before the orders were settled"

    def _check_sleep(self, until: Any) -> None:
        """Nobody asleep is asked or acts; nobody falls asleep away from home."""
        town, t = self.town, self.town.t
        n, names = town.roster.households, town.roster.names
        slept = (until > t) & (town.body.sleep.until > t) & ~town.body.sleep.fell_asleep
        slept_on = set(np.flatnonzero(slept).tolist())
        asked = [agent for agent in self.asked if agent < n]
        assert asked == [i for i in range(n) if i not in slept_on], "a sleeper was asked"
        assert [row.agent for row in town.records["decisions"]] == [names[a] for a in self.asked]
        sleepers = {names[i] for i in np.flatnonzero(town.body.sleep.asleep(t)).tolist()}
        who = {"orders": "buyer", "follows": "follower", "posts": "author", "sales": "buyer"}
        for table, column in who.items():
            assert not sleepers & {getattr(row, column) for row in town.records[table]}, table
        for row in town.records["swaps"]:
            assert not sleepers & {row.proposer, row.acceptor}
        for row in town.records["consumption"]:
            assert not (row.eaten and row.household in sleepers)
        for i in np.flatnonzero(town.body.sleep.asleep(t)).tolist():
            agent = self.model.households[i]
            assert agent.pos == self.at_settlement[i], "a sleeper moved"
            if town.body.sleep.fell_asleep[i]:
                assert agent.pos == agent.home

    def _check_graph(self) -> None:
        town, n = self.town, self.town.roster.households
        households = set(town.roster.names[:n])
        for i in range(n):
            name = town.roster.names[i]
            followed = list(town.social.graph.graph.successors(name))
            assert sum(other in households for other in followed) <= town.social.graph.follow_cap
            assert set(followed) == {town.roster.names[j] for j in town.social.graph.followed(i)}
            assert name not in followed
        for name in set(town.social.graph.graph) - households:
            assert not list(town.social.graph.graph.successors(name)), "only households follow"

    def _check_state(self) -> None:
        """The tables of state say what is; levels are levels; meals are what was eaten."""
        town, n = self.town, self.town.roster.households
        assert ((town.stress.own >= 0) & (town.stress.own <= S)).all()
        columns = len(("step", "agent", "x", "y", "cash", "asleep"))
        for i, row in enumerate(town.records["agents"]):
            assert row[:columns] == (
                town.t,
                town.roster.names[i],
                int(town.mobility.space.x[i]),
                int(town.mobility.space.y[i]),
                int(town.economy.cash()[i]),
                int(town.body.sleep.asleep(town.t)[i]),
            )
            assert list(row[columns:]) == town.stress.own[i].tolist()
        assert len(town.records["agents"]) == n
        eaten = np.zeros(n)
        for row in town.records["consumption"]:
            item = town.economy.goods.index[row.item]
            points = (
                town.economy.goods.nutrition[item]
                * row.quantity
                / int(town.economy.goods.unit[item])
            )
            eaten[town.roster.household(row.household)] += points * row.eaten
        np.testing.assert_allclose(town.outcomes["nutrition"], eaten, atol=1e-9)
