"""Sum the ledger again from the recorded movements, and compare it with the recorded states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.findings import Finding, tampered
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.society.records import Consumption, Sale, Stock, StoreState, Swap, Transfer

_WORLD = "world"


class _Move(NamedTuple):
    """An amount that went from one account to another."""

    step: int
    source: str
    target: str
    commodity: str
    amount: int


class _State(NamedTuple):
    """A balance as a table of states shows it at the end of a step."""

    step: int
    account: str
    commodity: str
    balance: int
    table: str


def check_ledger(run: Run) -> Iterator[Finding]:
    """Yield the first disagreement between movements and balances, step by step.

    Every amount goes from one account to another, so each commodity sums to zero. Nobody but the
    world may be below zero; cash of households and stores, and the stock on every shelf, must be
    what the movements left.
    """
    moves = _by_step(_moves(run))
    states = _by_step(_states(run))
    balances: Counter[tuple[str, str]] = Counter()
    for step in sorted({*moves, *states}):
        touched = set()
        for move in moves.get(step, ()):
            if move.amount < 0:
                yield _wrong(step, f"{move.source} gives {move.amount} of {move.commodity}")
                return
            balances[move.source, move.commodity] -= move.amount
            balances[move.target, move.commodity] += move.amount
            touched |= {(move.source, move.commodity), (move.target, move.commodity)}
        for account, commodity in sorted(touched):
            if account != _WORLD and balances[account, commodity] < 0:
                short = balances[account, commodity]
                yield _wrong(step, f"{account} is at {short} of {commodity}")
                return
        for state in states.get(step, ()):
            held = balances[state.account, state.commodity]
            if held != state.balance:
                yield _wrong(
                    step,
                    f"table {state.table} gives {state.account} {state.balance} of "
                    f"{state.commodity}, and the movements leave {held}",
                )
                return


def _moves(run: Run) -> Iterator[_Move]:
    """Yield every movement of the records."""
    coin, government = run.scenario.currency.name, run.scenario.agents.Government
    tax_to = _WORLD if government is None else government.name
    for transfer in map(Transfer._make, run.rows("transfers")):
        yield _Move(
            step=transfer.step,
            source=transfer.source,
            target=transfer.target,
            commodity=transfer.commodity,
            amount=transfer.amount,
        )
    for sale in map(Sale._make, run.rows("sales")):
        if sale.net + sale.tax != sale.amount:
            raise BadInput(f"step {sale.step}: order {sale.order} does not sum to its amount")
        yield _Move(sale.step, sale.buyer, sale.store, coin, sale.net)
        yield _Move(sale.step, sale.buyer, tax_to, coin, sale.tax)
        yield _Move(sale.step, sale.store, sale.buyer, sale.item, sale.quantity)
    for swap in map(Swap._make, run.rows("swaps")):
        giver, taker = swap.proposer, swap.acceptor
        yield _Move(swap.step, giver, taker, swap.gave, swap.gave_quantity)
        yield _Move(swap.step, taker, giver, swap.took, swap.took_quantity)
    for meal in map(Consumption._make, run.rows("consumption")):
        yield _Move(meal.step, meal.household, _WORLD, meal.item, meal.quantity)


def _states(run: Run) -> Iterator[_State]:
    """Yield every balance that a table of states shows."""
    coin = run.scenario.currency.name
    for step, agent, cash in run.select("SELECT step, agent, cash FROM agents"):
        yield _State(step, agent, coin, cash, "agents")
    for store in map(StoreState._make, run.rows("stores")):
        yield _State(store.step, store.store, coin, store.cash, "stores")
    for stock in map(Stock._make, run.rows("stocks")):
        yield _State(stock.step, stock.store, stock.item, stock.quantity, "stocks")


def _by_step(records: Iterator[Any]) -> dict[int, list[Any]]:
    """Return step -> its records, in their order."""
    ordered = sorted(records, key=itemgetter(0))
    return {step: list(group) for step, group in groupby(ordered, key=itemgetter(0))}


def _wrong(step: int, what: str) -> Finding:
    return tampered(DATABASE, f"step {step}: {what}")
