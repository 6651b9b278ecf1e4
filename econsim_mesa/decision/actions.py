"""The closed set of actions, and a decision: what one agent answers to one observation."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from econsim_mesa.errors import BadInput, hint

OUTCOMES = (
    "accepted",
    "repaired",
    "refused",
    "unparseable",
    "timed_out",
    "failed",
    "over_budget",
    "fallback",
)
"""How a decision came about; all but the first two stand for a reply that could not be used."""


class Sleep(NamedTuple):
    """Sleep at home for some hours."""

    hours: float


class MoveTo(NamedTuple):
    """Walk to a place from now on: ``home``, the name of a store, or a cell such as ``3,4``."""

    place: str


class PlaceOrder(NamedTuple):
    """Order ``quantity`` smallest units of an item at the store where one stands."""

    store: str
    item: str
    quantity: int
    ttl: int


class Propose(NamedTuple):
    """Offer a household in the same cell a swap; an item may be the currency."""

    to: str
    give: str
    give_quantity: int
    take: str
    take_quantity: int
    ttl: int


class React(NamedTuple):
    """Answer a proposal (a household) or an order (a store) by its id."""

    id: int
    accept: bool


class Eat(NamedTuple):
    """Eat ``quantity`` smallest units of an item that one has."""

    item: str
    quantity: int


class Publish(NamedTuple):
    """Write a post, perhaps as a reply to the post of a number."""

    text: str
    reply_to: int | None = None


class Follow(NamedTuple):
    """Follow somebody."""

    name: str


class Unfollow(NamedTuple):
    """No longer follow somebody."""

    name: str


class SetPrice(NamedTuple):
    """A store's new base price of a whole item."""

    item: str
    price: int


Action = (
    Sleep | MoveTo | PlaceOrder | Propose | React | Eat | Publish | Follow | Unfollow | SetPrice
)

VERBS: dict[str, type[Any]] = {
    "sleep_hours": Sleep,
    "move_to": MoveTo,
    "order": PlaceOrder,
    "propose": Propose,
    "react": React,
    "eat": Eat,
    "post": Publish,
    "follow": Follow,
    "unfollow": Unfollow,
    "set_prices": SetPrice,
}
"""Name of an action in records and replies -> its type."""
_NAMES = {kind: verb for verb, kind in VERBS.items()}
HOUSEHOLD_VERBS = tuple(verb for verb in VERBS if verb != "set_prices")
STORE_VERBS = ("set_prices", "react", "post")
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Decision(NamedTuple):
    """A decision: private reasoning, actions in the order in which they are to be done."""

    actions: tuple[Action, ...] = ()
    thought: str = ""
    decider: str = ""
    outcome: str = "accepted"


def encode(actions: tuple[Action, ...]) -> str:
    """Return the canonical JSON of actions, as it stands in records.

    >>> encode((MoveTo("home"), Eat("Rice", 1)))
    '[{"do":"move_to","place":"home"},{"do":"eat","item":"Rice","quantity":1}]'
    """
    if not actions:
        return "[]"
    return _ENCODER.encode([{"do": _NAMES[type(one)], **one._asdict()} for one in actions])


def decode(text: str) -> tuple[Action, ...]:
    """Return the actions that ``encode`` wrote. Raises ``BadInput`` for anything else.

    >>> decode('[{"do":"move_to","place":"home"}]')
    (MoveTo(place='home'),)
    """
    try:
        rows = json.loads(text)
        return tuple(_decode_one(dict(row)) for row in rows)
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput(f"not a list of recorded actions: {text[:80]!r} ({error})") from error


def _decode_one(row: dict[str, Any]) -> Action:
    verb = row.pop("do")
    if verb not in VERBS:
        raise BadInput(f"unknown action {verb!r}; {hint(verb, list(VERBS))}")
    action: Action = VERBS[verb](**row)
    return action
