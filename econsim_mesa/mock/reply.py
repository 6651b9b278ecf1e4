"""From actions to the reply of an agent: the fields of its kind, with a thought that names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from econsim_mesa.society import actions as act
from econsim_mesa.society.actions import Action

Reply = dict[str, Any]
"""The reply of an agent as an object for JSON: a field of its kind -> what stands in it."""


def household_reply(actions: Sequence[Action]) -> Reply:
    """Return the reply of a household that does so much."""
    reply: Reply = {
        "thought": thought(actions),
        "sleep_hours": None,
        "move_to": None,
        "order": [],
        "propose": [],
        "react": [],
        "eat": [],
        "post": None,
        "follow": [],
        "unfollow": [],
    }
    return _filled(reply, actions)


def store_reply(actions: Sequence[Action]) -> Reply:
    """Return the reply of a store that does so much."""
    reply: Reply = {
        "thought": thought(actions),
        "set_prices": [],
        "react": [],
        "post": None,
    }
    return _filled(reply, actions)


def _filled(reply: Reply, actions: Sequence[Action]) -> Reply:
    for one in actions:
        verb, value = _VERB[type(one)], _value(one)
        if isinstance(reply[verb], list):
            reply[verb].append(value)
        else:
            reply[verb] = value
    return reply


_VERB = {kind: verb for verb, kind in act.VERBS.items()}


def _value(action: Action) -> Any:
    """Return what stands in the field of an action."""
    if isinstance(action, act.Sleep):
        return min(max(round(action.hours), 1), 24)
    if isinstance(action, act.MoveTo):
        return action.place
    if isinstance(action, act.Follow | act.Unfollow):
        return action.name
    return action._asdict()


def thought(actions: Sequence[Action]) -> str:
    """Return private reasoning that names what the actions do.

    >>> thought([act.MoveTo("Cafe"), act.Eat("Rice", 1)])
    'I go to Cafe, eat 1 Rice.'
    """
    if not actions:
        return "I go on as I am; there is nothing to do now."
    return f"I {', '.join(map(_words, actions))}."


def _words(action: Action) -> str:
    match action:
        case act.Sleep():
            return f"sleep for {_value(action)} hours"
        case act.MoveTo(place):
            return "go home" if place == "home" else f"go to {place}"
        case act.PlaceOrder(store, item, quantity):
            return f"order {quantity} {item} at {store}"
        case act.Propose(to, give, give_quantity, take, take_quantity):
            return f"offer {to} {give_quantity} {give} for {take_quantity} {take}"
        case act.React(number, accept):
            return f"{'accept' if accept else 'decline'} number {number}"
        case act.Eat(item, quantity):
            return f"eat {quantity} {item}"
        case act.Publish():
            return "write a post"
        case act.Follow(name):
            return f"follow {name}"
        case act.Unfollow(name):
            return f"no longer follow {name}"
        case act.SetPrice(item, price):
            return f"set the price of {item} to {price}"
