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


class Suggestion(NamedTuple):
    """An account that the network suggests."""

    name: str
    followed_by: int
    """How many of the households that one follows follow it."""


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
        names, graph = view.roster.names, view.social.graph
        return cls(
            t=view.t,
            posts=_posts(view, household),
            follows=tuple(names[other] for other in graph.followed(household)),
            suggested=tuple(
                Suggestion(names[other], _followed_by(graph, household, other))
                for other in view.suggestions(household)
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
        return _post_text(post.id, post.author, at, post.text)


@lru_cache(maxsize=16_384)
def _post_text(post: int, author: str, at: str, text: str) -> str:
    """Return a post as data, whatever it says; many read the same."""
    return quoted({"id": post, "by": author, "at": at, "text": text})


def _posts(view: View, household: int) -> tuple[ReadPost, ...]:
    posts, names = view.social.posts, view.roster.names
    return tuple(
        ReadPost(p, names[int(posts.author[p])], view.t - int(posts.step[p]), posts.text(p))
        for p in view.feed[household].tolist()
        if p >= 0
    )


def _followed_by(graph: FollowerGraphView, household: int, account: int) -> int:
    """Return how many of the households that one follows follow an account."""
    others = (other for other in graph.chosen(household) if other < graph.households)
    return sum(graph.is_following(other, account) for other in others)


def _suggestion_text(suggestion: Suggestion, wording: Wording) -> str:
    return wording.say(
        "{name} (followed by {number} of them)",
        name=name_text(suggestion.name),
        number=suggestion.followed_by,
    )
