"""The closed set of actions, and a decision: what one agent answers to one observation."""

from __future__ import annotations

import json
from itertools import product
from types import NoneType
from typing import Any, NamedTuple, get_type_hints

import numpy as np

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


def checked(decision: object) -> Decision:
    """Return a decision as records can hold it: actions in a tuple, numbers of numpy as plain.

    Raises ``BadInput``, in words that go on after who gave it, for what is no decision.
    """
    if not isinstance(decision, Decision):
        raise BadInput(f"is {_shown(decision)}, not a Decision")
    actions, thought, _, outcome = decision
    if type(actions) is not tuple or not all(map(_is_sound, actions)):
        if not isinstance(actions, tuple | list) or hasattr(actions, "_fields"):
            raise BadInput(f"has the actions {_shown(actions)}; give a tuple of actions")
        decision = decision._replace(actions=tuple(map(_plain, actions)))
    if not isinstance(thought, str):
        raise BadInput(f"has the thought {_shown(thought)}; give a text")
    if outcome not in OUTCOMES:
        raise BadInput(f"has the outcome {_shown(outcome)}; {hint(str(outcome), OUTCOMES)}")
    return decision


def _is_sound(action: object) -> bool:
    """Whether an action is one of the closed set, with plain values of the right types."""
    kind = type(action)
    return kind in _TYPES and tuple(map(type, action)) in _TYPES[kind]  # type: ignore[call-overload]


def _plain(action: object) -> Action:
    """Return an action with numbers of numpy as plain ones. Raises ``BadInput``."""
    if not isinstance(action, tuple) or type(action) not in _TYPES:
        raise BadInput(f"has the action {_shown(action)}; give actions such as MoveTo('home')")
    values = [one.item() if isinstance(one, np.generic) else one for one in action]
    made: Action = VERBS[_NAMES[type(action)]](*values)
    if not _is_sound(made):
        raise BadInput(f"has the action {_shown(made)}, where a value has a wrong type")
    return made


def _shown(value: object) -> str:
    return repr(value)[:120]


def _shapes(kind: type[Any]) -> frozenset[tuple[type, ...]]:
    """Return the types that the values of an action may have, all combinations."""
    wide: dict[Any, tuple[type, ...]] = {float: (float, int), int | None: (int, NoneType)}
    fields = get_type_hints(kind).values()
    return frozenset(product(*(wide.get(field, (field,)) for field in fields)))


_TYPES = {kind: _shapes(kind) for kind in VERBS.values()}


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
