"""The format of an experiment file: what varies, how many runs there are, what is expected."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints
from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.experiment.external_targets import External
from econsim_mesa.scenario.base import Frozen, Keyword, Name
from econsim_mesa.scenario.schema import DIALECT, tidy

Sentence = Annotated[str, StringConstraints(min_length=3, max_length=2000)]
Settings = dict[str, JsonValue]
"""Dotted paths of a scenario -> values."""

MODEL = "llm.model"
"""The factor whose values are never pooled nor averaged over."""
SCENARIO, ARM = "scenario", "arm"
"""Keys of a condition's levels beside dotted paths: its base scenario, and its arm."""

Rival = Literal["random", "utility", "shuffled feed", "frozen stress", "no memory"]
"""Rival explanations: worlds in which the claimed mechanism cannot be at work."""

VERDICT = "verdict"
"""The measure of a condition that is the shape of its curve, as the study judges it."""


class Contrast(Frozen):
    """A difference between two sides, seed by seed: a minus b.

    A side gives values of factors, or the name of an arm under ``arm``. A factor that neither
    side gives is averaged over: its values have equal weights on both sides.
    """

    name: Name
    """Its name in tables."""
    a: Settings = Field(min_length=1)
    """The side from which the other one is subtracted."""
    b: Settings = Field(min_length=1)
    """The side that is subtracted."""


class Hypothesis(Frozen):
    """An expectation that is written down before the first run.

    It is about a contrast or about conditions, not both. Where language models differ it is
    tested for each model by itself.
    """

    statement: Sentence
    """In words."""
    contrast: Name | None = None
    """The contrast that tests it."""
    condition: Settings = Field(default_factory=dict)
    """Values of factors, or an arm under ``arm``: the conditions that test it."""
    measure: str | None = Field(None, min_length=1, max_length=200)
    """What is compared, as tables name it, such as ``posts pizza``, or its value on one day,
    counted from the plan's ``event_day``: ``posts pizza on day 0``; null: the plan's outcome.
    Of the statistics: ``b1``, ``b2`` (of the curve of the outcome over x), ``spread slope`` (of
    the variance of sentiment over posts), and of a condition ``verdict`` (of the curve)."""
    expected: Literal["positive", "negative", "none", "inverted U"]
    """Sign of the contrast or of the coefficient; with the measure ``verdict``, the shape.
    ``none`` can only be supported if ``smallest`` is given."""
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
    """The assumption of the model that it depends on most; null: not stated."""
    missing: Sentence | None = None
    """The data that would be needed to claim it of a real place; null: not stated."""


class Outcome(Frozen):
    """The primary outcome: units sold of one item, or of all items, at one store."""

    store: Name
    """Name of the store."""
    item: Name | None = None
    """Name of the item; null: all that it sells."""

    @property
    def measure(self) -> str:
        """Its name among the measures of a run."""
        return f"units {self.store}" + ("" if self.item is None else f": {self.item}")


class Placebo(Frozen):
    """Posts and sales that the mechanism does not affect: the same test must find nothing."""

    keyword: Keyword
    """Word whose posts are counted; it need not be a keyword of the scenario."""
    outcome: Outcome
    """What is sold."""


class AnalysisPlan(Frozen):
    """How the runs are analysed; fixed before the first of them."""

    study: str = Field("online_offline", min_length=1, max_length=200)
    """The study that analyses them: its statistics, figures and claims about conditions."""
    outcome: Outcome
    """The primary outcome."""
    keyword: Keyword | None = None
    """Word whose posts are online heat; one of the scenario's keywords."""
    x: Literal["keyword", "scripted"] = "keyword"
    """What explains the outcome: household posts with the keyword, or posts by scripted accounts
    (a dose)."""
    warm_up_days: int = Field(0, ge=0, le=10_000)
    """Days left out at the beginning of each run when days are compared with one another."""
    center: float | None = Field(None, ge=-1e9, le=1e9)
    """Value of x at which curves are centred: b1 is the slope there. Null: the mean of x over the
    run-days of each condition."""
    placebo: Placebo | None = None
    """Posts and sales for which the same test must find nothing; null: none."""
    full: Settings = Field(default_factory=dict)
    """Conditions of the full model, by factors or arm, one for each language model: their tests
    are the family that is corrected. Empty: all conditions."""
    ablation: Name | None = None
    """The contrast of the full model with the ablated one, a member of that family; null: all
    contrasts are."""
    nulls: dict[Rival, Settings] = Field(default_factory=dict)
    """Conditions of rival explanations, by factors or arm; each should lack a pattern of the full
    model."""
    variance: tuple[str, ...] = ()
    """Factors, or ``arm``, whose share of the variance over runs is estimated beside that of the
    seed, within each combination of all other factors. Their values are a sample of more that
    could have been tried (prompts, personas, models)."""
    event_day: date | None = None
    """Day on which the arms begin to differ: responses are counted from it."""
    confidence: float = Field(0.95, ge=0.5, le=0.9999)
    """Confidence of all intervals; verdicts and Holm's correction use the level 1 - confidence."""


class Screened(Frozen):
    """An outcome of a screening: a measure, a coefficient, or the difference that a contrast makes.

    A factor that neither ``contrast`` nor ``condition`` names is averaged over.
    """

    measure: str | None = Field(None, min_length=1, max_length=200)
    """A measure as tables name it, or ``b1``, ``b2`` or ``spread slope``; null: the plan's
    outcome."""
    contrast: Name | None = None
    """The outcome is its difference between the sides of this contrast, paired by seed; null: its
    level."""
    condition: Settings = Field(default_factory=dict)
    """Values of factors: the conditions in which its level is taken; empty: all."""


class Screening(Frozen):
    """A Morris screening of which parameters matter at all; its points take the place of arms."""

    parameters: tuple[Annotated[str, StringConstraints(min_length=1, max_length=200)], ...] = Field(
        min_length=1
    )
    """Dotted paths of numbers; ``assumed`` stands for every coefficient of the embedded decider
    that is marked as assumed."""
    factor: float = Field(2.0, gt=1, le=100)
    """Parameters vary between their value divided by this and their value times this."""
    trajectories: int = Field(4, ge=2, le=1000)
    """Number of paths drawn through the space, each with one point more than parameters."""
    levels: Literal[4, 6, 8, 10] = 4
    """Levels of each parameter, evenly spaced in logarithms."""
    seed: int = Field(1, ge=0, lt=2**31)
    """Seed of the drawn paths."""
    outcomes: tuple[Screened, ...] = ()
    """Outcomes that the parameters may affect; empty: visits, sales and crowd of the plan's store,
    and posts."""
    base: dict[str, float] = Field(default_factory=dict)
    """Values of the parameters in the scenario; filled in when the experiment is loaded."""


class OtherDesign(Frozen):
    """The same study in another size, such as one that costs less."""

    title: Sentence
    """One line for people: what it can tell, and what it cannot."""
    set: Settings = Field(min_length=1)
    """Fields of the experiment that differ: dotted path -> value, as with ``--set``."""


class Experiment(Frozen):
    """Replicates of every condition: each combination of all factors, with each arm."""

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
    """Changes of the scenario in all conditions: dotted path -> value. A table or a folder of
    prompts that is named here, or in what varies, lies beside this file or below."""
    factors: dict[str, Annotated[tuple[JsonValue, ...], Field(min_length=1, max_length=1000)]] = (
        Field(default_factory=dict)
    )
    """What varies: dotted path, or ``scenario``, -> its values. All are combined."""
    arms: dict[Name, Settings] = Field(default_factory=dict)
    """Settings that are tried one at a time, by name; each is combined with all factors."""
    screening: Screening | None = None
    """Moves many parameters to see which matter. Its points are the arms, combined with all
    factors; there can be no other arms."""
    replicates: int = Field(ge=1, le=100_000)
    """Runs of each condition, with seeds from ``first_seed`` on; conditions share the seeds."""
    first_seed: int = Field(1, ge=0, lt=2**62)
    """Seed of the first replicate."""
    contrasts: tuple[Contrast, ...] = ()
    """Differences of interest."""
    hypotheses: tuple[Hypothesis, ...] = ()
    """What is expected of them."""
    plan: AnalysisPlan
    """How the runs are analysed."""
    external: External | None = None
    """The real place about which claims are made; null: none."""
    designs: dict[Name, OtherDesign] = Field(default_factory=dict)
    """Other designs of the study by name, one of which ``--design`` takes in place of this one."""

    @property
    def seeds(self) -> range:
        """The seeds of the replicates."""
        return range(self.first_seed, self.first_seed + self.replicates)


def experiment_schema() -> JsonSchemaValue:
    """Return the JSON Schema of an experiment file, for editors and programs."""
    schema = Experiment.model_json_schema(by_alias=True)
    tidy(schema)
    return {"$schema": DIALECT, **schema}
