"""Check draws against the town: the items, stressors and columns of a table that they name."""

from __future__ import annotations

from collections.abc import Iterator

from econsim_mesa.scenario.draws import MOST, SMALLEST_NEED, Draw, Rows, cell_problem, largest
from econsim_mesa.scenario.naming import Found, Names, unknown
from econsim_mesa.scenario.paths import Path_
from econsim_mesa.scenario.types import Scenario

_HOUSEHOLD: Path_ = ("agents", "Household")


def columns_of_draws(scenario: Scenario) -> frozenset[str]:
    """Return the columns of the persona table that draws name."""
    household = scenario.agents.Household
    drawn = (household.cash, *household.endowment.values(), *household.tastes.values())
    of_events = (value for event in scenario.events for _, value in event)
    every = (*drawn, *household.needs.values(), *of_events)
    return frozenset(one.column for one in every if isinstance(one, Draw) and one.column)


def household_draws(scenario: Scenario, names: Names) -> Found:
    """Yield what is wrong with the draws of households."""
    household = scenario.agents.Household
    yield from _below((*_HOUSEHOLD, "cash"), amount_problems(household.cash, scenario))
    for item, amount in household.endowment.items():
        yield from _below((*_HOUSEHOLD, "endowment", item), amount_problems(amount, scenario))
    for item, taste in household.tastes.items():
        at = (*_HOUSEHOLD, "tastes", item)
        if item not in names.items:
            yield at, unknown("item", item, names.items)
        yield from _below(at, _column_problems(taste, scenario, least=-MOST, whole=False))
    for name, need in household.needs.items():
        at = (*_HOUSEHOLD, "needs", name)
        if name not in names.stressors:
            yield at, unknown("stressor", name, names.stressors)
        elif getattr(scenario.stress.stressors[name], "target", None) is None:
            yield at, f"the stressor {name!r} has no target that a need could multiply"
        yield from _below(at, _column_problems(need, scenario, least=SMALLEST_NEED, whole=False))


def amount_problems(amount: object, scenario: Scenario) -> Found:
    """Yield what is wrong with an amount that may be drawn."""
    yield from _column_problems(amount, scenario, least=0, whole=True)


def largest_amount(amount: int | Draw, scenario: Scenario) -> int:
    """Return the largest amount that a household can get; 0 where the table does not say."""
    try:
        return largest(amount, scenario.agents.Household.rows)
    except (KeyError, ValueError, OverflowError):
        return 0


def _below(path: Path_, problems: Found) -> Found:
    return (((*path, *more), message) for more, message in problems)


def _column_problems(drawn: object, scenario: Scenario, *, least: float, whole: bool) -> Found:
    """Yield why a column cannot be drawn from: no table, no such column, or a cell is no number."""
    if not isinstance(drawn, Draw) or drawn.column is None:
        return
    rows, column = scenario.agents.Household.rows, drawn.column
    known = dict.fromkeys(name for row in rows for name in row)
    if not rows:
        yield ("column",), "there is no persona table; give agents.Household.persona.table"
    elif column not in known:
        yield ("column",), unknown("column of the persona table", column, list(known))
    else:
        for row, why in _wrong_cells(rows, column, least=least, whole=whole):
            yield ("column",), f"{why} in each row; found {rows[row].get(column)!r} in row {row}"
            return


def _wrong_cells(
    rows: Rows, column: str, *, least: float, whole: bool
) -> Iterator[tuple[int, str]]:
    for number, row in enumerate(rows):
        why = cell_problem(row.get(column, ""), whole=whole, least=least)
        if why is not None:
            yield number, why
