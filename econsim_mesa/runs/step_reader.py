"""Reading a run step by step, and its days in numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from operator import itemgetter
from typing import Any

from econsim_mesa.domains.measures import measures_of
from econsim_mesa.domains.tables import LATER
from econsim_mesa.runs.reader import Run
from econsim_mesa.society.measures import Measure, MeasuredStep, Tally
from econsim_mesa.society.records import StepRecords


class RecordedStep(StepRecords):
    """The records of one step on disk; a table is read when it is first asked for."""

    def __init__(
        self,
        step: int,
        time: str,
        read: Callable[[str, int], list[Any]],
        households: Mapping[str, Any],
    ) -> None:
        super().__init__(step, time)
        self.rows.clear()
        self.households = households
        self._read = read

    def __getitem__(self, table: str) -> list[Any]:
        """Return the rows of a table, in the order in which they were made."""
        if table not in self.rows:
            self.rows[table] = self._read(table, self.step)
        return self.rows[table]


class _Cursor:
    """The rows of a table by step, from its beginning to its end."""

    def __init__(self, rows: Iterator[tuple[Any, ...]], record: type[Any] | None) -> None:
        self._groups = itertools.groupby(rows, itemgetter(0))
        self._record = record
        self._next = next(self._groups, None)

    def at(self, step: int) -> list[Any]:
        """Return the records of a step, later than all that were asked for."""
        while self._next is not None and self._next[0] < step:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] > step:
            return []
        rows = self._next[1]
        # an older run has fewer columns; the others have their defaults
        return list(rows if self._record is None else itertools.starmap(self._record, rows))


def steps_of(run: Run) -> Generator[RecordedStep, None, None]:
    """Yield the steps of a run in order, -1 first; each may be read until the next is asked for."""
    from econsim_mesa.domains.roster import domains_of, tables_of

    numbers = [name for name in run.fields("agents") if name not in ("step", "agent")]
    records = tables_of(domains_of(run.scenario))
    cursors: dict[str, _Cursor] = {}
    absent = LATER - run.tables.keys()
    with ExitStack() as opened:

        def read(table: str, step: int) -> list[Any]:
            if table in absent:
                return []
            if table not in cursors:
                rows = opened.enter_context(closing(run.rows(table)))
                cursors[table] = _Cursor(rows, records.get(table))
            return cursors[table].at(step)

        states = opened.enter_context(closing(run.columns_by_step("agents", numbers)))
        state = next(states, None)
        for step, time in run.rows("steps"):
            here = state is not None and state[0] == step
            yield RecordedStep(step, time, read, state[1] if state and here else {})
            if here:
                state = next(states, None)


def measured_days(run: Run, measures: Sequence[Measure] | None = None) -> dict[str, Tally]:
    """Return measures of each day of a run, by ISO date; days without steps have none.

    ``measures`` are those wanted, None: all of the town.
    """
    scenario = run.scenario
    measures = measures_of(scenario) if measures is None else measures
    days: dict[str, Tally] = {}
    before = None
    with closing(steps_of(run)) as steps:
        for records in steps:
            step = MeasuredStep(scenario, records, before)
            if records.step >= 0:
                days.setdefault(records.time[:10], Tally()).add(step, measures)
            before = step.columns or None
    return days
