"""The social network: who follows whom, what is posted, what is read, whom to suggest."""

from __future__ import annotations

from econsim_mesa.domains.social.graph import FollowerGraph, FollowListener, initial_follows
from econsim_mesa.domains.social.posts import POST_LIMIT, Posts, clean_text
from econsim_mesa.domains.social.recommend import Recommender, TwoHop
from econsim_mesa.domains.social.timeline import Feed, Timeline

__all__ = [
    "POST_LIMIT",
    "Feed",
    "FollowListener",
    "FollowerGraph",
    "Posts",
    "Recommender",
    "Timeline",
    "TwoHop",
    "clean_text",
    "initial_follows",
]
