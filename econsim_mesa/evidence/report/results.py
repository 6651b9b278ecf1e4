"""Values for the sections about results: hypotheses, the pattern and its rivals, real places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from econsim_mesa.evidence.place import built_in
from econsim_mesa.evidence.subject import Subject
from econsim_mesa.evidence.targets import Target, load_targets
from econsim_mesa.numbers import percent
from econsim_mesa.scenario import Scenario

_VERDICTS = {"supported": "as expected", "refuted": "not as expected", "open": "open"}
"""What came of a registered hypothesis, in words that are not those of a claim."""
_BUILT_IN = (
    "a coefficient has its value, so it is no test of the town; what the town makes of it is "
    "another figure, not computed here"
)


class IntervalCell(NamedTuple):
    """A value with its interval and the number of runs, or pairs of runs, that it rests on."""

    value: float | None
    low: float | None
    high: float | None
    n: int | None = None
    unit: str = "pairs"


class HypothesisRow(NamedTuple):
    """A registered hypothesis and what came of it: a shape, or else a mean."""

    statement: str
    expected: str
    shape: str | None
    mean: IntervalCell
    verdict: str
    refuted_by: str


class PowerCell(NamedTuple):
    """The rate at which an inverted U of a height is found."""

    rate: float
    height: float


class CurveRow(NamedTuple):
    """The curve of daily sales over daily posts in one condition.

    Attributes:
        levels: The condition: its level of each factor that varies between curves.
        shape: The verdict on the shape.
        bend: The quadratic coefficient.
        range: 5th and 95th percentile of posts.
        power: How often an inverted U of the smallest height that counts would be found.
        runs: Number of runs.
    """

    levels: list[str]
    shape: str
    bend: IntervalCell
    range: tuple[float, float] | None
    power: PowerCell | None
    runs: int | None


class ExperimentResults(NamedTuple):
    """What the tables of an experiment say.

    ``factors`` name the levels of ``curves``; ``contrasts`` and ``not_identified`` are counts.
    """

    confidence: str
    hypotheses: list[HypothesisRow]
    factors: list[str]
    curves: list[CurveRow]
    ablations: list[tuple[str, IntervalCell]]
    contrasts: int
    not_identified: int


def verdict_counts(subject: Subject) -> Counter[str]:
    """Return how many registered hypotheses came out which way, in words."""
    verdicts = [row["verdict"] or "not to be told" for row in subject.tables.get("hypotheses", ())]
    return Counter(_VERDICTS.get(verdict, verdict) for verdict in verdicts)


def experiment_results(subject: Subject) -> ExperimentResults | None:
    """Return what was found in an experiment; None for a run."""
    if subject.made is None:
        return None
    tables = subject.tables
    curves = [row for row in tables.get("curves", ()) if row["role"] == "primary"]
    factors = _varied_factors(curves)
    return ExperimentResults(
        confidence=percent(subject.made.design.experiment.plan.confidence),
        hypotheses=[_hypothesis(row) for row in tables.get("hypotheses", ())],
        factors=factors,
        curves=[_curve(row, factors, tables.get("power", ())) for row in curves],
        ablations=[
            (
                row["contrast"],
                IntervalCell(row["difference"], row["low"], row["high"], row["pairs"]),
            )
            for row in tables.get("ablations", ())
            if row["measure"] == "b2"
        ],
        contrasts=len(tables.get("contrasts", ())),
        not_identified=len(tables.get("cannot_identify", ())),
    )


def _hypothesis(row: Mapping[str, Any]) -> HypothesisRow:
    verdict = "cannot be told"
    if row["verdict"] is not None:
        why = f": {row['why']}" if row.get("why") else ""
        verdict = f"{_VERDICTS.get(row['verdict'], row['verdict'])}{why}"
    unit = "runs" if row.get("contrast") is None else "pairs"
    return HypothesisRow(
        statement=row["hypothesis"],
        expected=row["expected"],
        shape=row.get("found"),
        mean=IntervalCell(row.get("mean"), row.get("low"), row.get("high"), row.get("n"), unit),
        verdict=verdict,
        refuted_by=row["refuted_by"],
    )


def _curve(
    row: Mapping[str, Any], factors: Sequence[str], powers: Sequence[Mapping[str, Any]]
) -> CurveRow:
    known = row.get("x_low") is not None
    return CurveRow(
        levels=[str(row.get(factor)) for factor in factors],
        shape="cannot be told" if row.get("why") else row["verdict"],
        bend=IntervalCell(row.get("b2"), row.get("b2_low"), row.get("b2_high")),
        range=(row["x_low"], row["x_high"]) if known else None,
        power=_power(row, powers),
        runs=row.get("runs"),
    )


def _power(row: Mapping[str, Any], powers: Sequence[Mapping[str, Any]]) -> PowerCell | None:
    """Return the power in the condition of a curve, for the smallest height that counts."""
    wanted = {factor: row[factor] for factor in _factors(row)} | {"height": row.get("smallest")}
    for power in powers:
        if power.items() >= wanted.items():
            return PowerCell(power["rate"], power["height"])
    return None


def _factors(row: Mapping[str, Any]) -> list[str]:
    """Return the keys of a row that name its condition: those before ``role``."""
    keys = list(row)
    return keys[: keys.index("role")]


def _varied_factors(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the factors that differ between rows; where none does, the first one."""
    if not rows:
        return []
    factors = _factors(rows[0])
    varied = [name for name in factors if len({str(row.get(name)) for row in rows}) > 1]
    return varied or factors[:1]


def usable_targets(scenario: Scenario) -> list[tuple[Target, str]]:
    """Return measurements of real places, each with what a town of this size can show of it."""
    return [
        (target, _use(target, scenario))
        for target in load_targets().values()
        if target.status == "usable"
    ]


def _use(target: Target, scenario: Scenario) -> str:
    if built_in(scenario, target.source):
        return _BUILT_IN
    return target.gap(scenario) or "could be measured; not computed here"
