"""Scripted histories: the same town, hour and place, with bodies that have another past."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from econsim_mesa.deciders.idle import Idle
from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.evidence.coherence.setups import Changes, History, Setup, scripted_decisions
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.action import Action
from econsim_mesa.society.model import EconModel

_STEPS_BETWEEN_MEALS = 6
"""Used where no stressor says what keeps hunger away."""


class StapleFood(NamedTuple):
    """What scripted households eat.

    Attributes:
        item: The item.
        quantity: How much they eat at once, in the item's smallest unit.
        every: Steps from one meal to the next.
        endowment: How much each household owns at the start.
    """

    item: str
    quantity: int
    every: int
    endowment: int


def staple_food(scenario: Scenario, steps: int) -> StapleFood | None:
    """Return the most nourishing food that keeps for so many steps; None: there is none.

    Its portions keep hunger away.
    """
    foods = [
        (item.nutrition, name)
        for name, item in scenario.items.items()
        if item.nutrition > 0 and (item.keeps_steps is None or item.keeps_steps > steps)
    ]
    if not foods:
        return None
    nutrition, name = max(foods)
    unit = 10 ** scenario.items[name].decimals
    hunger = hunger_parameters(scenario)
    every, portion = _STEPS_BETWEEN_MEALS, 1
    if hunger is not None:
        needed = _nutrition_per_step(hunger["target"], hunger["gamma"], hunger["window"])
        every = max(round(nutrition / needed), 1)
        portion = max(round(needed * every / nutrition), 1)
    return StapleFood(name, portion * unit, every, (steps // every + 8) * portion * unit)


def hunger_parameters(scenario: Scenario) -> dict[str, float] | None:
    """Return the parameters of hunger by name; None where nobody gets hungry."""
    spec = scenario.stress.stressors.get("hunger")
    return None if spec is None else dict(spec)  # a pydantic object yields its fields


def _nutrition_per_step(target: float, gamma: float, window: float) -> float:
    """Return the nutrition a step that keeps the discounted sum at its target."""
    return target / sum(gamma**age for age in range(int(window)))


def endowed_with_food(setup: Setup) -> Changes:
    """Return the change by which every household owns what scripted histories have it eat."""
    meal = staple_food(setup.scenario, setup.scripted_fork_step)
    if meal is None:
        return ()
    endowment = setup.scenario.agents.Household.model_dump(mode="json")["endowment"]
    owned = endowment.get(meal.item, 0)
    endowment[meal.item] = meal.endowment + (owned if isinstance(owned, int) else 0)
    return (("agents.Household.endowment", endowment),)


def closed_store(setup: Setup, store: int) -> Changes:
    """Return the change by which a store's cell is closed at the end of a history."""
    cell = list(setup.scenario.agents.stores()[store][2].at)
    end = setup.scripted_fork_step
    keep_out = {"type": "keep_out", "cells": [cell], "when": {"between": [end - 1, end + 1]}}
    events = [event.model_dump(mode="json") for event in setup.scenario.events]
    return (("events", [*events, keep_out]),)


@cache
def history_at_home(setup: Setup) -> History:
    """Return a history in which everybody stays at home and does nothing."""
    model = setup.initial_model()
    return {t: scripted_decisions(model, {}) for t in range(setup.scripted_fork_step)}


@cache
def history_setting_out(setup: Setup, store: int) -> History:
    """Return a history at home, at whose last step everybody sets out for a store."""
    model = setup.initial_model()
    trips = _by_everybody(model, (MoveTo(model.town.roster.store_names[store]),))
    last = setup.scripted_fork_step - 1
    return {**history_at_home(setup), last: scripted_decisions(model, trips)}


class VisitHistory(NamedTuple):
    """A history in which everybody walks to a store and home again.

    Attributes:
        history: The decisions.
        last_step: The last step of being there.
        visitors: The households that are there at this step.
    """

    history: History
    last_step: int
    visitors: tuple[int, ...]


@cache
def history_of_visits(setup: Setup, store: int | None) -> VisitHistory:
    """Return a history in which all are in a store at the end of a day, and then go home.

    If ``store`` is None they go to all stores, in turn of their numbers.
    """
    last_step = _evening(setup)
    model = setup.initial_model()
    names = model.town.roster.store_names
    goals = {
        i: names[i % len(names) if store is None else store]
        for i in range(model.town.roster.households)
    }
    there = {i: (MoveTo(goal),) for i, goal in goals.items()}
    back = _by_everybody(model, (MoveTo("home"),))
    history = {
        t: scripted_decisions(model, back if t > last_step else there)
        for t in range(setup.scripted_fork_step)
    }
    town = setup.model_after((), history, last_step, Idle(setup.scenario)).town
    visitors = tuple(
        i
        for i, standing in enumerate(town.mobility.space.standing().tolist())
        if standing >= 0 and names[standing] == goals[i]
    )
    return VisitHistory(history, last_step, visitors)


def _evening(setup: Setup) -> int:
    """Return the last step of the day before histories end; half way where nights count."""
    clock = setup.scenario.clock.clock()
    end = setup.scripted_fork_step
    if not clock.skips_nights:
        return end // 2
    return next(t for t in range(end, 0, -1) if clock.starts_day(t)) - 1


@cache
def history_without_meals(setup: Setup, steps: int) -> History:
    """Return a history at home whose last meal was so many steps ago, with enough before it."""
    model = setup.initial_model(endowed_with_food(setup))
    return {
        t: scripted_decisions(model, _by_everybody(model, _meal(setup, t, steps)))
        for t in range(setup.scripted_fork_step)
    }


@cache
def history_with_walk(setup: Setup, cells: int) -> History:
    """Return a history beside home, well fed, with so many cells walked to and fro at its end."""
    model = setup.initial_model(endowed_with_food(setup))
    spots = _spots_beside_homes(model)
    history = {}
    for t in range(setup.scripted_fork_step):
        left = setup.scripted_fork_step - t
        away = left <= cells and left % 2 == 0
        meal = _meal(setup, t, 1)
        actions = {i: (*meal, MoveTo(b if away else a)) for i, (a, b) in spots.items()}
        history[t] = scripted_decisions(model, actions)
    return history


def _meal(setup: Setup, t: int, fasting: int) -> tuple[Action, ...]:
    """Return the meal that is due at a step; the last one is ``fasting`` steps before the end."""
    meal = staple_food(setup.scenario, setup.scripted_fork_step)
    last = setup.scripted_fork_step - fasting
    if meal is None or t > last or (last - t) % meal.every:
        return ()
    return (Eat(meal.item, meal.quantity),)


def _by_everybody(model: EconModel, actions: tuple[Action, ...]) -> dict[int, tuple[Action, ...]]:
    return dict.fromkeys(range(model.town.roster.households), actions)


def _spots_beside_homes(model: EconModel) -> dict[int, tuple[str, str]]:
    """Return two open cells beside each home and each other, without a store, where they exist."""
    space = model.town.mobility.space
    around = [(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if dx or dy]
    spots = {}
    for i in range(model.town.roster.households):
        home = int(space.home_x[i]), int(space.home_y[i])
        free = [
            (x, y)
            for dx, dy in around
            if 0 <= (x := home[0] + dx) < space.width
            and 0 <= (y := home[1] + dy) < space.height
            and not space.closed[x, y]
            and space.store_at[x * space.height + y] < 0
        ]
        pairs = (
            (a, b)
            for a in free
            for b in free
            if a != b and max(abs(a[0] - b[0]), abs(a[1] - b[1])) == 1
        )
        pair = next(pairs, None)
        if pair is not None:
            (ax, ay), (bx, by) = pair
            spots[i] = f"{ax},{ay}", f"{bx},{by}"
    return spots
