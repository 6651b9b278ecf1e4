"""How actions and records read in words: the one place where the page names what happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from econsim_mesa.numbers import quantity as in_units
from econsim_mesa.numbers import with_noun
from econsim_mesa.society import actions as act

if TYPE_CHECKING:
    from .view import Scene


def amount_in_words(scene: Scene, commodity: str, quantity: int) -> str:
    """Return a quantity, in the smallest unit, of an item or of the currency."""
    item = scene.scenario.items.get(commodity)
    if item is None:
        return scene.money.in_words(quantity) if commodity == scene.money.name else commodity
    return f"{in_units(quantity, item.decimals)} {commodity}"


def action_in_words(action: act.Action, scene: Scene) -> str:
    """Return an action that an agent decided on."""
    match action:
        case act.Sleep(hours):
            return f"sleep {with_noun(hours, 'hour')}"
        case act.MoveTo(place):
            return f"go to {place}"
        case act.PlaceOrder(_, item, quantity):
            return f"order {amount_in_words(scene, item, quantity)}"
        case act.Propose(to, give, give_quantity, take, take_quantity):
            gives = amount_in_words(scene, give, give_quantity)
            return f"offer {to} {gives} for {amount_in_words(scene, take, take_quantity)}"
        case act.React(number, accept):
            return f"{'accept' if accept else 'decline'} number {number}"
        case act.Eat(item, quantity):
            return f"eat {amount_in_words(scene, item, quantity)}"
        case act.Publish(text):
            return f"post: {text}"
        case act.SetPrice(item, price):
            return f"price of {item}: {scene.money.in_words(price)}"
        case act.Follow(name):
            return f"follow {name}"
        case act.Unfollow(name):
            return f"unfollow {name}"


class RecordInWords(NamedTuple):
    """What a record says. ``agent`` did it (``""``: nobody did), with ``other``, if there is one.

    Both are names of agents.
    """

    agent: str
    text: str
    other: str = ""


def _post(row: Any, scene: Scene) -> RecordInWords:
    answer = "answers: " if row.reply_to >= 0 else ""
    return RecordInWords(row.author, answer + row.text)


def _sale(row: Any, scene: Scene) -> RecordInWords:
    bought = amount_in_words(scene, row.item, row.quantity)
    text = f"buys {bought} for {scene.money.in_words(row.amount)}"
    return RecordInWords(row.buyer, text, row.store)


def _rejection(row: Any, scene: Scene) -> RecordInWords:
    return RecordInWords(row.agent, f"could not: {row.reason}")


def _swap(row: Any, scene: Scene) -> RecordInWords:
    gave = amount_in_words(scene, row.gave, row.gave_quantity)
    took = amount_in_words(scene, row.took, row.took_quantity)
    return RecordInWords(row.proposer, f"gives {gave} for {took}", row.acceptor)


def _event(row: Any, scene: Scene) -> RecordInWords:
    return RecordInWords("", row.detail)


def _input(row: Any, scene: Scene) -> RecordInWords:
    if row.kind == "summary":
        agent = str(json.loads(row.content)["agent"])
        return RecordInWords(agent, "its memory was summed up by the language model")
    return RecordInWords("", f"{row.kind} from outside: {row.content}")


RECORDS: dict[str, Callable[[Any, Scene], RecordInWords]] = {
    "posts": _post,
    "sales": _sale,
    "rejections": _rejection,
    "swaps": _swap,
    "events": _event,
    "inputs": _input,
}
"""Table -> how one of its records reads."""
