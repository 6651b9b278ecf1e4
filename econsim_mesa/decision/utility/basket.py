"""What a household buys where it stands, and what it eats of what it has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from econsim_mesa.decision.utility.perception import Perception, Surroundings
from econsim_mesa.decision.utility.plans import Pressure
from econsim_mesa.observation import View
from econsim_mesa.rng import Floats, Integers, gumbel
from econsim_mesa.scenario.choice import ChoiceSpec
from econsim_mesa.town.town import Town


class Line(NamedTuple):
    """A line of a basket: item and quantity in smallest units."""

    item: int
    quantity: int


def item_utilities(view: View, seen: Perception, felt: Pressure, choice: ChoiceSpec) -> Floats:
    """Return the utility of each item where the households stand: (r, I), -inf if not there."""
    town, terms = view.town, choice.item
    here = np.maximum(view.standing[seen.rows], 0)
    posted = view.posted[here].astype(float)
    sold = (posted >= 0) & (view.standing[seen.rows] >= 0)[:, None]
    sold &= (town.stock()[here] > 0) & (posted <= seen.cash[:, None])
    lists = np.maximum(town.list_price[here].astype(float), 1.0)
    points = town.goods.nutrition
    household = terms.constant.value + terms.money.value * felt.of("money", "economy")
    hunger = terms.hunger.value * felt.of("hunger", "economy")
    utility = (
        np.broadcast_to(household, len(here))[:, None]
        + points * (terms.nutrition.value + np.broadcast_to(hunger, len(here))[:, None])
        + terms.log_price.value * np.log(np.maximum(posted, 1.0) / lists)
        + terms.budget.value * np.minimum(posted / np.maximum(seen.cash, 1.0)[:, None], 1.0)
        + terms.timeline.value * seen.talk_item
    )
    return np.where(sold, utility, -np.inf)


def choose_basket(
    utility: Floats,
    uniforms: Floats,
    prices: Integers,
    cash: float,
    units: Integers,
    second: float,
) -> list[Line]:
    """Return the basket of one household: items taken by a logit each, within its cash.

    ``uniforms`` has two rows of one number an item: whether it is taken, and whether twice.
    If no item is taken, the best one with noise is. Whole items only.
    """
    taken = uniforms[0] < 1.0 / (1.0 + np.exp(-utility))
    if not taken.any():
        taken[int(np.argmax(utility + gumbel(uniforms[0])))] = True
    lines = []
    for item in np.argsort(-utility, kind="stable").tolist():
        if not taken[item] or not np.isfinite(utility[item]):
            continue
        price = float(prices[item])
        count = 2 if uniforms[1, item] < second and 2 * price <= cash else 1
        if price <= cash:
            cash -= count * price
            lines.append(Line(item, count * int(units[item])))
    return lines


def choose_meal(town: Town, household: int, around: Surroundings, meal: float) -> list[Line]:
    """Return what a household eats of what it has, until it makes a meal.

    What keeps least comes first, then the most nourishing.
    """
    held = town.holdings()[household]
    keeps = np.where(town.goods.keeps < 0, 2**31, town.goods.keeps)
    order = np.lexsort((-around.points, keeps))
    lines, points = [], 0.0
    for item in order.tolist():
        unit = int(town.goods.unit[item])
        value = float(town.goods.nutrition[item])
        if value <= 0 or held[item] <= 0 or points >= meal:
            continue
        wanted = int(np.ceil((meal - points) / value)) * unit
        quantity = min(wanted, int(held[item]))
        points += value * quantity / unit
        lines.append(Line(item, quantity))
    return lines
