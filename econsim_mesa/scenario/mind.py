"""The sections ``attention``, ``memory`` and ``stress`` of a scenario: a household's mind."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SerializeAsAny, field_validator

from econsim_mesa.scenario.base import Frozen, Name, build_only
from econsim_mesa.scenario.registry import parse_by_key

MEMORY_TOPICS = (
    "moves",
    "purchases",
    "sales",
    "payments",
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


AttentionMode = Literal["every_step", "on_change"]


class AttentionSpec(Frozen):
    """When a household is asked what it does: in every step, or when something is new for it."""

    mode: AttentionMode = "every_step"
    """every_step; on_change: when something happens to it, or it has waited long enough."""
    at_least_every: int = Field(12, ge=1, le=100_000)
    """Steps after which it is asked in any case, with on_change."""

    @property
    def on_change(self) -> bool:
        """Whether only those are asked for whom something is new."""
        return self.mode == "on_change"


def _by_its_mode(value: object) -> object:
    """Return the object that a plain word stands for: the mode, and defaults."""
    return {"mode": value} if isinstance(value, str) else value


AttentionOrMode = Annotated[
    AttentionSpec,
    BeforeValidator(_by_its_mode, json_schema_input_type=AttentionMode | AttentionSpec),
]
"""The section, of which the mode alone may stand in a file: ``"attention": "on_change"``."""


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

    @property
    def counts_homes(self) -> bool:
        """Whether people at home count where others near are counted: see ``congestion``."""
        return bool(getattr(self.stressors.get("congestion"), "homes", True))

    @field_validator("stressors", mode="before")
    @classmethod
    def _registered(cls, value: object) -> object:
        return parse_by_key("stressor", value)
