"""The section ``social`` of a scenario: who follows whom, and what is read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SerializeAsAny, field_validator

from econsim_mesa.scenario.base import Frozen, build_only
from econsim_mesa.scenario.registry import parse_one


class InitialGraph(Frozen):
    """The follower graph before step 0."""

    k: int = build_only(3, ge=0, le=1000)
    """Random households that each household follows at the start."""


class TimelineSpec(Frozen):
    """What a household reads."""

    posts: int = build_only(6, ge=0, le=100)
    """Most posts of those whom it follows."""
    hours: int = Field(24, ge=1, le=10_000)
    """Age up to which posts are shown, in simulated (active) hours."""


class SocialSpec(Frozen):
    """The social network."""

    follow_cap: int = build_only(8, ge=0, le=1000)
    """Most households that a household follows."""
    initial: InitialGraph = build_only(default_factory=InitialGraph)
    """The follower graph before step 0."""
    timeline: TimelineSpec = build_only(default_factory=TimelineSpec)
    """What a household reads."""
    discovery: int = build_only(1, ge=0, le=20)
    """Posts by strangers in a timeline."""
    recommender: SerializeAsAny[Frozen] = build_only(default={"name": "two_hop"})
    """Whom to suggest: a registered recommender by ``name``, with its parameters."""
    suggest_stores: bool = False
    """Whether stores are suggested too, not yet followed: where a household is, and the last four
    where it bought."""
    follow_back: bool = False
    """Whether those are suggested first who follow a household that does not follow them: the
    newest three."""
    replies: bool = False
    """Whether a reply reaches the author of the post that it answers, followed or not: it stands
    in the timeline like a post of somebody followed, marked as a reply."""
    feed: Literal["on", "blocked", "shuffled"] = "on"
    """on; blocked: nobody reads; shuffled: each household reads another's timeline."""

    @field_validator("recommender", mode="before")
    @classmethod
    def _registered(cls, value: object) -> object:
        return parse_one("recommender", value, key="name")
