"""The laboratory: forks of one past that share their luck, put before one decider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.evidence.coherence.stages import CRIER, Changes, Past, Stages, natural
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.action import Decision
from econsim_mesa.society.decider import Decider
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.view import View

Subject = Callable[[Scenario], Decider]
"""Makes who is checked, for a scenario."""

_WORLD = -1


class Place(NamedTuple):
    """Where everybody stood when a step was decided: cells, and the store there or -1."""

    x: Integers
    y: Integers
    standing: Integers


@dataclass(frozen=True)
class Fork:
    """What is different in one future, and how far it is followed.

    ``build`` changes the scenario before the town is built, ``settings`` at step ``settings_at``
    (None: when the forks part); ``events`` happen when they part. ``crier`` is what the town
    crier posts then; ``emptied`` is a store that loses its stock before a step.
    ``asked`` are the households that decide (None: all); the others do nothing.
    ``personas_moved``: everybody has the persona of the next household. ``repeat`` tells apart
    forks that are equal in all this.
    """

    steps: int = 1
    build: Changes = ()
    settings: Changes = ()
    settings_at: int | None = None
    events: tuple[Mapping[str, Any], ...] = ()
    crier: str = ""
    emptied: tuple[int, int] | None = None
    asked: tuple[int, ...] | None = None
    personas_moved: bool = False
    repeat: int = 0


class Heard(NamedTuple):
    """One decision of a household, and the step of it."""

    step: int
    household: int
    decision: Decision


@dataclass
class Future:
    """What a fork brought: who decided what, where they stood then, and all records."""

    model: EconModel = field(init=False)
    heard: list[Heard] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    records: dict[str, list[Any]] = field(default_factory=dict)

    def actions(self, kind: type[Any]) -> list[tuple[Heard, Any]]:
        """Return all actions of a kind, with the decision each was part of."""
        return [
            (one, action)
            for one in self.heard
            for action in one.decision.actions
            if isinstance(action, kind)
        ]

    def trips(self) -> list[tuple[Heard, int]]:
        """Return the decisions to walk to a store, with its index."""
        town = self.model.town
        stores = {name: k for k, name in enumerate(town.who.store_names)}
        stores |= {f"{x},{y}": k for k, (x, y) in enumerate(town.store_cells)}
        return [
            (one, stores[move.place]) for one, move in self.actions(MoveTo) if move.place in stores
        ]


class Listener:
    """Asks everyone who is checked, and keeps what was answered and where everybody stood.

    ``does`` is the one whose decisions are carried out; None: nobody's.
    """

    name: ClassVar[str] = "listener"

    def __init__(self, fork: Fork, asked: Mapping[str, tuple[Decider, Future]], does: str) -> None:
        self._fork, self._asked, self._does = fork, asked, does

    def decide(self, requests: Requests) -> list[Decision]:
        """Return the decisions to carry out."""
        view, among = requests.view, self._fork.asked
        done: dict[int, Decision] = {}
        some = [i for i in requests.agents if among is None or i in among]
        for name, (decider, future) in self._asked.items():
            answers = dict(zip(some, decider.decide(Requests(view, some)), strict=True))
            future.places[view.t] = _place(view)
            future.heard += [Heard(view.t, i, one) for i, one in answers.items()]
            done = answers if name == self._does else done
        return [done.get(i, Decision(decider=self.name)) for i in requests.agents]


class Lab:
    """One town under one seed, put before some deciders; ``who`` is the one looked at now.

    Futures are made once and kept. One of a single step is made for all deciders together: they
    answer to the same view, and what is then done is of no account.
    """

    def __init__(self, stages: Stages, subjects: Mapping[str, Subject]) -> None:
        self.stages, self._subjects = stages, subjects
        self.scenario = stages.scenario
        self.at, self.dosed_at, self.rest = stages.at, stages.dosed_at, stages.rest
        self.who = next(iter(subjects))
        self._kept: dict[tuple[str, str], Future] = {}

    def future(self, fork: Fork) -> Future:
        """Return what becomes of the natural past under a fork."""
        return self.scripted(fork, natural(self.stages), self.at)

    def scripted(self, fork: Fork, past: Past, at: int | None = None) -> Future:
        """Return what becomes of a scripted past under a fork; ``at`` None: at ``dosed_at``."""
        at = self.dosed_at if at is None else at
        key = f"{fork!r} {id(past)} {at}"
        if (self.who, key) not in self._kept:
            together = list(self._subjects) if fork.steps == 1 else [self.who]
            for name, future in self._live(fork, past, at, together).items():
                self._kept[name, key] = future
        return self._kept[self.who, key]

    def _live(self, fork: Fork, past: Past, at: int, names: list[str]) -> dict[str, Future]:
        told = self.stages.told(fork.build)
        asked = {name: (self._subjects[name](told), Future()) for name in names}
        settings_at = at if fork.settings_at is None else fork.settings_at
        first = min(at, settings_at, at if fork.emptied is None else fork.emptied[1])
        listener = Listener(fork, asked, names[0] if fork.steps > 1 else "")
        model = self.stages.lived(fork.build, past, first, listener, asked_from=at)
        for t in range(first, at + fork.steps):
            if t == settings_at and fork.settings:
                model.reconfigure(dict(fork.settings))
            if fork.emptied is not None and t == fork.emptied[1]:
                _empty(model, fork.emptied[0])
            if t == at:
                _part(model, fork)
            model.step()
            if t >= at:
                for _, future in asked.values():
                    future.model = model
                    for table, rows in model.town.records.rows.items():
                        future.records.setdefault(table, []).extend(rows)
        return {name: future for name, (_, future) in asked.items()}


def _part(model: EconModel, fork: Fork) -> None:
    """Do what sets a future apart, between two steps."""
    town = model.town
    for event in fork.events:
        model.intervene(event)
    if fork.crier:
        model.intervene({"type": "scripted_posts", "author": CRIER, "account": True,
                         "texts": [fork.crier]})  # fmt: skip
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
    for item, held in enumerate(town.stock()[store].tolist()):
        town.move_goods(town.who.store_number(store), _WORLD, item + 1, held, "taken by a check")


def _place(view: View) -> Place:
    space = view.town.space
    return Place(space.x.copy(), space.y.copy(), view.standing.copy())
