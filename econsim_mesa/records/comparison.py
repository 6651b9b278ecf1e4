"""Comparing a run, step by step, with one that was recorded: the first difference, or none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from econsim_mesa.errors import EconSimError
from econsim_mesa.records.definitions import Call, StepRecords
from econsim_mesa.records.reader import Run


class Irreproducible(EconSimError):
    """A run made again differs from its records; carries the first difference."""

    exit_code = 4

    def __init__(self, step: int, table: str, who: str, field: str, was: Any, now: Any) -> None:
        self.step, self.table, self.who, self.field = step, table, who, field
        self.was, self.now = was, now
        super().__init__(
            f"step {step}, {who}, field {field} of table {table}: recorded {was!r}, made {now!r}"
        )


class Comparison:
    """A run store that writes nothing and compares each step with a recorded run.

    ``steps`` counts the steps found equal. Raises ``Irreproducible`` at the first difference.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._rows: dict[str, Iterator[tuple[Any, ...]]] = {}
        self._next: dict[str, tuple[Any, ...] | None] = {}
        self.steps = 0

    def commit(self, records: StepRecords) -> None:
        """Compare one step, all tables of it."""
        for table, made in records.rows.items():
            recorded = list(self._of_step(table, records.step))
            for index, row in enumerate(made):
                was = recorded[index] if index < len(recorded) else None
                if was != tuple(row):
                    self._differ(records.step, table, was, tuple(row))
            if len(recorded) > len(made):
                self._differ(records.step, table, recorded[len(made)], None)
        self.steps += records.step >= 0

    def keep(self, call: Call) -> None:
        """Refuse: a run that is made again asks nobody. Raises ``EconSimError``."""
        raise EconSimError(
            f"{call.agent} was asked again in step {call.step}: its decision is not on record"
        )

    def close(self) -> None:
        """Do nothing: nothing is open."""

    def _of_step(self, table: str, step: int) -> Iterator[tuple[Any, ...]]:
        """Yield the recorded rows of a step; steps are asked for in order."""
        if table not in self._rows:
            self._rows[table] = self._run.rows(table)
            self._next[table] = next(self._rows[table], None)
        row = self._next[table]
        while row is not None and row[0] <= step:
            if row[0] == step:
                yield row
            row = next(self._rows[table], None)
        self._next[table] = row

    def _differ(
        self, step: int, table: str, was: tuple[Any, ...] | None, now: tuple[Any, ...] | None
    ) -> None:
        names = self._run.fields(table)
        row = was if was is not None else now
        who = next((str(value) for value in (row or ())[1:] if isinstance(value, str)), "the town")
        if was is None or now is None:
            raise Irreproducible(step, table, who, "(whole row)", was, now)
        at = next(i for i, pair in enumerate(zip(was, now, strict=True)) if pair[0] != pair[1])
        raise Irreproducible(step, table, who, names[at], was[at], now[at])
