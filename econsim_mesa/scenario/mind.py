"""The sections ``memory`` and ``stress`` of a scenario: what goes on inside a household."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SerializeAsAny, field_validator

from econsim_mesa.scenario.base import Frozen, Name, build_only
from econsim_mesa.scenario.registry import parse_by_key

MEMORY_TOPICS = (
    "moves",
    "purchases",
    "sales",
    "consumption",
    "sleep",
    "prices",
    "crowding",
    "posts_written",
    "posts_read",
    "thoughts",
    "rejections",
)
"""What households of every town remember; installed domains add topics of their own."""
Weight = Annotated[float, Field(ge=0, le=1e6)]


class MemorySpec(Frozen):
    """What a household remembers, by topic and by steps."""

    steps: int = Field(24, ge=1, le=10_000)
    """Steps that memory reaches back."""
    stores: int = build_only(8, ge=1, le=64)
    """Most stores whose prices, crowds and sold-out items are remembered: those visited last."""
    characters: int = Field(700, ge=0, le=100_000)
    """Length of the summary that an LLM reads."""
    thoughts: bool = False
    """Whether a prompt says what an agent thought in earlier steps; it is on record anyway."""
    hide: tuple[str, ...] = ()
    """Topics that households do not remember; ``all``: nothing."""


class StressSpec(Frozen):
    """Stress: which stressors there are, and how far they are felt."""

    mode: Literal["on", "off", "frozen", "shuffled"] = "on"
    """on; off: never seen or felt; frozen: as after the first update; shuffled: another's."""
    hide: tuple[Name, ...] = ()
    """Stressors that are neither seen nor felt."""
    scope: Literal["all", "own"] = "all"
    """own: a level acts only on choices of its own domain (embedded decider)."""
    warm_start: bool = build_only(default=True)
    """Whether histories begin as if each target had been kept before step 0."""
    show: Literal["reasons", "facts", "scalar"] = "reasons"
    """What is said of levels that reach the threshold: each with its reason; facts: what was
    counted, no level; scalar: the overall level alone, which the embedded decider feels as each."""
    characters: int | None = Field(None, ge=0, le=100_000)
    """Length of that part of a prompt, cut or filled up; null: as long as it is."""
    threshold: float = Field(50.0, ge=0, le=100)
    """Level from which on a reason is put in words."""
    weights: dict[Name, Weight] = Field(default_factory=dict)
    """Weight of a stressor in overall stress; 1 where not given."""
    stressors: dict[Name, SerializeAsAny[Frozen]] = build_only(default_factory=dict)
    """Parameters of each stressor, by its registered name."""

    @field_validator("stressors", mode="before")
    @classmethod
    def _registered(cls, value: object) -> object:
        return parse_by_key("stressor", value)
