"""What a household is shown of the network: posts, whom it follows, who is suggested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from econsim_mesa.quoting import quoted
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.section import Section, listed, names_text
from econsim_mesa.society.view import View


class ReadPost(NamedTuple):
    """A post in the timeline."""

    id: int
    author: str
    age_steps: int
    text: str


@dataclass(frozen=True)
class SocialSection(Section):
    """What a household reads, and whom it follows or might follow."""

    posts: tuple[ReadPost, ...]
    follows: tuple[str, ...]
    suggestions: tuple[str, ...]

    @classmethod
    def of(cls, view: View, household: int) -> Self:
        """Return what a household is shown."""
        names = view.roster.names
        return cls(
            posts=_posts(view, household),
            follows=tuple(names[other] for other in view.social.graph.followed(household)),
            suggestions=tuple(names[other] for other in view.suggestions(household)),
        )

    def lines(self, listing: Listing) -> Iterator[str]:
        """Yield whom it follows and who is suggested, then the posts, a JSON object each."""
        follows = names_text(listed(self.follows, listing)) or "nobody"
        suggested = names_text(listed(self.suggestions, listing))
        yield f"[social] you follow {follows}" + (f"; suggested: {suggested}" if suggested else "")
        if self.posts:
            yield "\n".join(["[posts]", *map(_post_text, self.posts)])


def _posts(view: View, household: int) -> tuple[ReadPost, ...]:
    posts, names = view.social.posts, view.roster.names
    return tuple(
        ReadPost(p, names[int(posts.author[p])], view.t - int(posts.step[p]), posts.text(p))
        for p in view.feed[household].tolist()
        if p >= 0
    )


def _post_text(post: ReadPost) -> str:
    """Return a post as data, whatever it says."""
    return quoted({"id": post.id, "by": post.author, "age": post.age_steps, "text": post.text})
