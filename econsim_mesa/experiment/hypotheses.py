"""Hypotheses against what was found: a row for each, and for each model or condition it is of.

An expected sign is supported by an interval on its side of 0 and refuted by one on the other. That
there is *no* effect is supported by two one-sided tests (Schuirmann 1987, J. Pharmacokinetics and
Biopharmaceutics 15(6); Lakens 2017, Social Psychological and Personality Science 8(4)): the narrow
interval, of confidence 1 - 2 a for tests at level a, lies within the smallest effect of interest
on both sides. An interval that merely holds 0 shows nothing. What is said of an expected inverted U
stands in ``analysis.refutation``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from econsim_mesa.analysis.inference import central_interval, tost_confidence, t_quantile
from econsim_mesa.analysis.result_tables import Row, Tables
from econsim_mesa.studies.online_offline.refutation import Ends, Shape, shape_says
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import Interval, by_model, differences, interval
from econsim_mesa.studies.online_offline.tables import named
from econsim_mesa.experiment.types import (
    STATISTICS,
    VERDICT,
    Hypothesis,
)

Verdict = Literal["supported", "refuted", "open"]
NOWHERE: Ends = (None, None)
UNREGISTERED = (
    "no smallest effect of interest is registered, and an interval that holds 0 does not show "
    "that there is nothing"
)


class Answer(NamedTuple):
    """What was found for a hypothesis; ``told`` names the model or condition.

    ``narrow`` is the interval of two one-sided tests, each at the level of ``found``. ``power`` is
    the rate at which an inverted U of the smallest size that counts is found at the x observed.
    """

    told: Row
    found: Interval
    narrow: Ends = NOWHERE
    shape: Shape | None = None
    power: float | None = None


class Says(NamedTuple):
    """A verdict, None if nothing can be told, and why it is open where that needs a word."""

    verdict: Verdict | None
    why: str | None = None


def hypotheses(
    design: Design, measured: Mapping[str, RunMeasures], statistics: Tables
) -> list[Row]:
    """Return a row for each hypothesis and model, or condition that it speaks of."""
    rows = []
    for one in design.experiment.hypotheses:
        asked = _of_contrast(one, design, measured, statistics) if one.contrast else (
            _of_conditions(one, design, statistics)
        )  # fmt: skip
        for told, found, narrow, shape, power in asked:
            says = _of_shape(shape, power) if shape else judge(one, found, narrow)
            row = {"hypothesis": one.statement, "contrast": one.contrast, **told}
            row |= {"measure": one.measure or design.experiment.plan.outcome.measure}
            row |= {"expected": one.expected, **found._asdict()}
            row |= {"smallest": shape.smallest if shape else one.smallest}
            row |= {"narrow_low": narrow[0], "narrow_high": narrow[1]}
            row |= {"found": shape.verdict if shape else None, **says._asdict()}
            row |= {"x_low": shape.x_low if shape else None}
            row |= {"x_high": shape.x_high if shape else None, "power": power}
            rows.append(row | {"refuted_by": one.refuted_by})
    return rows


def judge(hypothesis: Hypothesis, found: Interval, narrow: Ends) -> Says:
    """Return what intervals say of a hypothesis about a number."""
    if hypothesis.expected != "none":
        return Says(sign_verdict(hypothesis.expected, found))
    return none_verdict(found, narrow, hypothesis.smallest)


def sign_verdict(expected: str, found: Interval) -> Verdict | None:
    """Return what an interval says of an expected sign; None: there is none worth the name.

    Two values have an interval, and may agree by luck: fewer than 3 tell nothing.
    An interval that holds 0 refutes nothing, and supports nothing.
    """
    if found.low is None or found.high is None or found.n < 3:
        return None
    if found.low <= 0 <= found.high:
        return "open"
    sign = "positive" if found.low > 0 else "negative"
    return "supported" if sign == expected else "refuted"


def none_verdict(found: Interval, narrow: Ends, smallest: float | None) -> Says:
    """Return what intervals say of an expected absence, given the smallest effect of interest.

    Supported: the narrow interval lies within it. Refuted: the interval lies beyond it, all of it
    on one side; without one registered, beyond 0.
    """
    low, high = found.low, found.high
    if low is None or high is None or found.n < 3:
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


def _of_shape(shape: Shape, power: float | None) -> Says:
    """Return what a curve says of an expected inverted U, with range and power beside it."""
    verdict, why = shape_says(shape)
    size = f"an inverted U {shape.smallest:.3g} high is found at a rate of"
    return Says(verdict, why if power is None else f"{why}; power: {size} {power:.2f} here")


def _of_contrast(
    hypothesis: Hypothesis, design: Design, measured: Mapping[str, RunMeasures], statistics: Tables
) -> Iterator[Answer]:
    """Yield for each model what the contrast of a hypothesis came to."""
    plan = design.experiment.plan
    contrast = next(one for one in design.experiment.contrasts if one.name == hypothesis.contrast)
    name = hypothesis.measure or plan.outcome.measure
    for told, pairs in by_model(design, contrast):
        if name not in STATISTICS:
            values = differences(design, measured, pairs, name)
            narrow = interval(values, tost_confidence(plan.confidence))
            yield Answer(told, interval(values, plan.confidence), (narrow.low, narrow.high))
        else:
            key = {"contrast": contrast.name, "measure": name, **told}
            row = next(row for row in statistics["ablations"] if row.items() >= key.items())
            found = Interval(row["difference"], None, row["low"], row["high"], row["pairs"])
            yield Answer(told, found, (row["narrow_low"], row["narrow_high"]))


def _t_interval(value: float | None, error: float | None, n: int, confidence: float) -> Ends:
    """Return the ends of a t-interval with n - 1 degrees of freedom."""
    if value is None or error is None or n < 2:
        return NOWHERE
    half = t_quantile(central_interval(confidence)[1], n - 1) * error
    return value - half, value + half


def _of_conditions(hypothesis: Hypothesis, design: Design, statistics: Tables) -> Iterator[Answer]:
    """Yield for each condition of a hypothesis its coefficient, or its curve."""
    for condition in design.conditions:
        if not is_within(condition.levels, hypothesis.condition):
            continue
        told = named(design, condition)
        name = hypothesis.measure
        table, part = ("dispersion", "slope") if name == "spread slope" else ("curves", str(name))
        key = told | ({"measure": "variance"} if table == "dispersion" else {"role": "primary"})
        row = next((row for row in statistics[table] if row.items() >= key.items()), None)
        if row is None or row.get("void"):
            yield Answer(told, Interval(None, None, None, None, 0))
        elif name == VERDICT:
            none = Interval(None, None, None, None, row["runs"])
            if not row["verdict"]:
                yield Answer(told, none)
                continue
            shape = _shape(row, hypothesis.smallest, design.experiment.plan.confidence)
            yield Answer(told, none, shape=shape, power=_power(statistics, told, shape.smallest))
        else:
            confidence = tost_confidence(design.experiment.plan.confidence)
            narrow = _t_interval(row[part], row[f"{part}_error"], row["runs"], confidence)
            yield Answer(told, _estimate(row, part), narrow)


def _shape(row: Row, smallest: float | None, confidence: float) -> Shape:
    """Return what is known of a primary curve."""

    def narrow(name: str) -> Ends:
        error, level = row[f"{name}_error"], tost_confidence(confidence)
        return _t_interval(row[name], error, row["runs"], level)

    return Shape(
        verdict=row["verdict"],
        x_low=row["x_low"],
        x_high=row["x_high"],
        hump=narrow("hump"),
        rise=narrow("rise"),
        slope_low=(row["slope_low_low"], row["slope_low_high"]),
        slope_high=(row["slope_high_low"], row["slope_high_high"]),
        smallest=smallest or row["smallest"],
    )


def _power(statistics: Tables, told: Row, height: float) -> float | None:
    """Return the rate at which an inverted U so high is found in a condition."""
    wanted = told | {"height": height}
    return next((row["rate"] for row in statistics["power"] if row.items() >= wanted.items()), None)


def _estimate(row: Row, name: str) -> Interval:
    return Interval(row[name], None, row[f"{name}_low"], row[f"{name}_high"], row["runs"])
