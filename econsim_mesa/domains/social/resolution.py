"""Follow, unfollow, post."""

from __future__ import annotations

from typing import Any

from econsim_mesa.domains.social import clean_text
from econsim_mesa.society import records as record
from econsim_mesa.society.actions import Follow, Publish, Unfollow
from econsim_mesa.society.resolution import SOCIAL, Deed, Turn
from econsim_mesa.society.town import Town


def socialise(turn: Turn, asleep: Any) -> None:
    """Let households follow, unfollow and post, each in the order that it listed."""
    for deed in turn.deeds(SOCIAL, Follow, Unfollow, Publish):
        if deed.agent >= turn.households:
            continue
        reason = "asleep" if asleep[deed.agent] else _act(turn.town, deed)
        if reason is not None:
            turn.reject(deed, reason)


def _act(town: Town, deed: Deed) -> str | None:
    """Do one action, or return why not."""
    if isinstance(deed.action, Publish):
        return post(town, deed)
    other = town.who.number.get(deed.action.name)
    if other is None:
        return f"there is nobody called {deed.action.name!r}"
    change = 1 if isinstance(deed.action, Follow) else -1
    turn_to = town.graph.follow if change == 1 else town.graph.unfollow
    reason = turn_to(deed.agent, other)
    if reason is None:
        names = town.who.names
        town.records["follows"].append(
            record.Follow(town.t, names[deed.agent], names[other], change)
        )
    return reason


def post(town: Town, deed: Deed) -> str | None:
    """Write a post for a household or a store, or return why not."""
    text, reply_to = clean_text(deed.action.text), deed.action.reply_to
    if not text:
        return "nothing to post"
    if reply_to is not None and not 0 <= reply_to < town.posts.since(town.t):
        return f"there is no post {reply_to}"
    town.publish(deed.agent, text, -1 if reply_to is None else reply_to)
    return None
