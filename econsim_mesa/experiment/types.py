"""The format of an experiment file: what is varied, how often, and what is asked of the result."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from econsim_mesa.experiment.external_targets import External
from econsim_mesa.scenario.base import Frozen, Keyword, Name

Sentence = Annotated[str, StringConstraints(min_length=3, max_length=2000)]
Settings = dict[str, JsonValue]
"""Dotted paths of a scenario -> values."""

MODEL = "llm.model"
"""The factor whose values are never pooled nor averaged over."""
SCENARIO, ARM = "scenario", "arm"
"""Keys beside dotted paths that name a condition: its base scenario, and its arm."""

Rival = Literal["random", "utility", "shuffled feed", "frozen stress", "no memory"]
"""Worlds in which the mechanism that is claimed cannot be at work."""

VERDICT = "verdict"
"""The measure of a condition that is a shape, as the study judges it."""


class Contrast(Frozen):
    """A difference between two sides, seed by seed: a minus b.

    A side gives values of factors, or an arm's name under ``arm``. A factor that neither side
    gives is averaged over: its values weigh alike on both sides.
    """

    name: Name
    """Its name in tables."""
    a: Settings = Field(min_length=1)
    """The side from which is subtracted."""
    b: Settings = Field(min_length=1)
    """The side that is subtracted."""


class Hypothesis(Frozen):
    """What is expected, and written down before the first run.

    It speaks of a contrast, or of conditions: one of the two. Where models differ it is asked of
    each model apart.
    """

    statement: Sentence
    """In words."""
    contrast: Name | None = None
    """The contrast that speaks to it."""
    condition: Settings = Field(default_factory=dict)
    """Values of factors, or an arm under ``arm``: the conditions that speak to it."""
    measure: str | None = Field(None, min_length=1, max_length=200)
    """What is compared, as tables name it, such as ``posts pizza``, or of one day counted from the
    plan's ``event_day``: ``posts pizza on day 0``; null: the plan's outcome.
    Of the statistics: ``b1``, ``b2`` (of the curve of the outcome over x), ``spread slope`` (of
    the variance of sentiment over posts), and of a condition ``verdict`` (of the curve)."""
    expected: Literal["positive", "negative", "none", "inverted U"]
    """Sign of the contrast or of the coefficient; with the measure ``verdict`` the shape. That
    there is ``none`` can only be supported where ``smallest`` is given."""
    smallest: float | None = Field(None, gt=0, le=1e12)
    """The smallest effect of interest, above 0, in units of the measure: ``none`` is supported by
    two one-sided tests that the effect lies within it on both sides. Of an ``inverted U`` it is how
    high the smallest one that counts stands above the straight line between the 5th and 95th
    percentile of x, in units of the outcome: it can only be refuted where one so high is excluded.
    Null: none registered; then ``none`` can be refuted, and never supported, and an inverted U
    counts from .3 standard deviations of a run-day on."""
    refuted_by: Sentence
    """The result that would refute it."""
    leans_on: Sentence | None = None
    """The assumption of the model that it leans on most; null: not stated."""
    missing: Sentence | None = None
    """The data that are missing to say it of a real place; null: not stated."""


class Outcome(Frozen):
    """What is measured first: units sold of one item at one store."""

    store: Name
    """Name of the store."""
    item: Name | None = None
    """Name of the item; null: all that it sells."""

    @property
    def measure(self) -> str:
        """The measure of runs that it is, as tables name it."""
        return f"units {self.store}" + ("" if self.item is None else f": {self.item}")


class Placebo(Frozen):
    """Talk and sales that what is studied leaves alone: the same test must find nothing there."""

    keyword: Keyword
    """Word whose posts are counted; it need not be a keyword of the scenario."""
    outcome: Outcome
    """What is sold."""


class AnalysisPlan(Frozen):
    """How the runs are read, fixed before the first of them."""

    study: str = Field("online_offline", min_length=1, max_length=200)
    """The study that reads them: statistics, figures and what is claimed of conditions."""
    outcome: Outcome
    """The primary outcome."""
    keyword: Keyword | None = None
    """Word whose posts are online heat; one of the scenario's keywords."""
    x: Literal["keyword", "scripted"] = "keyword"
    """What explains the outcome: household posts with the keyword, or posts by scripted accounts
    (a dose)."""
    warm_up_days: int = Field(0, ge=0, le=10_000)
    """Days left out at the beginning of each run where days are compared with one another."""
    center: float | None = Field(None, ge=-1e9, le=1e9)
    """Value of x at which curves are centred, where b1 is their slope; null: in each condition the
    mean of x over its own run-days."""
    placebo: Placebo | None = None
    """A pair of talk and sales for the same test, which must find nothing; null: none."""
    full: Settings = Field(default_factory=dict)
    """Conditions of the full model, by factors or arm, one a model: their tests make up the
    family that is corrected. Empty: all conditions."""
    ablation: Name | None = None
    """The contrast of the full model with the ablated one, a member of that family; null: all
    contrasts are."""
    nulls: dict[Rival, Settings] = Field(default_factory=dict)
    """Conditions of rival explanations, by factors or arm; each is to lack a pattern of the full
    model."""
    variance: tuple[str, ...] = ()
    """Factors, or ``arm``, whose share of the variance over runs is asked for, beside that of the
    seed: of their kind there are more than were tried (prompts, personas, models). Within each
    combination of all other factors."""
    event_day: date | None = None
    """Day on which the arms begin to differ: responses are counted from it."""
    confidence: float = Field(0.95, ge=0.5, le=0.9999)
    """Confidence of all intervals; 1 less it is the level of verdicts and of Holm's correction."""


class Screened(Frozen):
    """An outcome of a screening: a measure, a coefficient, or the difference that a contrast makes.

    A factor that neither ``contrast`` nor ``condition`` names is averaged over.
    """

    measure: str | None = Field(None, min_length=1, max_length=200)
    """A measure as tables name it, or ``b1``, ``b2`` or ``spread slope``; null: the plan's
    outcome."""
    contrast: Name | None = None
    """Its difference between the sides of this contrast, paired by seed; null: its level."""
    condition: Settings = Field(default_factory=dict)
    """Values of factors: the conditions in which its level is taken; empty: all."""


class Screening(Frozen):
    """Which parameters matter at all (Morris): its points take the place of arms."""

    parameters: tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...] = Field(
        min_length=1
    )
    """Dotted paths of numbers; ``assumed``: every coefficient of the embedded decider so marked."""
    factor: float = Field(2.0, gt=1, le=100)
    """Parameters go from their value over this to their value times this."""
    trajectories: int = Field(4, ge=2, le=1000)
    """Drawn paths through the space, of one point more than there are parameters."""
    levels: Literal[4, 6, 8, 10] = 4
    """Levels of each parameter, evenly spaced in logarithms."""
    seed: int = Field(1, ge=0, lt=2**31)
    """Seed of the drawn paths."""
    outcomes: tuple[Screened, ...] = ()
    """What the parameters may move; empty: visits, sales and crowd of the plan's store, posts."""
    base: dict[str, float] = Field(default_factory=dict)
    """Values of the parameters in the scenario; filled in when the experiment is loaded."""


class Experiment(Frozen):
    """Replicates of every condition: the cross of all factors, times the arms."""

    schema_: str | None = Field(None, alias="$schema")
    """Where editors find the JSON Schema of this file."""
    format: Literal[1] = 1
    """Version of the file format."""
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    """Short name: lower case, digits, underscores."""
    title: Sentence
    """One line for people."""
    description: str = Field("", max_length=20_000)
    """More about it."""
    scenario: str = Field(min_length=1, max_length=1000)
    """Base scenario: a bundled name, or a path from this file."""
    set: Settings = Field(default_factory=dict)
    """Changes of the scenario in all conditions: dotted path -> value."""
    factors: dict[str, Annotated[tuple[JsonValue, ...], Field(min_length=1, max_length=1000)]] = (
        Field(default_factory=dict)
    )
    """What varies: dotted path, or ``scenario``, -> its values. All are crossed."""
    arms: dict[Name, Settings] = Field(default_factory=dict)
    """Settings that are tried one at a time, by name; each is crossed with all factors."""
    screening: Screening | None = None
    """Moves many parameters, to see which matter: its points are the arms, and are crossed with
    all factors; there are no arms of one's own."""
    replicates: int = Field(ge=1, le=100_000)
    """Runs of each condition, with seeds from ``first_seed`` on; conditions share the seeds."""
    first_seed: int = Field(1, ge=0, lt=2**62)
    """Seed of the first replicate."""
    contrasts: tuple[Contrast, ...] = ()
    """Differences of interest."""
    hypotheses: tuple[Hypothesis, ...] = ()
    """What is expected of them."""
    plan: AnalysisPlan
    """How the runs are read."""
    external: External | None = None
    """The real place that the runs are to speak of; null: they speak of none."""

    @property
    def seeds(self) -> range:
        """The seeds of the replicates."""
        return range(self.first_seed, self.first_seed + self.replicates)
