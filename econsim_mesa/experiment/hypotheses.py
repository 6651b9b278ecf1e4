"""Test hypotheses: a row for each, and for each language model or condition that it concerns.

An expected sign is supported by an interval on its side of 0 and refuted by one on the other. That
there is *no* effect is supported by two one-sided tests (Schuirmann 1987, J. Pharmacokinetics and
Biopharmaceutics 15(6); Lakens 2017, Social Psychological and Personality Science 8(4)): the narrow
interval, of confidence 1 - 2 a for tests at level a, lies within the smallest effect of interest
on both sides. An interval that merely holds 0 shows nothing. The study judges expected shapes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from econsim_mesa.analysis.inference import MeanInterval, mean_interval, tost_confidence
from econsim_mesa.analysis.result_tables import Row, Tables
from econsim_mesa.experiment.coefficients import ABLATIONS
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.load import Design, condition_columns
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import by_model, differences
from econsim_mesa.experiment.study import study_of
from econsim_mesa.experiment.types import Hypothesis

Verdict = Literal["supported", "refuted", "open"]
Ends = tuple[float | None, float | None]
"""The ends of an interval; None if there is none."""
NOWHERE: Ends = (None, None)
UNREGISTERED = (
    "no smallest effect of interest is registered, and an interval that holds 0 does not show "
    "that there is nothing"
)


class Says(NamedTuple):
    """A verdict, or None if there is none, and the reason where one must be given."""

    verdict: Verdict | None
    why: str | None = None


class ShapeAnswer(NamedTuple):
    """The answer of a study to an expected shape of y over x, with its verdict.

    ``name`` is the shape found. ``smallest`` is the height, in units of y, of the smallest shape
    that counts. ``power`` is the rate at which a shape of that height would be found at the
    observed x, or None if it was not computed.
    """

    name: str
    says: Says
    smallest: float
    x_low: float
    x_high: float
    power: float | None


class Answer(NamedTuple):
    """The answer to a hypothesis: an estimate with its interval, or a shape.

    ``narrow`` is the interval of two one-sided tests, each at the level of ``estimate``.
    """

    estimate: MeanInterval
    narrow: Ends = NOWHERE
    shape: ShapeAnswer | None = None


def hypotheses(
    design: Design, measured: Mapping[str, RunMeasures], statistics: Tables
) -> list[Row]:
    """Return a row for each hypothesis and each model or condition that it concerns."""
    rows = []
    for hypothesis in design.experiment.hypotheses:
        asked = (
            _of_contrast(hypothesis, design, measured, statistics)
            if hypothesis.contrast
            else _of_conditions(hypothesis, design, statistics)
        )
        for of, (estimate, narrow, shape) in asked:
            says = shape.says if shape else judge(hypothesis, estimate, narrow)
            row = {"hypothesis": hypothesis.statement, "contrast": hypothesis.contrast, **of}
            row |= {"measure": hypothesis.measure or design.experiment.plan.outcome.measure}
            row |= {"expected": hypothesis.expected, **estimate._asdict()}
            row |= {"smallest": shape.smallest if shape else hypothesis.smallest}
            row |= {"narrow_low": narrow[0], "narrow_high": narrow[1]}
            row |= {"found": shape.name if shape else None, **says._asdict()}
            row |= {"x_low": shape.x_low if shape else None}
            row |= {"x_high": shape.x_high if shape else None}
            row |= {"power": shape.power if shape else None}
            rows.append(row | {"refuted_by": hypothesis.refuted_by})
    return rows


def judge(hypothesis: Hypothesis, estimate: MeanInterval, narrow: Ends) -> Says:
    """Return the verdict of intervals on a hypothesis about a number."""
    if hypothesis.expected != "none":
        return Says(sign_verdict(hypothesis.expected, estimate))
    return none_verdict(estimate, narrow, hypothesis.smallest)


def sign_verdict(expected: str, estimate: MeanInterval) -> Verdict | None:
    """Return the verdict of an interval on an expected sign.

    There is no verdict from fewer than 3 values, because two may agree by luck. An interval that
    holds 0 neither refutes nor supports.
    """
    if estimate.low is None or estimate.high is None or estimate.n < 3:
        return None
    if estimate.low <= 0 <= estimate.high:
        return "open"
    sign = "positive" if estimate.low > 0 else "negative"
    return "supported" if sign == expected else "refuted"


def none_verdict(estimate: MeanInterval, narrow: Ends, smallest: float | None) -> Says:
    """Return the verdict of intervals on an expected absence of an effect.

    The absence is supported if the narrow interval lies within the smallest effect of interest on
    both sides. It is refuted if the whole interval lies beyond that effect on one side, or beyond 0
    if no such effect is registered.
    """
    low, high = estimate.low, estimate.high
    if low is None or high is None or estimate.n < 3:
        return Says(None)
    beyond = smallest or 0.0
    if smallest is not None and _lies_within(narrow, smallest):
        return Says("supported")
    if low > beyond or high < -beyond:
        return Says("refuted")
    if smallest is None:
        return Says("open", UNREGISTERED)
    other = "" if low <= 0 <= high else "there is a difference, and "
    return Says("open", f"{other}an effect of {smallest:g} is neither shown nor excluded")


def _lies_within(ends: Ends, smallest: float) -> bool:
    low, high = ends
    return low is not None and high is not None and -smallest < low <= high < smallest


def _of_contrast(
    hypothesis: Hypothesis, design: Design, measured: Mapping[str, RunMeasures], statistics: Tables
) -> Iterator[tuple[Row, Answer]]:
    """Yield the answer of the contrast of a hypothesis for each model, with the model's column."""
    plan = design.experiment.plan
    contrast = next(c for c in design.experiment.contrasts if c.name == hypothesis.contrast)
    name = hypothesis.measure or plan.outcome.measure
    of_study = name in study_of(plan).coefficients
    for model, pairs in by_model(design, contrast):
        if not of_study:
            values = differences(design, measured, pairs, name)
            narrow = mean_interval(values, tost_confidence(plan.confidence))
            yield model, Answer(mean_interval(values, plan.confidence), (narrow.low, narrow.high))
        else:
            key = {"contrast": contrast.name, "measure": name, **model}
            row = next(row for row in statistics[ABLATIONS] if row.items() >= key.items())
            estimate = MeanInterval(row["difference"], None, row["low"], row["high"], row["pairs"])
            yield model, Answer(estimate, (row["narrow_low"], row["narrow_high"]))


def _of_conditions(
    hypothesis: Hypothesis, design: Design, statistics: Tables
) -> Iterator[tuple[Row, Answer]]:
    """Yield the study's answer for each condition of a hypothesis, with the condition's columns."""
    study = study_of(design.experiment.plan)
    for condition in design.conditions:
        if is_within(condition.levels, hypothesis.condition):
            columns = condition_columns(design, condition)
            answer = study.answer(hypothesis, design, columns, statistics)
            yield columns, answer or Answer(MeanInterval(None, None, None, None, 0))
