"""All that a page keeps of a run: columns of its households, and its records, step by step."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from econsim_mesa.llm.budget import Usage
from econsim_mesa.runs.call_log import spent_on
from econsim_mesa.society.measures import MeasuredStep, Tally
from econsim_mesa.society.records import REPAIR_CALL, Call, StepRecords
from econsim_mesa.society.rng import Floats, Integers

from .closed_cells import ClosedCells
from .view import Frame, Scene, Spent, StoreNow

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from econsim_mesa.scenario.llm import LlmSpec

T = TypeVar("T")
TABLES = (
    "rejections",
    "sales",
    "swaps",
    "posts",
    "follows",
    "prices",
    "stores",
    "stocks",
    "events",
    "inputs",
)
"""Tables of the package's domains whose records a history holds, beside all those of other
domains; the rest are read from the run's folder."""
_FIRST_STEPS = 64


class Columns:
    """State of all households at the end of every step: arrays (steps, households).

    ``levels`` has a last axis for stressors. 33 bytes a household-step at four stressors.
    """

    def __init__(self, households: int, stressors: int) -> None:
        shape = (_FIRST_STEPS, households)
        self.x: Integers = np.zeros(shape, dtype=np.int32)
        self.y: Integers = np.zeros(shape, dtype=np.int32)
        self.cash: Integers = np.zeros(shape, dtype=np.int64)
        self.asleep: NDArray[np.bool_] = np.zeros(shape, dtype=np.bool_)
        self.levels: Floats = np.zeros((*shape, stressors), dtype=np.float32)

    def set(self, step: int, state: Mapping[str, Any], stressors: Iterable[str]) -> None:
        """Take the state of all households at the end of a step, by column."""
        if step == len(self.x):
            self._double()
        for name in ("x", "y", "cash", "asleep"):
            getattr(self, name)[step] = state[name]
        for index, stressor in enumerate(stressors):
            self.levels[step, :, index] = state[stressor]

    def _double(self) -> None:
        for name, column in vars(self).items():
            setattr(self, name, np.concatenate((column, np.zeros_like(column))))


class CallTotals:
    """Running totals of the calls to a language model; steps are added in order."""

    def __init__(self, spec: LlmSpec) -> None:
        self._spec = spec
        self._totals: list[tuple[int, Spent]] = []
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
        self._totals.append((step, self._total()))

    def at(self, step: int) -> Spent:
        """Return the total over all steps up to one."""
        count = bisect_right(self._totals, step, key=itemgetter(0))
        return self._totals[count - 1][1] if count else Spent()

    def _total(self) -> Spent:
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


class History:
    """What happened in a run so far; it only grows, by ``append``.

    One thread appends; others may read at the same time: what they see ends at ``last``.
    ``forked_at`` is the first step that is a fork's own, 0 for a run that is none.
    """

    def __init__(self, scene: Scene, forked_at: int = 0) -> None:
        self.scene = scene
        self.forked_at = forked_at
        self.last = -1
        """The last step that is here whole."""
        self.columns = Columns(scene.households, len(scene.stressors))
        self.tables = (*TABLES, *scene.own_tables)
        """Tables whose records it holds."""
        self._records: dict[str, list[Any]] = {table: [] for table in self.tables}
        self._closed = ClosedCells(scene.scenario, scene.clock)
        self._spent = CallTotals(scene.scenario.llm)
        self._inherited = CallTotals(scene.scenario.llm)
        self._outcomes: list[Counter[tuple[str, str]]] = []
        self._series: dict[Callable[[Frame], Any], list[Any]] = {}
        self.tallies: list[Tally] = []
        """The measures of each step."""
        self._before: Mapping[str, Any] | None = None

    def append(
        self,
        records: StepRecords,
        calls: Iterable[tuple[Any, ...]] = (),
        outcomes: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        """Take the records of the next step; -1, the state before step 0, comes first.

        ``calls`` are the calls to a language model since the step before, ``outcomes`` the
        number of households' decisions by decider and outcome; None: counted from the records.
        """
        for table in self.tables:
            self._records[table].extend(records[table])
        if records.step < 0:
            return
        self._closed.take(records["inputs"])
        step, tally = MeasuredStep(self.scene.scenario, records, self._before), Tally()
        tally.add(step, self.scene.measures)
        self.tallies.append(tally)
        self._before = step.columns
        self.columns.set(records.step, step.columns, self.scene.stressors)
        totals = self._inherited if records.step < self.forked_at else self._spent
        totals.add(records.step, calls)
        if outcomes is None:
            outcomes = count_outcomes(records["decisions"])
        before = self._outcomes[-1] if self._outcomes else Counter[tuple[str, str]]()
        self._outcomes.append(before + Counter(outcomes) if outcomes else before)
        self.last = records.step

    def frame(self, step: int | None = None) -> Frame:
        """Return a step as a frame, the nearest one if there is no such step; None: the last."""
        return Frame(self, self.last if step is None else min(max(step, -1), self.last))

    def records(self, table: str, first: int, last: int) -> list[Any]:
        """Return the records of a table of ``tables`` that steps first .. last made."""
        rows, step = self._records[table], attrgetter("step")
        return rows[bisect_left(rows, first, key=step) : bisect_right(rows, last, key=step)]

    def series(self, measure: Callable[[Frame], T], last: int) -> list[T]:
        """Return a measure of each step from 0 to ``last``; each is worked out once and kept."""
        values: list[T] = self._series.setdefault(measure, [])
        while len(values) <= last:
            values.append(measure(Frame(self, len(values))))
        return values[: last + 1]

    def stores_at(self, step: int) -> tuple[StoreNow, ...]:
        """Return all stores at the end of a step."""
        base, posted = self._prices_at(step)
        states = {row.store: row for row in self.records("stores", step, step)}
        stock: dict[str, dict[str, int]] = {store.name: {} for store in self.scene.stores}
        for row in self.records("stocks", step, step):
            stock[row.store][row.item] = row.quantity
        return tuple(
            StoreNow(
                store.name,
                states[store.name].cash if store.name in states else 0,
                states[store.name].visitors if store.name in states else 0,
                states[store.name].waiting if store.name in states else 0,
                base[store.name],
                posted[store.name],
                stock[store.name],
            )
            for store in self.scene.stores
        )

    def _prices_at(self, step: int) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
        base: dict[str, dict[str, int]] = {store.name: {} for store in self.scene.stores}
        posted: dict[str, dict[str, int]] = {store.name: {} for store in self.scene.stores}
        for row in self.records("prices", -1, step):
            base[row.store][row.item], posted[row.store][row.item] = row.base, row.posted
        return base, posted

    def closed_at(self, step: int) -> frozenset[tuple[int, int]]:
        """Return the cells that nobody may enter in a step."""
        return self._closed.at(step)

    def follows_at(self, step: int) -> tuple[tuple[int, int], ...]:
        """Return who follows whom after a step, scripted accounts included: pairs of numbers."""
        number = self.scene.number
        pairs: dict[tuple[int, int], None] = {}
        for row in self.records("follows", -1, step):
            pair = number[row.follower], number[row.followed]
            if row.change > 0:
                pairs[pair] = None
            else:
                pairs.pop(pair, None)
        return tuple(pairs)

    def spent_at(self, step: int) -> Spent:
        """Return the run's own calls to a language model, up to a step."""
        return self._spent.at(step)

    def inherited_at(self, step: int) -> Spent:
        """Return the calls up to a step that a fork took over from its parent, which paid them."""
        return self._inherited.at(step)

    def outcomes_at(self, step: int) -> dict[str, dict[str, int]]:
        """Return the number of households' decisions: decider -> outcome -> number."""
        numbers: dict[str, dict[str, int]] = {}
        if 0 <= step < len(self._outcomes):
            for (decider, outcome), count in sorted(self._outcomes[step].items()):
                numbers.setdefault(decider, {})[outcome] = count
        return numbers


def count_outcomes(decisions: Iterable[Any]) -> Counter[tuple[str, str]]:
    """Count the decisions of households by decider and outcome."""
    return Counter((row.decider, row.outcome) for row in decisions if row.kind == "Household")
