"""What a step leaves behind of everybody's state: rows of the tables of agents and stores."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from econsim_mesa.domains.economy.records import Stock, StoreState
from econsim_mesa.society import records as record
from econsim_mesa.society.action import Decision, encode
from econsim_mesa.society.measures import MeasuredStep
from econsim_mesa.society.town import Town


def record_decisions(town: Town, decided: Iterable[tuple[int, Decision]]) -> None:
    """Record the decisions of a step, before they act."""
    t, names, kinds = town.t, town.roster.names, town.roster.kinds
    town.records["decisions"].extend(
        record.Decision(
            t,
            names[agent],
            kinds[agent],
            decision.decider,
            decision.outcome,
            decision.thought,
            encode(decision.actions),
        )
        for agent, decision in decided
    )


def record_state(town: Town) -> None:
    """Record the state of every household and store at the end of a step."""
    _record_households(town)
    _record_stores(town)
    before = town.measured.columns or None
    town.measured = MeasuredStep(town.scenario, town.records, before)


def _record_households(town: Town) -> None:
    n, t = town.roster.households, town.t
    columns = {
        "x": town.mobility.space.x.copy(),
        "y": town.mobility.space.y.copy(),
        "cash": town.economy.cash().copy(),
        "asleep": town.body.sleep.asleep(t).astype(int),
        **dict(zip(town.stress.names, town.stress.own.T.copy(), strict=True)),
    }
    rows = zip(
        [t] * n, town.roster.names[:n], *(one.tolist() for one in columns.values()), strict=True
    )
    town.records["agents"].extend(rows)
    town.records.households = columns


def _record_stores(town: Town) -> None:
    t, names = town.t, town.roster.store_names
    standing = town.mobility.space.standing()
    visitors = np.bincount(standing[standing >= 0], minlength=town.roster.stores).tolist()
    first = town.roster.households
    cash = town.ledger.balances[first : first + town.roster.stores, 0].tolist()
    town.records["stores"].extend(
        StoreState(t, name, cash[store], visitors[store], len(town.economy.market.waiting(store)))
        for store, name in enumerate(names)
    )
    stock, goods = town.economy.stock().tolist(), town.economy.goods.names
    town.records["stocks"].extend(
        Stock(t, names[store], goods[item], stock[store][item])
        for store, item in zip(*(axis.tolist() for axis in np.nonzero(town.economy.prices.sells)),
                               strict=True)
    )  # fmt: skip
