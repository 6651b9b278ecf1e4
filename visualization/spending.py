"""What the calls to a language model used, step by step, added up as they come."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from econsim_mesa.llm.budget import Usage
from econsim_mesa.runs.call_log import spent_on
from econsim_mesa.society.records import REPAIR_CALL, Call

from .view import Spent

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec


class Tally:
    """Sums over calls, in the order in which they are added: one for each step that had any."""

    def __init__(self, spec: LlmSpec) -> None:
        self._spec = spec
        self._sums: list[tuple[int, Spent]] = []
        self._usage = Usage()
        self._calls = self._repairs = self._failed = 0

    def add(self, step: int, calls: Iterable[tuple[Any, ...]]) -> None:
        """Add the calls of a step, rows of the table ``calls``."""
        rows = [Call(*row) for row in calls]
        if not rows:
            return
        self._usage = self._usage.plus(spent_on(rows, self._spec))
        self._calls += len(rows)
        self._repairs += sum(row.call == REPAIR_CALL for row in rows)
        self._failed += sum(len(row.faults.split(",")) for row in rows if row.faults)
        self._sums.append((step, self._sum()))

    def at(self, step: int) -> Spent:
        """Return the sum over all steps up to one."""
        count = bisect_right(self._sums, step, key=lambda known: known[0])
        return self._sums[count - 1][1] if count else Spent()

    def _sum(self) -> Spent:
        usage = self._usage
        return Spent(
            self._calls,
            self._repairs,
            self._failed,
            usage.input_tokens,
            usage.output_tokens,
            usage.cached_tokens,
            usage.cost,
            usage.most_cost,
        )
