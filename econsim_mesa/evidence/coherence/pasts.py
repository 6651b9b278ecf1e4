"""Scripted pasts: the same town, hour and place, and a body with another history."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from econsim_mesa.deciders.idle import Idle
from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.evidence.coherence.stages import Changes, Past, Stages, acting
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.action import Action
from econsim_mesa.society.model import EconModel

_HOURS_BETWEEN_MEALS = 6
"""Where no stressor says what keeps hunger away."""


class Food(NamedTuple):
    """What scripted households eat: an item, how much at once, and every so many steps."""

    item: str
    quantity: int
    every: int
    endowment: int


def food(scenario: Scenario, steps: int) -> Food | None:
    """Return the most nourishing food that keeps so long, in portions that keep hunger away."""
    known = [
        (item.nutrition, name)
        for name, item in scenario.items.items()
        if item.nutrition > 0 and (item.keeps_steps is None or item.keeps_steps > steps)
    ]
    if not known:
        return None
    nutrition, name = max(known)
    unit = 10 ** scenario.items[name].decimals
    hunger = hunger_of(scenario)
    every, portion = _HOURS_BETWEEN_MEALS, 1
    if hunger is not None:
        burnt = _burnt(hunger["target"], hunger["gamma"], hunger["window"])
        every = max(round(nutrition / burnt), 1)
        portion = max(round(burnt * every / nutrition), 1)
    return Food(name, portion * unit, every, (steps // every + 8) * portion * unit)


def hunger_of(scenario: Scenario) -> dict[str, float] | None:
    """Return the parameters of hunger by name; None where nobody gets hungry."""
    spec = scenario.stress.stressors.get("hunger")
    return None if spec is None else dict(spec)  # a pydantic object yields its fields


def _burnt(target: float, gamma: float, window: float) -> float:
    """Return the nutrition a step that keeps the discounted sum at its target."""
    return target / sum(gamma**age for age in range(int(window)))


def fed(stages: Stages) -> Changes:
    """Return the change of the scenario by which everybody owns what a script has them eat."""
    meal = food(stages.scenario, stages.dosed_at)
    if meal is None:
        return ()
    owned = dict(stages.scenario.agents.Household.endowment)
    owned[meal.item] = owned.get(meal.item, 0) + meal.endowment
    return (("agents.Household.endowment", owned),)


@cache
def at_home(stages: Stages) -> Past:
    """Return a past in which everybody stays at home and does nothing."""
    model = stages.build()
    return {t: acting(model, t, {}) for t in range(stages.dosed_at)}


@cache
def set_out(stages: Stages, store: int) -> Past:
    """Return a past at home at whose last step all set out for a store."""
    model, last = stages.build(), stages.dosed_at - 1
    going = _everybody(model, (MoveTo(model.town.who.store_names[store]),))
    return {**at_home(stages), last: acting(model, last, going)}


def closing(stages: Stages, store: int) -> Changes:
    """Return the change of the scenario by which a store's cell is closed at the end of a past."""
    cell = list(stages.scenario.agents.stores()[store][2].at)
    event = {"type": "keep_out", "cells": [cell],
             "when": {"between": [stages.dosed_at - 1, stages.dosed_at + 1]}}  # fmt: skip
    events = [one.model_dump(mode="json") for one in stages.scenario.events]
    return (("events", [*events, event]),)


class Visit(NamedTuple):
    """A past in which all walk to stores, the last step of being there, and who is there then."""

    past: Past
    when: int
    there: tuple[int, ...]


@cache
def visited(stages: Stages, store: int | None) -> Visit:
    """Return a past in which all go to a store, are there at the end of a day, and go home.

    Without a store they go to all of them, in turn of their numbers.
    """
    when = _evening(stages)
    model = stages.build()
    names = model.town.who.store_names
    goals = {i: names[i % len(names) if store is None else store]
             for i in range(model.town.who.households)}  # fmt: skip
    past = {
        t: acting(model, t, {i: (MoveTo("home" if t > when else goal),)
                             for i, goal in goals.items()})
        for t in range(stages.dosed_at)
    }  # fmt: skip
    standing = stages.lived((), past, when, Idle(stages.scenario)).town.space.standing().tolist()
    there = tuple(i for i, here in enumerate(standing) if here >= 0 and names[here] == goals[i])
    return Visit(past, when, there)


def _evening(stages: Stages) -> int:
    """Return the last step of the day before scripted pasts end; half way where nights count."""
    clock = stages.scenario.clock.clock()
    if not clock.skips_nights:
        return stages.dosed_at // 2
    return next(t for t in range(stages.dosed_at, 0, -1) if clock.starts_day(t)) - 1


@cache
def fasted(stages: Stages, steps: int) -> Past:
    """Return a past at home with meals that kept hunger away, the last one so many steps ago."""
    model = stages.build(fed(stages))
    return {t: acting(model, t, _everybody(model, _meal(stages, t, steps)))
            for t in range(stages.dosed_at)}  # fmt: skip


@cache
def walked(stages: Stages, steps: int) -> Past:
    """Return a past beside home, well fed, with so many cells walked to and fro at its end."""
    model = stages.build(fed(stages))
    spots, past = _spots(model), {}
    for t in range(stages.dosed_at):
        left = stages.dosed_at - t
        away = left <= steps and left % 2 == 0
        meal = _meal(stages, t, 1)
        past[t] = acting(
            model,
            t,
            {i: (*meal, MoveTo(b if away else a)) for i, (a, b) in spots.items()},
        )
    return past


def _meal(stages: Stages, t: int, fasting: int) -> tuple[Action, ...]:
    meal = food(stages.scenario, stages.dosed_at)
    last = stages.dosed_at - fasting
    due = meal is not None and t <= last and (last - t) % meal.every == 0
    return (Eat(meal.item, meal.quantity),) if meal is not None and due else ()


def _everybody(model: EconModel, actions: tuple[Action, ...]) -> dict[int, tuple[Action, ...]]:
    return dict.fromkeys(range(model.town.who.households), actions)


def _spots(model: EconModel) -> dict[int, tuple[str, str]]:
    """Return two open cells beside each home and each other, without a store; if there are."""
    space = model.town.space
    around = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
    found = {}
    for i in range(model.town.who.households):
        home = int(space.home_x[i]), int(space.home_y[i])
        free = [
            (x, y)
            for dx, dy in around
            if 0 <= (x := home[0] + dx) < space.width
            and 0 <= (y := home[1] + dy) < space.height
            and not space.closed[x, y]
            and space.store_at[x * space.height + y] < 0
        ]
        pairs = [(a, b) for a in free for b in free
                 if a != b and max(abs(a[0] - b[0]), abs(a[1] - b[1])) == 1]  # fmt: skip
        if pairs:
            a, b = pairs[0]
            found[i] = f"{a[0]},{a[1]}", f"{b[0]},{b[1]}"
    return found
