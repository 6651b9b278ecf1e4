"""What the calls to a language model used, added up as they come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from econsim_mesa.collection.calls import spent_on
from econsim_mesa.llm.budget import Usage
from econsim_mesa.records.definitions import REPAIR_CALL, Call

from .view import Spent

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec


class Tally:
    """A sum over calls, in the order in which they are added."""

    def __init__(self, spec: LlmSpec) -> None:
        self._spec = spec
        self._usage = Usage()
        self._calls = self._repairs = self._failed = 0

    def add(self, calls: Iterable[tuple[Any, ...]]) -> bool:
        """Add calls, rows of the table ``calls``; return whether there was any."""
        rows = [Call(*row) for row in calls]
        self._usage = self._usage.plus(spent_on(rows, self._spec))
        self._calls += len(rows)
        self._repairs += sum(row.call == REPAIR_CALL for row in rows)
        self._failed += sum(len(row.faults.split(",")) for row in rows if row.faults)
        return bool(rows)

    def spent(self) -> Spent:
        """Return the sum."""
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
