"""What can be read of the social network at the start of a step."""

from __future__ import annotations

from dataclasses import dataclass

from econsim_mesa.domains.social.graph import FollowerGraphView
from econsim_mesa.domains.social.posts import PostsView
from econsim_mesa.domains.social.state import SocialState
from econsim_mesa.mind import TopicsView


@dataclass(frozen=True)
class SocialView:
    """Who follows whom, and what was posted."""

    graph: FollowerGraphView
    """Who follows whom."""
    posts: PostsView
    """All posts."""
    topics: TopicsView
    """What the posts are about."""

    @classmethod
    def of(cls, state: SocialState) -> SocialView:
        """Return what can be read of the state of the social network."""
        return cls(state.graph.view(), state.posts.view(), state.topics.view())
