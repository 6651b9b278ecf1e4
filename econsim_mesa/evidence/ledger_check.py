"""Sum the ledger again from the recorded movements, and compare it with the recorded states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from econsim_mesa.domains.roster import domains_of, tables_of
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.findings import Finding, tampered
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.society.records import CURRENCY, WORLD_NAME, Balance, Movement, books_of


def check_ledger(run: Run) -> Iterator[Finding]:
    """Yield the first disagreement between movements and balances, step by step.

    Every amount goes from one account to another, so each commodity sums to zero. Nobody but the
    world may be below zero; cash of households and stores, and the stock on every shelf, must be
    what the movements left.
    """
    movements, states = _by_step(_movements(run)), _by_step(_balances(run))
    balances: Counter[tuple[str, str]] = Counter()
    for step in sorted({*movements, *states}):
        touched = set()
        for _, move in movements.get(step, ()):
            if move.amount < 0:
                yield _wrong(step, f"{move.source} gives {move.amount} of {move.commodity}")
                return
            balances[move.source, move.commodity] -= move.amount
            balances[move.target, move.commodity] += move.amount
            touched |= {(move.source, move.commodity), (move.target, move.commodity)}
        for account, commodity in sorted(touched):
            if account != WORLD_NAME and balances[account, commodity] < 0:
                short = balances[account, commodity]
                yield _wrong(step, f"{account} is at {short} of {commodity}")
                return
        for _, shown, table in states.get(step, ()):
            held = balances[shown.account, shown.commodity]
            if held != shown.amount:
                yield _wrong(
                    step,
                    f"table {table} gives {shown.account} {shown.amount} of "
                    f"{shown.commodity}, and the movements leave {held}",
                )
                return


def _movements(run: Run) -> Iterator[tuple[int, Movement]]:
    """Yield every movement of the records, with its step."""
    books = books_of(run.scenario)
    for table, kind in tables_of(domains_of(run.scenario)).items():
        told = bool(kind.flows) and table in run.tables  # an older run lacks tables
        for record in map(kind._make, run.rows(table)) if told else ():
            if (fault := record.fault()) is not None:
                raise BadInput(fault)
            for movement in record.movements(books):
                yield record.step, movement


def _balances(run: Run) -> Iterator[tuple[int, Balance, str]]:
    """Yield the step, every balance that a table of states shows, and the name of the table."""
    books = books_of(run.scenario)
    for step, agent, cash in run.select("SELECT step, agent, cash FROM agents"):
        yield step, Balance(agent, books[CURRENCY], cash), "agents"
    for table, kind in tables_of(domains_of(run.scenario)).items():
        for record in map(kind._make, run.rows(table)) if kind.holdings else ():
            for balance in record.balances(books):
                yield record.step, balance, table


def _by_step(records: Iterator[Any]) -> dict[int, list[Any]]:
    """Return step -> its records, in their order."""
    ordered = sorted(records, key=itemgetter(0))
    return {step: list(group) for step, group in groupby(ordered, key=itemgetter(0))}


def _wrong(step: int, what: str) -> Finding:
    return tampered(DATABASE, f"step {step}: {what}")
