"""The view model: what the page shows of a run, as frozen frames over a growing history.

Live and replay fill one ``History`` with the same records, step by step; a ``Frame`` is a step
of it, and all that a component draws comes from the frame that it is given. A frame never
changes: a history only grows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np

from econsim_mesa.domains.measures import measures_of
from econsim_mesa.domains.roster import domains_of, tables_of
from econsim_mesa.domains.tables import TABLES
from econsim_mesa.society.build import build_town
from econsim_mesa.society.rng import Floats, Integers, Streams
from econsim_mesa.society.wording import Wording

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from econsim_mesa.analysis.sentiment import Scorer
    from econsim_mesa.scenario import Scenario
    from econsim_mesa.society.clock import Clock
    from econsim_mesa.society.measures import Tally
    from econsim_mesa.society.town import Town

    from .history import History

T = TypeVar("T")
OVERALL = "overall"
"""What overall stress is called where a stressor may be named."""


class StorePlace(NamedTuple):
    """A store or another place on the grid, as it is from beginning to end."""

    name: str
    kind: str
    x: int
    y: int
    items: tuple[str, ...]


class StoreNow(NamedTuple):
    """A store at the end of a step; money and quantities in the smallest unit."""

    name: str
    cash: int
    visitors: int
    waiting: int
    """Orders that wait."""
    base: Mapping[str, int]
    """Price of each item without a promotion."""
    posted: Mapping[str, int]
    """Price of each item as posted."""
    stock: Mapping[str, int]


class Spent(NamedTuple):
    """Calls to a language model, and what they used."""

    calls: int = 0
    repairs: int = 0
    """Calls that asked again because the first reply could not be used."""
    failed: int = 0
    """Attempts that came to nothing."""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0
    """US dollars, the least that was spent; 0 where no price is known."""
    most_cost: float = 0.0
    """US dollars, the most that may have been spent."""


class Scene:
    """What stays as it is through a run: made from its scenario and seed alone.

    ``town`` is that of a model that stands before its first step; None: it is built.

    Agents that may post have one order everywhere: households first, then stores, the
    government and scripted accounts. ``names`` and ``kinds`` hold them all, ``households`` the
    number of the first ones. ``home_x`` and ``home_y`` have shape (households,).
    """

    def __init__(self, scenario: Scenario, seed: int, town: Town | None = None) -> None:
        town = town or build_town(scenario, Streams(seed))
        self.scenario = scenario
        self.seed = seed
        self.clock: Clock = town.clock
        self.names = tuple(town.roster.names)
        self.kinds = tuple(town.roster.kinds)
        self.number = dict(town.roster.number)
        """Number of each agent, by name."""
        self.households = town.roster.households
        self.home_x: Integers = town.mobility.space.home_x
        self.home_y: Integers = town.mobility.space.home_y
        self.width, self.height = town.mobility.space.width, town.mobility.space.height
        self.stores = tuple(
            StorePlace(name, kind, *spec.at, tuple(spec.sells))
            for kind, name, spec in scenario.agents.stores()
        )
        self.other_places = tuple(
            StorePlace(name, agent.kind, *agent.at, ())
            for name, agent in town.roster.domain_agents.items()
            if agent.at is not None
        )
        """Agents with a cell that domains of the user's own bring."""
        self.stressors = town.stress.names
        self.wording = Wording.of(scenario)
        self.tables = tables_of(domains_of(scenario))
        """Tables of the run by name, with the class of their records."""
        self.own_tables = tuple(name for name in self.tables if name not in TABLES)
        """Those of domains that are not of the package."""
        self.currency = scenario.currency
        self.measures = measures_of(scenario)
        """All measures of the town, those of domains of the user's own last."""
        self.personas = tuple(
            town.personas.words(i, language=self.wording.language) for i in range(self.households)
        )
        """Each household's persona in words, "" if it has none. Text of other people."""

    @cached_property
    def scorer(self) -> Scorer | None:
        """What gives the sentiment of posts; None: nothing knows their language."""
        from econsim_mesa.analysis.sentiment import scorer_of

        return scorer_of(self.scenario)

    @cached_property
    def sentiment(self) -> Callable[[str], float]:
        """Returns the sentiment of a text, -1 to 1; nan: nothing knows its language."""
        scorer = self.scorer
        return _unknown if scorer is None else lru_cache(maxsize=20_000)(scorer.score)

    @cached_property
    def weights(self) -> Floats:
        """Weight of each stressor in overall stress."""
        weights = self.scenario.stress.weights
        return np.array([weights.get(name, 1.0) for name in self.stressors])


def _unknown(_: str) -> float:
    return float("nan")


@dataclass(frozen=True)
class Frame:
    """A run as it stood at the end of ``step``; -1 is the town before step 0.

    Arrays are over households, in their order, and read-only. Frames are equal if they are of
    the same history and step.
    """

    history: History
    step: int

    @property
    def scene(self) -> Scene:
        """What stays as it is through the run."""
        return self.history.scene

    @property
    def time(self) -> datetime:
        """Date and time at which the step begins; of -1, that of step 0."""
        return self.scene.clock.time(max(self.step, 0))

    @property
    def x(self) -> Integers:
        """Column of each household's cell."""
        return self.scene.home_x if self.step < 0 else self.history.columns.x[self.step]

    @property
    def y(self) -> Integers:
        """Row of each household's cell."""
        return self.scene.home_y if self.step < 0 else self.history.columns.y[self.step]

    @property
    def cash(self) -> Integers:
        """Cash of each household, in the smallest unit; before step 0 all zero."""
        return self.history.columns.cash[self.step] if self.step >= 0 else self._nothing

    @property
    def asleep(self) -> NDArray[np.bool_]:
        """Whether each household slept through the step."""
        if self.step < 0:
            return self._nothing.astype(np.bool_)
        asleep: NDArray[np.bool_] = self.history.columns.asleep[self.step]
        return asleep

    @property
    def levels(self) -> Floats:
        """Own level of each stressor, 0 to 100, shape (households, stressors)."""
        if self.step < 0:
            return np.zeros((self.scene.households, len(self.scene.stressors)))
        levels: Floats = self.history.columns.levels[self.step]
        return levels

    def stress(self, kind: str = OVERALL) -> Floats:
        """Return each household's own level of a stressor, or its overall stress, 0 to 100.

        Raises ``ValueError`` for an unknown name.
        """
        if kind != OVERALL:
            return self.levels[:, self.scene.stressors.index(kind)]
        weights = self.scene.weights
        overall: Floats = self.levels @ weights / (weights.sum() or 1.0)
        return overall

    @cached_property
    def stores(self) -> tuple[StoreNow, ...]:
        """Every store, in the order of ``scene.stores``."""
        return self.history.stores_at(self.step)

    @property
    def closed(self) -> frozenset[tuple[int, int]]:
        """The cells that nobody may enter, for good or by a keep-out."""
        return self.history.closed_at(self.step)

    @cached_property
    def follows(self) -> tuple[tuple[int, int], ...]:
        """Who follows whom, as pairs of numbers of agents: follower, followed."""
        return self.history.follows_at(self.step)

    @property
    def tally(self) -> Tally:
        """The measures of the step."""
        return self.history.tallies[self.step]

    def new(self, table: str) -> list[Any]:
        """Return the records that the step made, of a table that the history holds.

        Records are the named tuples of ``econsim_mesa.society.records``.
        """
        return self.history.records(table, self.step, self.step)

    def so_far(self, table: str, since: int = -1) -> list[Any]:
        """Return the records of a table from step ``since`` up to this one, oldest first."""
        return self.history.records(table, since, self.step)

    def series(self, measure: Callable[[Frame], T]) -> list[T]:
        """Return a measure of each step from 0 to this one; each is worked out once and kept.

        ``measure`` is a named module function or another object that lasts and equals itself.
        """
        return self.history.series(measure, self.step)

    @property
    def spent(self) -> Spent:
        """The calls to a language model so far; of a fork only its own."""
        return self.history.spent_at(self.step)

    @property
    def inherited(self) -> Spent:
        """The calls that a fork took over from its parent, which paid them."""
        return self.history.inherited_at(self.step)

    @property
    def outcomes(self) -> Mapping[str, Mapping[str, int]]:
        """Decisions for households so far: decider -> outcome -> number."""
        return self.history.outcomes_at(self.step)

    @property
    def _nothing(self) -> Integers:
        return np.zeros(self.scene.households, dtype=np.int64)


class Waiting(NamedTuple):
    """How far the calls of the step under way have come."""

    done: int
    in_flight: int
    waiting: int


class Source(Protocol):
    """Where frames come from: a run on disk, or a model that makes its steps now.

    What a page cannot find in a frame (decisions, prompts) it reads from ``folder``, the
    folder of the run, by ``econsim_mesa.load_run``.
    """

    history: History
    folder: Path
    live: bool
    """Whether ``next`` may make a step that was not there, and interventions are taken."""

    @property
    def planned(self) -> int:
        """Number of steps that the run has, or is to have."""
        ...

    @property
    def left(self) -> int:
        """Number of steps that the run was to have and has not, or not yet."""
        ...

    @property
    def asks_model(self) -> bool:
        """Whether a language model decides for anybody in the steps to come."""
        ...

    def next(self, step: int) -> Frame | None:
        """Return the frame after ``step``, made if need be; None: there is no more.

        May take as long as a language model does; never called in the page's own thread.
        """
        ...

    def waiting(self) -> Waiting | None:
        """Return the progress of the calls that a step waits for; None: it waits for none."""
        ...

    def stop(self) -> None:
        """Break off the step under way at once, if it waits for calls. From any thread."""
        ...

    def close(self) -> None:
        """Leave the run's folder whole and closed. A second call does nothing."""
        ...
