"""Utilities of a household's plans, as sums of the scenario's terms.

Plans are columns: stay, home, sleep, eat, buy, then one for going to each store considered. A
plan that is not possible has utility minus infinity. Stress enters as shares felt; with stress
off they are all 0 and nothing else changes.
"""

from __future__ import annotations

import math

import numpy as np

from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.society.rng import Floats

STAY, HOME, SLEEP, EAT, BUY, GO = range(6)
"""Columns of the utilities; those from GO on are the stores considered."""


def felt_share(seen: Perception, facts: Facts, stressor: str, domain: str) -> Floats | float:
    """Return the share felt of a stressor in choices of a domain (0 if it does not act)."""
    if stressor not in seen.levels:
        return 0.0
    if facts.own_domain_only and facts.domains[stressor] != domain:
        return 0.0
    return seen.levels[stressor]


def state_effect(seen: Perception, facts: Facts, plan: str, domain: str) -> Floats | float:
    """Return the sum over ``choice.states`` of coefficient x share felt, for one plan."""
    total: Floats | float = 0.0
    for name, terms in facts.choice.states.items():
        total = total + getattr(terms, plan).value * felt_share(seen, facts, name, domain)
    return total


def post_attention(seen: Perception, facts: Facts) -> Floats:
    """Return the factor on what posts read weigh: (r,), 1 where no state acts on it."""
    factor = np.ones(len(seen.cash)) + state_effect(seen, facts, "heed", "social")
    return np.maximum(factor, 0.0)


def night(hour: float) -> float:
    """Return the cosine of the clock time around 3 a.m.: 1 at three, -1 at fifteen o'clock.

    >>> night(3.0), abs(round(night(9.0), 9)), night(15.0)
    (1.0, 0.0, -1.0)
    """
    return math.cos(2 * math.pi * (hour - 3.0) / 24.0)


def meals(seen: Perception, facts: Facts) -> Floats:
    """Return the meals that each household carries: (r,)."""
    carried: Floats = (seen.holdings * facts.points).sum(axis=1) / facts.choice.meal
    return carried


def utilities(seen: Perception, facts: Facts) -> Floats:
    """Return the utility of every plan of every household asked: (r, 5 + K)."""
    carried = meals(seen, facts)
    plans = np.empty((len(seen.cash), GO + seen.stores.shape[1]))
    stay = facts.choice.stay
    plans[:, STAY] = stay.constant.value + stay.underway.value * seen.going
    resting = seen.at_home | seen.homeward
    plans[:, HOME] = np.where(resting, -np.inf, _home(seen, facts, carried))
    plans[:, SLEEP] = np.where(seen.at_home, _sleep(seen, facts), -np.inf)
    plans[:, EAT] = np.where(carried > 0, eat_utility(seen, facts), -np.inf)
    plans[:, BUY] = np.where(seen.standing >= 0, _buy(seen, facts, carried), -np.inf)
    there = (seen.stores < 0) | (seen.stores == seen.standing[:, None])
    there |= seen.stores == np.where(seen.bound >= 0, seen.bound, -2)[:, None]
    plans[:, GO:] = np.where(there, -np.inf, go_utility(seen, facts, carried))
    return plans


def eat_utility(seen: Perception, facts: Facts) -> Floats:
    """Return the utility of eating now, whether or not there is food: (r,)."""
    terms = facts.choice.eat
    return (
        terms.constant.value
        + terms.hours.value * seen.hours
        + terms.hunger.value * felt_share(seen, facts, "hunger", "economy")
        + state_effect(seen, facts, "eat", "economy")
    )


def go_utility(seen: Perception, facts: Facts, carried: Floats) -> Floats:
    """Return the utility of going to each store considered: (r, K)."""
    terms = facts.choice.go
    sold = ~np.isnan(seen.price)
    cheapest = np.fmin.reduce(np.where(facts.nutrition > 0, seen.price, np.nan), axis=2)
    share = np.where(np.isnan(cheapest), 0.0, cheapest) / np.maximum(seen.cash, 1.0)[:, None]
    talk_items = (sold * seen.talk_item[:, None, :]).sum(axis=2) / np.maximum(sold.sum(axis=2), 1)
    household = (
        terms.constant.value
        + terms.hours.value * seen.hours
        + terms.pantry.value * np.minimum(carried, facts.choice.most.meals.value)
        + terms.walked.value * seen.walked
        + terms.hunger.value * felt_share(seen, facts, "hunger", "mobility")
        + terms.fatigue.value * felt_share(seen, facts, "fatigue", "mobility")
        + terms.congestion.value * felt_share(seen, facts, "congestion", "mobility")
        + terms.money.value * felt_share(seen, facts, "money", "mobility")
        + state_effect(seen, facts, "go", "mobility")
    )
    utility: Floats = (
        household[:, None]
        + terms.log_price.value * mean_log_ratio(seen.price, facts.list_price[seen.stores])
        + terms.budget.value * np.minimum(share, 1.0)
        + terms.distance.value * seen.walk
        + terms.crowd.value * seen.crowd
        + terms.stock.value * seen.sold_out
        + terms.timeline.value
        * post_attention(seen, facts)[:, None]
        * (seen.talk_store + talk_items)
    )
    return utility


def mean_log_ratio(price: Floats, lists: Floats) -> Floats:
    """Return the mean over sold items (last axis) of ln(price / list price); free counts as 1."""
    sold = ~np.isnan(price)
    ratio = np.log(np.maximum(np.where(sold, price, 1.0), 1.0) / np.maximum(lists, 1.0))
    mean: Floats = (ratio * sold).sum(axis=-1) / np.maximum(sold.sum(axis=-1), 1)
    return mean


def _home(seen: Perception, facts: Facts, carried: Floats) -> Floats:
    terms = facts.choice.home
    return (
        terms.constant.value
        + terms.night.value * (night(seen.hour) if facts.nights else 0.0)
        + terms.walked.value * seen.walked
        + terms.goods.value * np.minimum(carried, facts.choice.most.meals.value)
        + terms.fatigue.value * felt_share(seen, facts, "fatigue", "mobility")
        + terms.congestion.value * felt_share(seen, facts, "congestion", "mobility")
        + state_effect(seen, facts, "home", "mobility")
    )


def _sleep(seen: Perception, facts: Facts) -> Floats | float:
    if not facts.nights:
        return -math.inf
    terms = facts.choice.sleep
    return (
        terms.constant.value
        + terms.night.value * night(seen.hour)
        + terms.sleep.value * felt_share(seen, facts, "sleep", "body")
        + terms.fatigue.value * felt_share(seen, facts, "fatigue", "body")
    )


def _buy(seen: Perception, facts: Facts, carried: Floats) -> Floats:
    terms = facts.choice.buy
    affordable = (seen.posted >= 0) & (seen.posted <= seen.cash[:, None])
    affordable &= seen.shelf >= facts.unit
    price = np.where(affordable, seen.posted, np.nan)
    talk_items = (affordable * seen.talk_item).sum(axis=1) / np.maximum(affordable.sum(axis=1), 1)
    here = seen.stores == np.where(seen.standing >= 0, seen.standing, -2)[:, None]
    lists = facts.list_price[np.maximum(seen.standing, 0)]
    utility = (
        terms.constant.value
        + terms.hours.value * seen.hours
        + terms.pantry.value * np.minimum(carried, facts.choice.most.meals.value)
        + terms.log_price.value * mean_log_ratio(price, lists)
        + terms.timeline.value
        * post_attention(seen, facts)
        * ((here * seen.talk_store).sum(axis=1) + talk_items)
        + terms.hunger.value * felt_share(seen, facts, "hunger", "economy")
        + terms.congestion.value * felt_share(seen, facts, "congestion", "economy")
        + terms.money.value * felt_share(seen, facts, "money", "economy")
        + state_effect(seen, facts, "buy", "economy")
    )
    return np.where(affordable.any(axis=1), utility, -np.inf)
