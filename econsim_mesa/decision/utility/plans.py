"""Utilities of a household's plans, as sums of the scenario's terms.

Plans are columns: stay, home, sleep, eat, buy, then one for going to each store considered. A
plan that is not possible has utility minus infinity. Stress enters as ``Pressure``; with stress
off all its columns are 0 and nothing else changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from econsim_mesa.decision.utility.perception import Perception, Surroundings
from econsim_mesa.observation import View
from econsim_mesa.rng import Floats, Integers
from econsim_mesa.scenario.choice import ChoiceSpec

STAY, HOME, SLEEP, EAT, BUY, GO = range(6)
"""Columns of the utilities; those from GO on are the stores considered."""
_DOMAINS = {"economy", "mobility", "social"}


@dataclass(frozen=True)
class Pressure:
    """Stress felt, as shares from 0 to 1, by the households that are asked."""

    levels: dict[str, Floats]
    domains: dict[str, str]
    overall: Floats
    own_domain_only: bool

    def of(self, stressor: str, domain: str) -> Floats | float:
        """Return the share felt of a stressor in choices of a domain (0 if it does not act)."""
        if stressor not in self.levels:
            return 0.0
        if self.own_domain_only and self.domains[stressor] != domain:
            return 0.0
        return self.levels[stressor]

    def overall_in(self, domain: str) -> Floats | float:
        """Return the overall share felt in choices of a domain."""
        return 0.0 if self.own_domain_only and domain not in self.domains.values() else self.overall


def pressure(view: View, rows: Integers) -> Pressure:
    """Return the stress that the households in ``rows`` feel."""
    stress, felt = view.town.stress, view.felt
    levels = felt.levels[rows].T / 100.0
    return Pressure(
        levels=dict(zip(stress.names, levels, strict=True)),
        domains={one.name: one.domain for one in stress.stressors},
        overall=felt.overall[rows] / 100.0,
        own_domain_only=view.town.scenario.stress.scope == "own",
    )


def night(hour: float) -> float:
    """Return the cosine of the clock time around 3 a.m.: 1 at three, -1 at fifteen o'clock.

    >>> night(3.0), round(night(9.0), 9), night(15.0)
    (1.0, 0.0, -1.0)
    """
    return math.cos(2 * math.pi * (hour - 3.0) / 24.0)


def eat_utility(seen: Perception, felt: Pressure, choice: ChoiceSpec) -> Floats:
    """Return the utility of eating now, whether or not there is food: (r,)."""
    terms = choice.eat
    return (
        terms.constant.value
        + terms.hours.value * seen.hours
        + terms.hunger.value * felt.of("hunger", "economy")
    )


def go_utility(
    seen: Perception, felt: Pressure, choice: ChoiceSpec, around: Surroundings, lists: Floats
) -> Floats:
    """Return the utility of going to each store considered: (r, K).

    ``lists`` are list prices of those stores' items, shape (r, K, I).
    """
    terms = choice.go
    log_price = mean_log_ratio(seen.price, lists)
    meal_cost = np.where(around.food, seen.price, np.nan)
    cheapest = np.fmin.reduce(meal_cost, axis=2)
    share = np.where(np.isnan(cheapest), 0.0, cheapest) / np.maximum(seen.cash, 1.0)[:, None]
    sold = np.maximum((~np.isnan(seen.price)).sum(axis=2), 1)
    talk_items = (~np.isnan(seen.price) * seen.talk_item[:, None, :]).sum(axis=2) / sold
    household = (
        terms.constant.value
        + terms.hours.value * seen.hours
        + terms.pantry.value * np.minimum(seen.meals, 6.0)
        + terms.walked.value * seen.walked
        + terms.hunger.value * felt.of("hunger", "mobility")
        + terms.fatigue.value * felt.of("fatigue", "mobility")
        + terms.congestion.value * felt.of("congestion", "mobility")
        + terms.money.value * felt.of("money", "mobility")
    )
    utility: Floats = (
        household[:, None]
        + terms.log_price.value * log_price
        + terms.budget.value * np.minimum(share, 1.0)
        + terms.distance.value * seen.walk
        + terms.crowd.value * seen.crowd
        + terms.stock.value * seen.sold_out
        + terms.timeline.value * (seen.talk_store + talk_items)
    )
    return utility


def mean_log_ratio(price: Floats, lists: Floats) -> Floats:
    """Return the mean over sold items (last axis) of ln(price / list price); free counts as 1."""
    sold = ~np.isnan(price)
    ratio = np.log(np.maximum(np.where(sold, price, 1.0), 1.0) / np.maximum(lists, 1.0))
    mean: Floats = (ratio * sold).sum(axis=-1) / np.maximum(sold.sum(axis=-1), 1)
    return mean


def utilities(
    view: View, seen: Perception, felt: Pressure, choice: ChoiceSpec, around: Surroundings
) -> Floats:
    """Return the utility of every plan of every household asked: (r, 5 + K)."""
    town, rows = view.town, seen.rows
    lists = town.list_price[seen.stores].astype(float)
    plans = np.empty((len(rows), GO + seen.stores.shape[1]))
    at_home, standing = view.at_home[rows], view.standing[rows]
    destination = town.space.destination[rows]
    homes = town.space.home_x * town.space.height + town.space.home_y
    homeward = destination == homes[rows]
    plans[:, STAY] = choice.stay.constant.value + choice.stay.underway.value * (destination >= 0)
    plans[:, HOME] = np.where(at_home | homeward, -np.inf, _home(view, seen, felt, choice))
    plans[:, SLEEP] = np.where(at_home, _sleep(view, felt, choice), -np.inf)
    plans[:, EAT] = np.where(seen.meals > 0, eat_utility(seen, felt, choice), -np.inf)
    plans[:, BUY] = np.where(standing >= 0, _buy(view, seen, felt, choice), -np.inf)
    there = (seen.stores < 0) | (seen.stores == standing[:, None])
    bound = town.space.store_at[np.maximum(destination, 0)]
    bound = np.where(destination >= 0, bound, -2)
    there |= seen.stores == bound[:, None]
    plans[:, GO:] = np.where(there, -np.inf, go_utility(seen, felt, choice, around, lists))
    return plans


def _home(view: View, seen: Perception, felt: Pressure, choice: ChoiceSpec) -> Floats:
    terms = choice.home
    dark = 0.0 if view.town.clock.skips_nights else night(view.hour)
    return (
        terms.constant.value
        + terms.night.value * dark
        + terms.walked.value * seen.walked
        + terms.goods.value * np.minimum(seen.meals, 6.0)
        + terms.fatigue.value * felt.of("fatigue", "mobility")
        + terms.congestion.value * felt.of("congestion", "mobility")
    )


def _sleep(view: View, felt: Pressure, choice: ChoiceSpec) -> Floats | float:
    if view.town.clock.skips_nights:
        return -math.inf
    terms = choice.sleep
    return (
        terms.constant.value
        + terms.night.value * night(view.hour)
        + terms.sleep.value * felt.of("sleep", "mobility")
        + terms.fatigue.value * felt.of("fatigue", "mobility")
    )


def _buy(view: View, seen: Perception, felt: Pressure, choice: ChoiceSpec) -> Floats:
    town, terms = view.town, choice.buy
    here = np.maximum(view.standing[seen.rows], 0)
    posted = view.posted[here].astype(float)
    sold = posted >= 0
    price = np.where(sold & (posted <= seen.cash[:, None]), posted, np.nan)
    affordable = ~np.isnan(price)
    talk_items = (affordable * seen.talk_item).sum(axis=1) / np.maximum(affordable.sum(axis=1), 1)
    talk = ((seen.stores == here[:, None]) * seen.talk_store).sum(axis=1) + talk_items
    log_price = mean_log_ratio(price, town.list_price[here].astype(float))
    utility = (
        terms.constant.value
        + terms.hours.value * seen.hours
        + terms.pantry.value * np.minimum(seen.meals, 6.0)
        + terms.log_price.value * log_price
        + terms.timeline.value * talk
        + terms.hunger.value * felt.of("hunger", "economy")
        + terms.congestion.value * felt.of("congestion", "economy")
        + terms.money.value * felt.of("money", "economy")
    )
    return np.where(affordable.any(axis=1), utility, -np.inf)
