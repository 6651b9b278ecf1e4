"""From actions to the reply of an agent: the keys of its role, with a thought that names them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from econsim_mesa.domains.roster import verbs_of
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action
from econsim_mesa.society.wording import PLAIN

Reply = dict[str, Any]
"""The reply of an agent as an object for JSON: a key of its role -> what stands in it."""


def household_reply(actions: Sequence[Action]) -> Reply:
    """Return the reply of a household that does so much."""
    return _reply(HOUSEHOLD, actions)


def store_reply(actions: Sequence[Action]) -> Reply:
    """Return the reply of a store that does so much."""
    return _reply(STORE, actions)


def _reply(role: str, actions: Sequence[Action]) -> Reply:
    reply: Reply = {"thought": thought(actions)}
    reply |= {verb: None if kind.most == 1 else [] for verb, kind in verbs_of(role).items()}
    for action in actions:
        if action.most == 1:
            reply[action.verb] = _value(action)
        else:
            reply[action.verb].append(_value(action))
    return reply


def _value(action: Action) -> Any:
    """Return what stands under the key of an action: its columns, or the only one."""
    if len(action) > 1:
        return action._asdict()
    (value,) = action
    return max(round(value), 1) if isinstance(value, float) else value


def thought(actions: Sequence[Action]) -> str:
    """Return private reasoning that names what the actions do.

    >>> thought([verbs_of(HOUSEHOLD)["move_to"]("Cafe"), verbs_of(HOUSEHOLD)["eat"]("Rice", 1)])
    'I go to Cafe, eat 1 Rice.'
    """
    if not actions:
        return "I go on as I am; there is nothing to do now."
    return f"I {', '.join(action.in_words(PLAIN) for action in actions)}."
