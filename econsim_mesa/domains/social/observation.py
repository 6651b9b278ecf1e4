"""What a household is shown of the network: posts, whom it follows, who is suggested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple, Self

from econsim_mesa.domains.social.graph import FollowerGraphView
from econsim_mesa.quoting import name_text, quoted
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.section import Section, listed
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording

_NAME = attrgetter("name")


class ReadPost(NamedTuple):
    """A post in the timeline."""

    id: int
    author: str
    age_steps: int
    text: str
    is_reply: bool = False
    """Whether it replies to the reader, as far as replies are marked."""


class Suggestion(NamedTuple):
    """An account that the network suggests."""

    name: str
    followed_by: int
    """How many of the households that one follows follow it."""
    follows_you: bool = False
    """Whether it follows the household, as far as that is told."""


@dataclass(frozen=True)
class SocialSection(Section):
    """What a household reads, and whom it follows or might follow."""

    t: int
    """The present step."""
    posts: tuple[ReadPost, ...]
    follows: tuple[str, ...]
    suggested: tuple[Suggestion, ...]

    @property
    def suggestions(self) -> tuple[str, ...]:
        """Names of the accounts that are suggested."""
        return tuple(suggestion.name for suggestion in self.suggested)

    @classmethod
    def of(cls, view: View, household: int) -> Self:
        """Return what a household is shown."""
        names = view.roster.names
        return cls(
            t=view.t,
            posts=_posts(view, household),
            follows=tuple(names[other] for other in view.social.graph.followed(household)),
            suggested=tuple(
                _suggestion(view, household, other) for other in view.suggestions(household)
            ),
        )

    def lines(self, listing: Listing, wording: Wording) -> Iterator[str]:
        """Yield whom it follows and who is suggested, then the posts, a JSON object each."""
        follows = wording.names(listed(self.follows, listing)) or wording.say("nobody")
        clauses = [wording.say("you follow {names}", names=follows)]
        if self.suggested:
            shown = listed(self.suggested, listing, _NAME)
            names = wording.listed(_suggestion_text(account, wording) for account in shown)
            clauses.append(wording.say("suggested: {names}", names=names))
        yield f"[social] {wording.joined(clauses)}"
        if self.posts:
            yield "\n".join(["[posts]", *(self._post_text(post, wording) for post in self.posts)])

    def _post_text(self, post: ReadPost, wording: Wording) -> str:
        at = wording.time(self.t - post.age_steps, self.t)
        note = wording.say("replies to you") if post.is_reply else ""
        return _post_text(post.id, post.author, at, note, post.text)


@lru_cache(maxsize=16_384)
def _post_text(post: int, author: str, at: str, note: str, text: str) -> str:
    """Return a post as data, whatever it says; many read the same."""
    noted = {"note": note} if note else {}
    return quoted({"id": post, "by": author, "at": at, **noted, "text": text})


def _posts(view: View, household: int) -> tuple[ReadPost, ...]:
    posts, names, marked = view.social.posts, view.roster.names, view.scenario.social.replies
    return tuple(
        ReadPost(
            p,
            names[int(posts.author[p])],
            view.t - int(posts.step[p]),
            posts.text(p),
            marked and int(posts.answers[p]) == household,
        )
        for p in view.feed[household].tolist()
        if p >= 0
    )


def _suggestion(view: View, household: int, account: int) -> Suggestion:
    graph, told = view.social.graph, view.scenario.social.follow_back
    follows_you = told and account < graph.households and graph.is_following(account, household)
    return Suggestion(
        view.roster.names[account], _followed_by(graph, household, account), follows_you
    )


def _followed_by(graph: FollowerGraphView, household: int, account: int) -> int:
    """Return how many of the households that one follows follow an account."""
    others = (other for other in graph.chosen(household) if other < graph.households)
    return sum(graph.is_following(other, account) for other in others)


def _suggestion_text(suggestion: Suggestion, wording: Wording) -> str:
    name, number = name_text(suggestion.name), suggestion.followed_by
    if suggestion.follows_you:
        words = "{name} (follows you, followed by {number} of them)"
        return wording.say(words, name=name, number=number)
    return wording.say("{name} (followed by {number} of them)", name=name, number=number)
