"""What is done in the network: post, follow, unfollow."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self

from pydantic import StringConstraints

from econsim_mesa.domains.social.posts import POST_LIMIT, clean_text
from econsim_mesa.domains.social.records import Follow as FollowRecord
from econsim_mesa.society.action import (
    HOUSEHOLD,
    STORE,
    AccountName,
    Action,
    Draws,
    Id,
    Situation,
)
from econsim_mesa.society.reason import IMPOSSIBLE, UNKNOWN_NAME, Reason
from econsim_mesa.society.resolution import StepActions, SubmittedAction
from econsim_mesa.society.wording import Wording

CAP_REACHED = "follows as many as it may"
"""Cause: nobody follows more households than the cap."""
_DRAWN_WORDS = (
    "blue", "stone", "walks", "pizza", "seven", "quietly", "lamp", "rice", "river", "good",
    "bad", "soup", "under", "paper", "sings", "terrible", "wonderful", "bread", "window", "of",
)  # fmt: skip


class Publish(Action):
    """Write a post, perhaps as a reply to the post of a number."""

    verb: ClassVar[str] = "post"
    phases: ClassVar = {HOUSEHOLD: "social", STORE: "stores"}
    most = 1
    position = 6
    spoken = r"post|writ|tell|share|say|announce|投稿|書|伝え|知らせ"

    text: Annotated[str, StringConstraints(max_length=POST_LIMIT)]
    reply_to: Id | None = None

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Append the post; it is read from the next step on."""
        town, text = step.town, clean_text(self.text)
        if not text:
            return Reason(IMPOSSIBLE, town.wording.say("a post without words"))
        if self.reply_to is not None and not 0 <= self.reply_to < town.social.posts.since(town.t):
            words = "there is no post {id} to reply to; write it without"
            return Reason(UNKNOWN_NAME, town.wording.say(words, id=self.reply_to))
        reply_to = -1 if self.reply_to is None else self.reply_to
        town.social.publish(town.records, by.agent, text, reply_to)
        return None

    def in_words(self, wording: Wording) -> str:
        """Return the text."""
        return wording.say("post: {text}", text=self.text)

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether one can post: always."""
        return True

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return a post of 5 to 10 words that mean nothing together, perhaps as a reply."""
        text = " ".join(draws.pick(_DRAWN_WORDS) for _ in range(5 + draws.below(6)))
        reads = now.scenario.social.replies and "social" in now.seen.sections
        posts = [post.id for post in now.seen.social.posts] if reads else []
        return cls(text, draws.pick([None, *posts]) if posts else None)


class _Link(Action):
    """Base of changes of whom one follows."""

    phases: ClassVar = {HOUSEHOLD: "social"}

    name: AccountName

    def _change(self, step: StepActions, by: SubmittedAction, change: int) -> Reason | None:
        """Add (1) or remove (-1) a link to the account of that name, unless it is so already."""
        town, graph = step.town, step.town.social.graph
        other = town.roster.number.get(self.name)
        if other is None:
            words = "there is nobody called {name}; name somebody suggested or followed"
            return Reason(UNKNOWN_NAME, town.wording.say(words, name=repr(self.name)))
        if graph.is_following(by.agent, other) == (change == 1):
            return None
        act = graph.follow if change == 1 else graph.unfollow
        refusal = act(by.agent, other)
        if refusal is None:
            names = town.roster.names
            row = FollowRecord(town.t, names[by.agent], names[other], change)
            town.records["follows"].append(row)
            return None
        if change == 1 and by.agent != other:
            words = town.wording.say("{reason}; unfollow one first", reason=refusal)
            return Reason(CAP_REACHED, words)
        return Reason(IMPOSSIBLE, refusal)


class Follow(_Link):
    """Follow somebody."""

    verb: ClassVar[str] = "follow"
    position = 7
    spoken = r"follow|フォロー"

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Follow, as long as the cap allows."""
        return self._change(step, by, 1)

    def in_words(self, wording: Wording) -> str:
        """Return who is followed."""
        return wording.say("follow {name}", name=self.name)

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether somebody is suggested whom one may follow."""
        return bool(_suggested(now))

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return one of them."""
        return cls(draws.pick(_suggested(now)))


class Unfollow(_Link):
    """No longer follow somebody."""

    verb: ClassVar[str] = "unfollow"
    position = 8
    spoken = r"unfollow|no longer follow|stop following|フォロー(?:を|は)?(?:やめ|外)"
    listed = 6.5  # before a follow: who follows as many as it may can replace one of them

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | None:
        """Follow no longer."""
        return self._change(step, by, -1)

    def in_words(self, wording: Wording) -> str:
        """Return who is no longer followed."""
        return wording.say("no longer follow {name}", name=self.name)

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether one follows somebody by choice."""
        return bool(_chosen(now))

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return one of them."""
        return cls(draws.pick(_chosen(now)))


def _suggested(now: Situation) -> list[str]:
    """Return whom a household may follow: no household more once the cap is reached."""
    full = sum(name in now.households for name in now.seen.social.follows)
    if full < now.scenario.social.follow_cap:
        return list(now.seen.social.suggestions)
    return [name for name in now.seen.social.suggestions if name not in now.households]


def _chosen(now: Situation) -> list[str]:
    """Return whom a household follows by choice: not the scripted accounts."""
    scripted = {getattr(event, "author", None) for event in now.scenario.events}
    stores = {name for _, name, _ in now.scenario.agents.stores()}
    return [name for name in now.seen.social.follows if name not in scripted - stores]


ACTIONS = (Publish, Follow, Unfollow)
"""All actions of the domain."""
