"""How long a household carries on before it acts again, where attention is on change.

In every step in which it is asked, a household acts or stays as it is, with the probabilities of
its choice. Where nothing happens these can be reckoned ahead: of what the choice depends on, the
hours since the last meal and the time of day alone change of themselves. So the number of steps
until its next act is drawn at once, from the same probabilities, and the household waits for so
long; then it acts, by its choice among all plans but staying. If something happens before, it
chooses anew among all plans, for a wait not yet over says nothing of the steps to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from econsim_mesa.deciders.utility.basket import choose_meal
from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.deciders.utility.plans import (
    BUY,
    EAT,
    GO,
    HOME,
    SLEEP,
    STAY,
    night,
    utilities,
)
from econsim_mesa.domains.body.actions import Wait
from econsim_mesa.society.action import Action
from econsim_mesa.society.domain import Alternatives
from econsim_mesa.society.rng import Floats, Integers

_AT_ONCE = 12
"""Steps that are reckoned ahead at once."""


def add_waits(
    seen: Perception,
    facts: Facts,
    own: Sequence[Alternatives],
    uniforms: Floats,
    chosen: Integers,
    doing: list[list[Action]],
) -> None:
    """Add to what households do how long they wait after it.

    Who would act after the last step that is reckoned ahead names no wait: it is asked before.

    Args:
        seen: What they know.
        facts: What is fixed.
        own: Plans that domains offer.
        uniforms: A draw for each household, shape (r,).
        chosen: The plan of each, shape (r,).
        doing: The actions of each, to which the wait is added.
    """
    after = _after(seen, facts, chosen)
    values = utilities(after, facts)
    others = [offered.utility for offered in own]
    values = np.concatenate([values, *others], axis=1) if others else values
    steps = _steps_until_act(after, facts, values, uniforms)
    for k in np.flatnonzero((steps > 0) & (chosen != SLEEP)).tolist():
        doing[k].append(Wait(int(steps[k])))


def _after(seen: Perception, facts: Facts, chosen: Integers) -> Perception:
    """Return what households will know in the next step if nothing else happens."""
    hours, holdings = seen.hours.copy(), seen.holdings.copy()
    for k in np.flatnonzero(chosen == EAT).tolist():
        meal = choose_meal(seen.holdings[k], facts)
        for item, quantity in meal:
            holdings[k, item] -= quantity
        if sum(facts.points[item] * quantity for item, quantity in meal) >= facts.choice.meal / 2:
            hours[k] = 0.0
    to_store, to_home = chosen >= GO, chosen == HOME
    leaves = to_store | to_home
    column = np.where(to_store, chosen - GO, 0)
    store = seen.stores[np.arange(len(chosen)), column]
    return replace(
        seen,
        hours=hours,
        holdings=holdings,
        going=seen.going | leaves,
        homeward=to_home | (seen.homeward & ~to_store),
        bound=np.where(to_store, store, np.where(to_home, -1, seen.bound)),
        at_home=seen.at_home & ~leaves,
        standing=np.where(leaves, -1, seen.standing),
    )


def _steps_until_act(after: Perception, facts: Facts, values: Floats, uniforms: Floats) -> Integers:
    """Return in which step from now on each household acts, 0: in none that is reckoned ahead.

    ``values`` are the utilities of all plans after what it does now, shape (r, plans).
    """
    terms, step = facts.choice, facts.step_hours
    by_hours, by_night = np.zeros((2, values.shape[1]))
    by_hours[[EAT, BUY]] = terms.eat.hours.value, terms.buy.hours.value
    by_hours[GO : GO + after.stores.shape[1]] = terms.go.hours.value
    if facts.nights:
        by_night[[HOME, SLEEP]] = terms.home.night.value, terms.sleep.night.value
    steps, still = np.zeros(len(values), dtype=np.int64), np.ones(len(values))
    rows = np.arange(len(values))
    for first in range(1, facts.steps_ahead + 1, _AT_ONCE):
        ahead = np.arange(first, min(first + _AT_ONCE, facts.steps_ahead + 1))
        more_hours = np.minimum(after.hours[rows, None] + ahead * step, terms.most.hours.value)
        more_hours -= after.hours[rows, None]
        later = np.array([night(after.hour + hours) for hours in ahead * step]) - night(after.hour)
        value = values[rows, None] + more_hours[:, :, None] * by_hours + later[:, None] * by_night
        left = still[rows, None] * _share_of_staying(value).cumprod(axis=1)
        acts = uniforms[rows, None] >= left
        some = acts.any(axis=1)
        steps[rows[some]] = ahead[acts[some].argmax(axis=1)]
        still[rows] = left[:, -1]
        rows = rows[~some]
        if not len(rows):
            break
    return steps


def _share_of_staying(values: Floats) -> Floats:
    """Return the probability of staying in a logit choice among plans, which are the last axis."""
    weights = np.exp(values - values.max(axis=-1, keepdims=True))
    share: Floats = weights[..., STAY] / weights.sum(axis=-1)
    return share
