"""Sleep, meals and spoilage."""

from __future__ import annotations

import math
from typing import Any

from econsim_mesa.society.actions import Eat, Sleep
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.records import Consumption
from econsim_mesa.society.resolution import MEALS, SLEEP, Deed, Turn
from econsim_mesa.society.town import Town

LONGEST_SLEEP_HOURS = 24


def go_to_sleep(turn: Turn) -> None:
    """Let those who want to fall asleep, at home only, for 1 to 24 hours."""
    town = turn.town
    deeds = turn.deeds(SLEEP, Sleep)
    if not deeds:
        return
    at_home, asleep = town.space.at_home(), town.sleep.asleep(town.t)
    for deed in deeds:
        hours = deed.action.hours
        if asleep[deed.agent]:
            turn.reject(deed, "already asleep")
        elif not 0 < hours <= LONGEST_SLEEP_HOURS:
            turn.reject(deed, f"cannot sleep for {hours:g} hours")
        elif not at_home[deed.agent]:
            turn.reject(deed, "can sleep only at home")
        else:
            town.sleep.go_to_sleep(deed.agent, town.t, math.ceil(hours / town.clock.step_hours))
            asleep[deed.agent] = True


def eat(turn: Turn, asleep: Any) -> None:
    """Let households eat what they have."""
    for deed in turn.deeds(MEALS, Eat):
        reason = _eat(turn.town, deed, asleep)
        if reason is not None:
            turn.reject(deed, reason)


def _eat(town: Town, deed: Deed, asleep: Any) -> str | None:
    """Eat, or return why not."""
    item, quantity = town.goods.index.get(deed.action.item), deed.action.quantity
    if asleep[deed.agent]:
        return "asleep"
    if item is None:
        return f"there is no item {deed.action.item!r}"
    if quantity < 1:
        return f"cannot eat {quantity} of {deed.action.item}"
    if not town.goods.nutrition[item] > 0:
        return f"{deed.action.item} is not food"
    held = town.ledger.balance(deed.agent, item + 1)
    if held < quantity:
        return f"has {held} {deed.action.item}, not {quantity}"
    town.ledger.transfer(deed.agent, WORLD, item + 1, quantity)
    town.larder.take(deed.agent, item, quantity)
    town.deeds.nutrition[deed.agent] += (
        town.goods.nutrition[item] * quantity / int(town.goods.unit[item])
    )
    town.deeds.ate[deed.agent] += 1
    _record(town, deed.agent, item, quantity, eaten=1)
    return None


def spoil(town: Town) -> None:
    """Take from households what no longer keeps, after they ate."""
    for household, item, quantity in town.larder.spoil(town.t):
        town.ledger.transfer(household, WORLD, item + 1, quantity)
        _record(town, household, item, quantity, eaten=0)


def _record(town: Town, household: int, item: int, quantity: int, *, eaten: int) -> None:
    name = town.who.names[household]
    town.records["consumption"].append(
        Consumption(town.t, name, town.goods.names[item], int(quantity), eaten)
    )
