"""What a household buys where it stands, and what it eats of what it has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.deciders.utility.perception import Perception
from econsim_mesa.deciders.utility.plans import felt_share, post_attention
from econsim_mesa.society.rng import Floats, Integers, gumbel


class Line(NamedTuple):
    """A line of a basket: item and quantity in smallest units."""

    item: int
    quantity: int


def item_utilities(seen: Perception, facts: Facts) -> Floats:
    """Return the utility of each item where the households stand: (r, I), -inf if not there."""
    terms, r = facts.choice.item, len(seen.cash)
    within = (seen.posted >= 0) & (seen.shelf >= facts.unit)
    within &= seen.posted <= seen.cash[:, None]
    lists = np.maximum(facts.list_price[np.maximum(seen.standing, 0)], 1.0)
    money = np.broadcast_to(felt_share(seen, facts, "money", "economy"), r)[:, None]
    hunger = np.broadcast_to(felt_share(seen, facts, "hunger", "economy"), r)[:, None]
    share = seen.posted / np.maximum(seen.cash, 1.0)[:, None]
    utility = (
        terms.constant.value
        + facts.nutrition * (terms.nutrition.value + terms.hunger.value * hunger)
        + terms.log_price.value * np.log(np.maximum(seen.posted, 1.0) / lists)
        + terms.budget.value * np.minimum(share, 1.0)
        + terms.timeline.value * post_attention(seen, facts)[:, None] * seen.talk_item
        + terms.money.value * money
    )
    return np.where(within, utility, -np.inf)


def choose_basket(
    utility: Floats, uniforms: Floats, prices: Floats, cash: float, units: Integers, second: float
) -> list[Line]:
    """Return the basket of one household: items taken by a logit each, within its cash.

    ``uniforms`` has two rows of one number an item: whether it is taken, and whether twice
    (with chance ``second``). If no item is taken, the best one with noise from the second row
    is. Whole items only.
    """
    taken = uniforms[0] < 1.0 / (1.0 + np.exp(-utility))
    if not taken.any():
        taken[int(np.argmax(utility + gumbel(uniforms[1])))] = True
    lines = []
    for item in np.argsort(-utility, kind="stable").tolist():
        price = float(prices[item])
        if not taken[item] or not np.isfinite(utility[item]) or price > cash:
            continue
        count = 2 if uniforms[1, item] < second and 2 * price <= cash else 1
        cash -= count * price
        lines.append(Line(item, count * int(units[item])))
    return lines


def choose_meal(held: Integers, facts: Facts) -> list[Line]:
    """Return what a household eats of what it has, until it makes a meal.

    What keeps least comes first, then the most nourishing.
    """
    keeps = np.where(facts.keeps < 0, 2**31, facts.keeps)
    lines, points = [], 0.0
    for item in np.lexsort((-facts.nutrition, keeps)).tolist():
        value, unit = float(facts.nutrition[item]), int(facts.unit[item])
        if value <= 0 or held[item] <= 0 or points >= facts.choice.meal:
            continue
        wanted = int(np.ceil((facts.choice.meal - points) / value)) * unit
        quantity = min(wanted, int(held[item]))
        points += value * quantity / unit
        lines.append(Line(item, quantity))
    return lines
