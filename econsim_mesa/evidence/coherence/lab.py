"""The laboratory: forks of one history that share all random numbers, put before deciders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.evidence.coherence.setups import (
    ANNOUNCER,
    Changes,
    History,
    Setup,
    baseline_history,
)
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.decider import Decider
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.view import View

DeciderFactory = Callable[[Scenario], Decider]
"""Makes a decider for a scenario."""

_WORLD = -1


class Positions(NamedTuple):
    """Where the households stood when a step was decided; each has shape (households,), integers.

    Attributes:
        x: Column of the cell.
        y: Row of the cell.
        standing: Index of the store in the cell, or -1.
    """

    x: Integers
    y: Integers
    standing: Integers


@dataclass(frozen=True)
class Fork:
    """What is different in one future, and how far it is followed.

    Attributes:
        steps: Number of steps that are decided.
        build: Changes of the scenario before the town is built.
        settings: Changes of the scenario at step ``settings_at``.
        settings_at: None: when the forks part.
        events: Events that happen when the forks part.
        announcement: What the announcer posts then; empty: nothing.
        emptied: A store, and the step before which it loses its stock.
        asked: The households that decide; None: all. The others do nothing.
        personas_moved: Whether everybody has the persona of the next household.
        repeat: Tells apart forks that are equal in all else.
    """

    steps: int = 1
    build: Changes = ()
    settings: Changes = ()
    settings_at: int | None = None
    events: tuple[Mapping[str, Any], ...] = ()
    announcement: str = ""
    emptied: tuple[int, int] | None = None
    asked: tuple[int, ...] | None = None
    personas_moved: bool = False
    repeat: int = 0


class ObservedDecision(NamedTuple):
    """A decision of a household, and its step."""

    step: int
    household: int
    decision: Decision


@dataclass
class Future:
    """What a fork brought.

    Attributes:
        model: The town at the end.
        decisions: What the households decided.
        positions: Step -> where they stood.
        records: Table -> its records, from the step on at which forks part.
    """

    model: EconModel = field(init=False)
    decisions: list[ObservedDecision] = field(default_factory=list)
    positions: dict[int, Positions] = field(default_factory=dict)
    records: dict[str, list[Any]] = field(default_factory=dict)

    def actions(self, kind: type[Any]) -> list[tuple[ObservedDecision, Any]]:
        """Return all actions of a kind, each with the decision that it is part of."""
        return [
            (observed, action)
            for observed in self.decisions
            for action in observed.decision.actions
            if isinstance(action, kind)
        ]

    def trips(self) -> list[tuple[ObservedDecision, int]]:
        """Return the decisions to walk to a store, each with the store's index.

        Where the town has intentions, an order at a store elsewhere sets out for it.
        """
        town = self.model.town
        stores = {name: k for k, name in enumerate(town.roster.store_names)}
        cells = {f"{x},{y}": k for k, (x, y) in enumerate(town.mobility.store_cells)}
        walks = [
            (observed, (stores | cells)[move.place])
            for observed, move in self.actions(MoveTo)
            if move.place in stores | cells
        ]
        orders = [
            (observed, stores[order.store])
            for observed, order in self.actions(PlaceOrder)
            if town.scenario.market.intentions
            and stores.get(order.store, -1)
            not in (-1, self.positions[observed.step].standing[observed.household])
        ]
        return walks + [trip for trip in dict.fromkeys(orders) if trip not in walks]


class ObservingDecider:
    """Asks several deciders the same, and notes their decisions and where everybody stood.

    Args:
        fork: Says which households are asked.
        asked: Name -> decider, and the future that its decisions are noted in.
        acting: Name of the decider whose decisions are carried out; empty: nobody's.
    """

    name: ClassVar[str] = "observing"

    def __init__(
        self, fork: Fork, asked: Mapping[str, tuple[Decider, Future]], acting: str
    ) -> None:
        self._fork, self._asked, self._acting = fork, asked, acting

    def decide(self, requests: Requests) -> list[Decision]:
        """Return the decisions to carry out."""
        view, among = requests.view, self._fork.asked
        carried_out: dict[int, Decision] = {}
        agents = [i for i in requests.agents if among is None or i in among]
        for name, (decider, future) in self._asked.items():
            decisions = decider.decide(Requests(view, agents))
            future.positions[view.t] = _positions(view)
            for i, decision in zip(agents, decisions, strict=True):
                future.decisions.append(ObservedDecision(view.t, i, decision))
                if name == self._acting:
                    carried_out[i] = decision
        return [carried_out.get(i, Decision(decider=self.name)) for i in requests.agents]


class Lab:
    """One town under one seed, put before some deciders.

    Every future is made once. One of a single step is made for all deciders together: they answer
    to the same view, and what is carried out then does not matter.

    Args:
        setup: The town.
        factories: Name -> what makes the decider.

    Attributes:
        decider: Name of the decider whose futures are returned; the first one at first.
    """

    def __init__(self, setup: Setup, factories: Mapping[str, DeciderFactory]) -> None:
        self.setup, self._factories = setup, factories
        self.scenario = setup.scenario
        self.decider = next(iter(factories))
        self._futures: dict[tuple[str, str], Future] = {}

    def baseline_future(self, fork: Fork) -> Future:
        """Return what becomes of the baseline history under a fork."""
        return self.scripted_future(fork, baseline_history(self.setup), self.setup.fork_step)

    def scripted_future(self, fork: Fork, history: History, step: int | None = None) -> Future:
        """Return what becomes of a history under a fork.

        ``step`` is the step at which the fork parts; None: the end of scripted histories.
        """
        step = self.setup.scripted_fork_step if step is None else step
        key = f"{fork!r} {id(history)} {step}"
        if (self.decider, key) not in self._futures:
            together = list(self._factories) if fork.steps == 1 else [self.decider]
            for name, future in self._make_futures(fork, history, step, together).items():
                self._futures[name, key] = future
        return self._futures[self.decider, key]

    def _make_futures(
        self, fork: Fork, history: History, step: int, names: list[str]
    ) -> dict[str, Future]:
        scenario = self.setup.scenario_with(fork.build)
        asked = {name: (self._factories[name](scenario), Future()) for name in names}
        settings_at = step if fork.settings_at is None else fork.settings_at
        first = min(step, settings_at, step if fork.emptied is None else fork.emptied[1])
        observing = ObservingDecider(fork, asked, names[0] if fork.steps > 1 else "")
        model = self.setup.model_after(fork.build, history, first, observing, asked_from=step)
        for t in range(first, step + fork.steps):
            if t == settings_at and fork.settings:
                model.reconfigure(dict(fork.settings))
            if fork.emptied is not None and t == fork.emptied[1]:
                _empty(model, fork.emptied[0])
            if t == step:
                _apply(model, fork)
            model.step()
            if t >= step:
                for _, future in asked.values():
                    future.model = model
                    for table, rows in model.town.records.rows.items():
                        future.records.setdefault(table, []).extend(rows)
        return {name: future for name, (_, future) in asked.items()}


def _apply(model: EconModel, fork: Fork) -> None:
    """Do what sets a future apart, between two steps."""
    town = model.town
    for event in fork.events:
        model.intervene(event)
    if fork.announcement:
        post = {"author": ANNOUNCER, "account": True, "texts": [fork.announcement]}
        model.intervene({"type": "scripted_posts", **post})
    if fork.personas_moved:
        old = town.personas
        town.personas = replace(
            old,
            levels=np.roll(old.levels, -1, axis=0),
            names=(*old.names[1:], *old.names[:1]),
            texts=(*old.texts[1:], *old.texts[:1]),
        )


def _empty(model: EconModel, store: int) -> None:
    """Take all goods out of a store, between two steps."""
    town = model.town
    for item, amount in enumerate(town.economy.stock()[store].tolist()):
        town.move_goods(
            town.roster.store_number(store), _WORLD, item + 1, amount, "taken by a check"
        )


def _positions(view: View) -> Positions:
    return Positions(view.mobility.x.copy(), view.mobility.y.copy(), view.standing.copy())
