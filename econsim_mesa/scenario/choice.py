"""Coefficients of the embedded utility decider, each with its source.

Terms are utilities in units of the standard Gumbel noise of a logit choice (McFadden 1974).
Stress levels enter divided by 100; a stress term is one whose comment says *stress*. None was
chosen by looking at what the case study's pattern comes out as; those marked ``assumed`` are
swept from half to double in the sensitivity experiment.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from econsim_mesa.scenario.base import Frozen, Name, build_only

ANDREYEVA = "Andreyeva, Long and Brownell 2010, doi:10.2105/AJPH.2008.151415: elasticity .7 to .8"


class Coefficient(Frozen):
    """A coefficient and where its value comes from."""

    value: float = Field(ge=-1e6, le=1e6)
    """The value."""
    source: str = Field("assumed", min_length=3)
    """A reference, or ``assumed``."""


def _c(value: float, source: str = "assumed") -> Any:
    return Field(default_factory=lambda: Coefficient(value=value, source=source))


class StayTerms(Frozen):
    """Go on with what one is doing: wait, or walk on toward the destination."""

    constant: Coefficient = _c(0.0)
    """Reference alternative."""
    underway: Coefficient = _c(1.5)
    """Added while a destination is not yet reached: plans are kept."""


class HomeTerms(Frozen):
    """Go home and rest."""

    constant: Coefficient = _c(-1.5)
    """Reference level."""
    walked: Coefficient = _c(0.04)
    """Per cell walked lately."""
    goods: Coefficient = _c(0.15)
    """Per meal carried, up to `choice.most.meals`."""
    night: Coefficient = _c(2.0)
    """Times the cosine of the clock time around 3 a.m., where nights are simulated."""
    fatigue: Coefficient = _c(1.5)
    """Stress: fatigue."""
    congestion: Coefficient = _c(0.5)
    """Stress: congestion."""


class SleepTerms(Frozen):
    """Sleep at home (only where nights are simulated)."""

    constant: Coefficient = _c(-2.0)
    """Reference level."""
    night: Coefficient = _c(4.0)
    """Times the cosine of the clock time around 3 a.m."""
    sleep: Coefficient = _c(2.0)
    """Stress: lack of sleep."""
    fatigue: Coefficient = _c(0.5)
    """Stress: fatigue."""
    hours: Coefficient = _c(8.0)
    """Hours slept when going to bed at night; half of it by day."""


class EatTerms(Frozen):
    """Eat what one has."""

    constant: Coefficient = _c(-2.5)
    """Reference level."""
    hours: Coefficient = _c(0.45)
    """Per hour since the last meal, up to `choice.most.hours`."""
    served: Coefficient = _c(2.0)
    """Added for food just bought in a restaurant."""
    hunger: Coefficient = _c(2.0)
    """Stress: hunger."""


class GoTerms(Frozen):
    """Go to a store."""

    constant: Coefficient = _c(-2.0)
    """Reference level."""
    hours: Coefficient = _c(0.1)
    """Per hour since the last meal, up to `choice.most.hours`."""
    pantry: Coefficient = _c(-0.3)
    """Per meal that one has, up to `choice.most.meals`."""
    log_price: Coefficient = _c(-0.8, ANDREYEVA)
    """Times the logarithm of known over list price, averaged over what the store sells."""
    budget: Coefficient = _c(-2.0)
    """Times the share of one's cash that its cheapest meal costs, at most 1."""
    distance: Coefficient = _c(-0.15)
    """Per step of walking there."""
    walked: Coefficient = _c(-0.03)
    """Per cell walked lately."""
    crowd: Coefficient = _c(-0.04)
    """Per other person last met there."""
    stock: Coefficient = _c(-1.5)
    """Times the share of its items last seen sold out, or said to be; 1 if found closed since."""
    timeline: Coefficient = _c(0.4)
    """Times the timeline term of the store and what it sells."""
    hunger: Coefficient = _c(1.5)
    """Stress: hunger."""
    fatigue: Coefficient = _c(-1.0)
    """Stress: fatigue."""
    congestion: Coefficient = _c(-1.0)
    """Stress: congestion."""
    money: Coefficient = _c(-1.0)
    """Stress: money."""


class BuyTerms(Frozen):
    """Buy a basket where one stands."""

    constant: Coefficient = _c(0.0)
    """Reference level."""
    hours: Coefficient = _c(0.15)
    """Per hour since the last meal, up to `choice.most.hours`."""
    pantry: Coefficient = _c(-0.4)
    """Per meal that one has, up to `choice.most.meals`."""
    log_price: Coefficient = _c(-0.8, ANDREYEVA)
    """Times the logarithm of posted over list price, averaged over what one can afford."""
    timeline: Coefficient = _c(0.4)
    """Times the timeline term of the store and what it sells."""
    hunger: Coefficient = _c(1.5)
    """Stress: hunger."""
    congestion: Coefficient = _c(-0.5)
    """Stress: congestion."""
    money: Coefficient = _c(-1.0)
    """Stress: money."""


class ItemTerms(Frozen):
    """Put an item into the basket."""

    constant: Coefficient = _c(-0.5)
    """Reference level."""
    nutrition: Coefficient = _c(0.3)
    """Per nutrition point."""
    log_price: Coefficient = _c(-0.8, ANDREYEVA)
    """Times the logarithm of posted over list price."""
    budget: Coefficient = _c(-4.0)
    """Times the share of one's cash that it costs, at most 1."""
    timeline: Coefficient = _c(0.6)
    """Times the timeline term of the item."""
    second: Coefficient = _c(0.3)
    """Chance of a second unit where one buys to take away."""
    hunger: Coefficient = _c(0.3)
    """Stress: hunger, times nutrition points."""
    money: Coefficient = _c(-1.0)
    """Stress: money."""


class TimelineTerms(Frozen):
    """How posts read add up to the timeline term."""

    salience: Coefficient = _c(1.0)
    """Weight of being named at all."""
    valence: Coefficient = _c(1.0)
    """Weight of the sentiment of the post, from -1 to 1."""
    half_life: Coefficient = _c(6.0)
    """Hours in which a post loses half its weight."""


class PostTerms(Frozen):
    """Write a post."""

    constant: Coefficient = _c(-3.5)
    """Reference level."""
    bought: Coefficient = _c(1.5)
    """After a purchase."""
    price: Coefficient = _c(1.0)
    """When a posted price was seen to change."""
    crowd: Coefficient = _c(0.1)
    """Per other person just met at a store."""
    rejected: Coefficient = _c(1.0)
    """After something could not be done."""
    stress: Coefficient = _c(1.0)
    """Stress: overall."""
    money: Coefficient = _c(-0.5)
    """Stress: money."""
    crowded: Coefficient = _c(3.0)
    """Others met at a store from which on a post calls it crowded, not quiet."""
    feeling: Coefficient = _c(0.5)
    """Share of the highest stress level from which on a post may be about it."""


class FollowTerms(Frozen):
    """Follow whom the network suggests."""

    look: Coefficient = _c(0.05)
    """Chance of looking at suggestions in a step."""
    constant: Coefficient = _c(-0.5)
    """Reference level."""
    relevance: Coefficient = _c(0.5)
    """Per recent post of the suggested account about a store or item that one knows."""


class StateTerms(Frozen):
    """How far an internal state acts on plans, besides terms of its own; 0: it does not."""

    go: Coefficient = _c(0.0)
    """Stress: going to a store."""
    home: Coefficient = _c(0.0)
    """Stress: going home."""
    eat: Coefficient = _c(0.0)
    """Stress: eating."""
    buy: Coefficient = _c(0.0)
    """Stress: buying."""
    post: Coefficient = _c(0.0)
    """Stress: writing a post."""
    heed: Coefficient = _c(0.0)
    """Stress: what posts read weigh, as a factor 1 + value x share felt, at least 0."""


class MostTerms(Frozen):
    """Counts above which more makes no difference."""

    hours: Coefficient = _c(12.0)
    """Hours since the last meal."""
    meals: Coefficient = _c(6.0)
    """Meals that one has."""


class ChoiceSpec(Frozen):
    """The embedded utility decider: how many stores it weighs, and all its coefficients."""

    stores: int = build_only(8, ge=1, le=64)
    """Most stores that a household considers."""
    memory_hours: float = Field(12.0, gt=0, le=1000)
    """Time constant, in hours, with which cells walked lately are forgotten."""
    meal: float = Field(2.0, gt=0, le=1000)
    """Nutrition points that make a meal."""
    stay: StayTerms = Field(default_factory=StayTerms)
    """Go on with what one is doing."""
    home: HomeTerms = Field(default_factory=HomeTerms)
    """Go home and rest."""
    sleep: SleepTerms = Field(default_factory=SleepTerms)
    """Sleep."""
    eat: EatTerms = Field(default_factory=EatTerms)
    """Eat."""
    go: GoTerms = Field(default_factory=GoTerms)
    """Go to a store."""
    buy: BuyTerms = Field(default_factory=BuyTerms)
    """Buy."""
    item: ItemTerms = Field(default_factory=ItemTerms)
    """Choose an item."""
    timeline: TimelineTerms = Field(default_factory=TimelineTerms)
    """Weigh posts read."""
    post: PostTerms = Field(default_factory=PostTerms)
    """Write a post."""
    follow: FollowTerms = Field(default_factory=FollowTerms)
    """Follow somebody."""
    most: MostTerms = Field(default_factory=MostTerms)
    """Counts above which more makes no difference."""
    states: dict[Name, StateTerms] = Field(default_factory=dict)
    """How far internal states act besides, by the name of the stressor."""
