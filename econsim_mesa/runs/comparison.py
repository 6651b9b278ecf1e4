"""Comparing a run, step by step, with one that was recorded: the first difference, or none."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from econsim_mesa.domains.tables import LATER
from econsim_mesa.errors import EconSimError
from econsim_mesa.runs.reader import Run, RunTables
from econsim_mesa.society.records import StepRecords

Row = tuple[Any, ...]
_WHO = ("agent", "household", "buyer", "author", "follower", "proposer", "store", "name")
"""Columns that name the one whom a row concerns, the first that there is."""


class Irreproducible(EconSimError):
    """A run made again differs from its records; carries the first difference."""

    exit_code = 4

    def __init__(self, step: int, table: str, who: str, field: str, was: Any, now: Any) -> None:
        self.step, self.table, self.who, self.field = step, table, who, field
        self.was, self.now = was, now
        super().__init__(
            f"step {step}, {who}, field {field} of table {table}: recorded {was!r}, made {now!r}"
        )

    def __reduce__(self) -> tuple[type[Irreproducible], tuple[Any, ...]]:
        """Pickle by the arguments."""
        return type(self), (self.step, self.table, self.who, self.field, self.was, self.now)


def not_compared(run: Run) -> tuple[str, ...]:
    """Return the tables of a run that are not compared.

    Where rejections have no cause, the run is older: they were worded otherwise then, and asking
    for what is so already was one. What they led to stands in the other tables. An older run has
    not all of today's tables either.
    """
    reworded = () if "cause" in run.fields("rejections") else ("rejections",)
    return (*reworded, *sorted(LATER - run.tables.keys()))


class Comparison:
    """Compares what a model makes, step by step, with a recorded run.

    ``steps`` counts the steps found equal. Raises ``Irreproducible`` at the first difference.

    Columns that the run lacks, since it is older, are not compared, and no tables in ``skipped``.
    """

    def __init__(self, run: RunTables, skipped: Collection[str] = ()) -> None:
        self._run = run
        self._rows: dict[str, Generator[Row, None, None]] = {}
        self._next: dict[str, Row | None] = {}
        self._skipped = skipped
        self.steps = 0

    def accounts(self, names: Sequence[str], kinds: Sequence[str]) -> None:
        """Compare the agents that may post."""
        made = [(k, *one) for k, one in enumerate(zip(names, kinds, strict=True))]
        self._compare(-1, "accounts", list(self._run.rows("accounts")), made)

    def commit(self, records: StepRecords) -> None:
        """Compare one step, all tables of it."""
        self._compare_step("steps", records.step, [(records.step, records.time)])
        for table, made in records.rows.items():
            if table not in self._skipped:
                self._compare_step(table, records.step, made)
        self.steps += records.step >= 0

    def close(self) -> None:
        """Stop reading."""
        for rows in self._rows.values():
            rows.close()

    def _compare_step(self, table: str, step: int, made: Sequence[Row]) -> None:
        self._compare(step, table, list(self._of_scene(table, step)), made)

    def _compare(self, step: int, table: str, recorded: Sequence[Row], made: Sequence[Row]) -> None:
        width = len(self._run.fields(table))
        for index, row in enumerate(made):
            was, now = recorded[index] if index < len(recorded) else None, tuple(row)[:width]
            if was != now:
                self._differ(step, table, was, now)
        if len(recorded) > len(made):
            self._differ(step, table, recorded[len(made)], None)

    def _of_scene(self, table: str, step: int) -> Iterator[Row]:
        """Yield the recorded rows of a step; steps are asked for in order."""
        if table not in self._rows:
            self._rows[table] = self._run.rows(table)
            self._next[table] = next(self._rows[table], None)
        row = self._next[table]
        while row is not None and row[0] <= step:
            if row[0] < step:  # among the rows of a later step: nobody made it there
                self._differ(row[0], table, row, None)
            yield row
            row = next(self._rows[table], None)
        self._next[table] = row

    def _differ(self, step: int, table: str, was: Row | None, now: Row | None) -> NoReturn:
        names = self._run.fields(table)
        row = dict(zip(names, was or now or (), strict=False))
        if was is None or now is None:
            raise Irreproducible(step, table, _who(row), "(whole row)", was, now)
        at = next(i for i, pair in enumerate(zip(was, now, strict=True)) if pair[0] != pair[1])
        raise Irreproducible(step, table, _who(row), names[at], was[at], now[at])


def _who(row: Mapping[str, Any]) -> str:
    """Return whom a row concerns: an agent, or the town."""
    if "source" in row:
        return str(row["target"] if row["source"] == "world" else row["source"])
    return next((str(row[column]) for column in _WHO if column in row), "the town")
