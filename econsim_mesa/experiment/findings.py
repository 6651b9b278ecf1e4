"""What came of each registered hypothesis, in sentences for somebody who reads no statistics.

A sentence has the difference in units that one can count, from which level to which, what else is
compatible with these runs, and what so many runs could have found. It is made of the tables alone,
so that it can be made again from a bundle.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from statistics import fmean
from typing import Any, NamedTuple

from econsim_mesa.analysis.inference import central_interval, t_quantile
from econsim_mesa.experiment.level_names import label_of
from econsim_mesa.experiment.load import Design, condition_columns
from econsim_mesa.experiment.measures import MeasureInWords, day_in, in_words
from econsim_mesa.experiment.pairs import by_model
from econsim_mesa.experiment.study import Shown, study_of
from econsim_mesa.experiment.types import VERDICT
from econsim_mesa.numbers import counted, significant

Row = Mapping[str, Any]
"""A row of a table of the experiment."""
VERDICTS = {"supported": "as expected", "refuted": "not as expected", "open": "open"}
"""What came of a registered hypothesis, in words that are not those of a claim."""
UNTOLD = "cannot be told"
POWER = 0.8
"""Share of experiments in which an effect is found that counts as one that can be found."""


class Share(NamedTuple):
    """A difference and its interval as shares of the level on side b of the contrast."""

    value: float
    low: float
    high: float


class Found(NamedTuple):
    """What was found, as ``Finding`` has it."""

    brief: str
    sentence: str
    power: str = ""
    share: Share | None = None


class Finding(NamedTuple):
    """What came of a hypothesis.

    Attributes:
        statement: The hypothesis, with the condition or model where it has an answer for several.
        verdict: One of the words of ``VERDICTS``, or ``UNTOLD``.
        brief: What was found, for a cell of a table.
        sentence: What was found, in a sentence or two.
        power: What so many runs could have found, in a sentence; empty: it is not known.
        share: The difference as a share; None: it is no difference, or its level is not known.
    """

    statement: str
    verdict: str
    brief: str
    sentence: str
    power: str
    share: Share | None


class Levels(NamedTuple):
    """Means of a measure on both sides of a contrast, over the seeds that both have."""

    a: float
    b: float


def findings(design: Design, tables: Shown) -> list[Finding]:
    """Return what came of each hypothesis, in their order."""
    rows = tables.get("hypotheses", ())
    return [
        Finding(
            row["hypothesis"] + which(row, rows),
            VERDICTS.get(row["verdict"], UNTOLD),
            *_found(row, design, tables),
        )
        for row in rows
    ]


def which(row: Row, rows: Iterable[Row]) -> str:
    """Return the levels, such as the model, that distinguish rows of the same hypothesis."""
    others = [other for other in rows if other["hypothesis"] == row["hypothesis"]]
    factors = (key for key in row if "." in key or key in ("scenario", "arm", "decider"))
    apart = {
        key: row[key] for key in factors if any(other.get(key) != row[key] for other in others)
    }
    return f" [{label_of(apart)}]" if apart else ""


def _found(row: Row, design: Design, tables: Shown) -> Found:
    """Put what was found in words."""
    if row["measure"] == VERDICT:
        return _curve(row)
    if row["mean"] is None:
        return Found(UNTOLD, "No run speaks to it, or too few.")
    if row["measure"] in study_of(design.experiment.plan).coefficients:
        return _coefficient(row, design)
    return _difference(row, design, tables)


def _curve(row: Row) -> Found:
    """Put the shape of a curve in words, which says itself what it could have found."""
    if row["found"] is None:
        return Found(UNTOLD, "No curve can be told from these runs.")
    power = ""
    if row["power"] is not None:
        high = significant(row["smallest"])
        rate = round(100 * row["power"])
        power = (
            f"An inverted U that rises by {high} a day to its top would be found in {rate} of 100 "
            "such experiments."
        )
    span = f"from {significant(row['x_low'])} to {significant(row['x_high'])} posts a day"
    why = (row["why"] or "").partition("; power: ")[0]
    more = f": {why}" if why else ""
    return Found(row["found"], f"The curve over talk is {row['found']} {span}{more}.", power)


def _coefficient(row: Row, design: Design) -> Found:
    """Put a coefficient of the study, or its difference between two sides, in words."""
    study = study_of(design.experiment.plan)
    name = study.said.get(row["measure"], row["measure"])
    unit = study.units().get(row["measure"], "")
    value, number = significant(row["mean"]), significant
    if row["contrast"] is None:
        told = f"The {name} is {value} {unit}".rstrip()
        return Found(_brief(row, number), f"{told}{_compatible(row, 'run', number)}.")
    told = f"The {name} is {significant(abs(row['mean']))} {unit} {_side(row['mean'])}"
    ends = _compatible(row, "pair of runs", number, ("lower", "higher"))
    return Found(_brief(row, number), f"{told}{ends}.", _power(row, design, number, unit))


def _difference(row: Row, design: Design, tables: Shown) -> Found:
    """Put a paired difference of a measure in words."""
    name, _ = day_in(row["measure"], design.experiment.plan)
    said = in_words(design.scenarios, name)
    levels = _levels(row, design, tables)
    span = "" if levels is None else f", from {said.write(levels.b)} to {said.write(levels.a)}"
    share = "" if levels is None or not levels.b else f" ({_percent(levels)})"
    when = _when(row["measure"], said, design)
    if row["mean"]:
        told = f"{said.write(abs(row['mean']))} {_more(row['mean'])} {said.text}{when}{span}{share}"
    else:
        told = f"No difference in {said.text}{when}{span}"
    ends = _compatible(row, "pair of runs", said.write, ("fewer", "more"))
    brief = _brief(row, said.write) + span.replace(", from", ":")
    return Found(
        brief,
        f"{told}{ends}.{_excluded(row, said)}{_impossible(row, said, levels)}",
        _power(row, design, said.write, said.text),
        _share(row, levels),
    )


def _share(row: Row, levels: Levels | None) -> Share | None:
    if levels is None or not levels.b or row["low"] is None:
        return None
    return Share(*(row[end] / abs(levels.b) for end in ("mean", "low", "high")))


def _when(measure: str, said: MeasureInWords, design: Design) -> str:
    """Return the time over which a measure is counted, in words."""
    _, _, day = measure.partition(" on day ")
    if day:
        names = {"0": "on the day of the event", "1": "on the day after", "-1": "on the day before"}
        return f" {names.get(day, f'{day} days after the event')}"
    if said.is_mean:
        return ""
    return f" in {counted(said.days, 'day')}"


def _levels(row: Row, design: Design, tables: Shown) -> Levels | None:
    """Return the levels of a measure on both sides; None: not known, as of that of a single day."""
    of_run = {_key(design, run): run for run in tables.get("runs", ()) if run["finished"]}
    contrast = next(one for one in design.experiment.contrasts if one.name == row["contrast"])
    found: list[Levels] = []
    for model, pairs in by_model(design, contrast):
        if not model.items() <= row.items():
            continue
        for seed in design.experiment.seeds:
            runs = [[of_run.get((_columns(design, side), seed)) for side in pair] for pair in pairs]
            values = [[run and run.get(row["measure"]) for run in pair] for pair in runs]
            if values and all(value is not None for pair in values for value in pair):
                found.append(Levels(*(fmean(side) for side in zip(*values, strict=True))))
    if not found:
        return None
    return Levels(fmean(one.a for one in found), fmean(one.b for one in found))


def _key(design: Design, run: Row) -> tuple[str, int]:
    names = condition_columns(design, design.conditions[0])
    return json.dumps({name: run[name] for name in names}), run["seed"]


def _columns(design: Design, condition: Any) -> str:
    return json.dumps(condition_columns(design, condition))


def _compatible(
    row: Row, unit: str, write: Callable[[float], str], sides: tuple[str, str] = ("", "")
) -> str:
    """Return what else is compatible with the runs; ``sides`` are below and above 0 in words."""
    low, high, n = row["low"], row["high"], row["n"]
    if low is None or high is None:
        return f"; {counted(n, unit, _plural(unit))} gives no interval" if n == 1 else ""
    runs = f"is compatible with these {counted(n, unit, _plural(unit))}"
    below, above = sides
    if not any(sides):
        return f"; between {write(low)} and {write(high)} {runs}"
    if low >= 0 or high <= 0:
        ends = sorted((abs(low), abs(high)))
        side = above if low >= 0 else below
        return f"; between {write(ends[0])} and {write(ends[1])} {side} {runs}"
    return f"; anything between {write(-low)} {below} and {write(high)} {above} {runs}"


def _power(row: Row, design: Design, write: Callable[[float], str], unit: str) -> str:
    """Return the smallest difference that so many pairs find with a power of ``POWER``.

    That is the minimum detectable effect of Bloom 1995, Evaluation Review 19(5): the critical t
    and that of the power, together times the standard error.
    """
    n, sd = row["n"], row.get("sd")
    if sd is None or n < 2:
        return ""
    critical = t_quantile(central_interval(design.experiment.plan.confidence)[1], n - 1)
    found = (critical + t_quantile(POWER, n - 1)) * sd / math.sqrt(n)
    least = f"{write(found)} {unit}".rstrip()
    often = f"In {10 * POWER:.0f} of 10 experiments of this size"
    return f"{often} a difference is found if it is {least} or more."


def _excluded(row: Row, said: MeasureInWords) -> str:
    """Return whether the smallest effect of interest is excluded, where that was asked."""
    if row["expected"] != "none" or row["smallest"] is None or row["narrow_low"] is None:
        return ""
    within = -row["smallest"] < row["narrow_low"] <= row["narrow_high"] < row["smallest"]
    told = "is excluded" if within else "is not excluded"
    return f" A difference of {said.write(row['smallest'])} {told}."


def _impossible(row: Row, said: MeasureInWords, levels: Levels | None) -> str:
    """Say so where an interval reaches to less than none of what is counted."""
    if said.is_mean or levels is None or row["low"] is None or levels.b + row["low"] >= 0:
        return ""
    return " So wide an interval reaches below none at all: the runs are too few."


def _brief(row: Row, write: Callable[[float], str]) -> str:
    sign = "+" if row["mean"] > 0 and row["contrast"] is not None else ""
    value = f"{sign}{_signed(row['mean'], write)}"
    if row["low"] is None or row["high"] is None:
        return value
    return f"{value} ({_signed(row['low'], write)} to {_signed(row['high'], write)})"


def _signed(value: float, write: Callable[[float], str]) -> str:
    return f"-{write(-value)}" if value < 0 else write(value)


def _more(value: float) -> str:
    return "more" if value > 0 else "fewer"


def _side(value: float) -> str:
    return "higher" if value > 0 else "lower"


def _percent(levels: Levels) -> str:
    return f"{100 * (levels.a / levels.b - 1):+.0f} %"


def _plural(unit: str) -> str:
    return unit.replace("pair ", "pairs ") if " " in unit else f"{unit}s"


def count_verdicts(found: Iterable[Finding]) -> Mapping[str, int]:
    """Return how many hypotheses came out which way, most first."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1]))
