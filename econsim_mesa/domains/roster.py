"""The roster of domains, and of the actions that each kind of agent has through them."""

from __future__ import annotations

from functools import cache

from econsim_mesa.domains.body.domain import Body
from econsim_mesa.domains.economy.domain import Economy
from econsim_mesa.domains.mobility.domain import Mobility
from econsim_mesa.domains.social.domain import Social
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action, decode
from econsim_mesa.society.domain import Domain

DOMAINS: tuple[type[Domain], ...] = (Body, Mobility, Economy, Social)
"""The domains of the package, in the order in which they settle after a phase."""

OUTCOMES = {"rejected": 0} | {
    column: nothing for domain in DOMAINS for column, nothing in domain.outcomes.items()
}
"""Columns of what households do and meet in a step -> the value that stands for nothing."""


def role_of(kind: str) -> str:
    """Return the role of a kind of agent: all kinds of stores have the same."""
    return HOUSEHOLD if kind == HOUSEHOLD else STORE


@cache
def verbs_of(role: str) -> dict[str, type[Action]]:
    """Return the actions of a role by their verbs, in the order of their keys in a reply."""
    actions = [action for domain in DOMAINS for action in domain.actions if role in action.phases]
    return {action.verb: action for action in sorted(actions, key=lambda action: action.position)}


def read_actions(text: str, kind: str) -> tuple[Action, ...]:
    """Return the recorded actions of an agent of a kind; also such as only others can take.

    Raises:
        BadInput: The text is no list of actions as ``encode`` writes it.
    """
    return decode(text, _known_verbs(role_of(kind)))


@cache
def _known_verbs(role: str) -> dict[str, type[Action]]:
    """Return all actions by their verbs; where roles share a verb, the action of this one."""
    return {**verbs_of(HOUSEHOLD), **verbs_of(STORE), **verbs_of(role)}
