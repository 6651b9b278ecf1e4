"""The tables of an experiment: conditions, contrasts over seeds, and what was expected of them.

All are functions of the plan and of the measures of finished runs: no path, no wall-clock time.
What cannot be computed is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from statistics import fmean, stdev
from typing import Literal

from econsim_mesa.analysis.findings import Row, Tables
from econsim_mesa.experiment.conditions import equal, is_within, run_id
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import Measured
from econsim_mesa.experiment.pairs import Interval, by_model, differences, interval, total_of
from econsim_mesa.experiment.responses import responses
from econsim_mesa.experiment.screening import screening
from econsim_mesa.experiment.statistics import named, statistics
from econsim_mesa.experiment.types import STATISTICS, VERDICT, AnalysisPlan, Hypothesis

Verdict = Literal["supported", "refuted", "open"]


def tables(design: Design, measured: Mapping[str, Measured]) -> dict[str, list[Row]]:
    """Return all tables, by name, from the measures of finished runs.

    ``runs``: totals of each run. ``conditions``: mean and sd over replicates, one row a measure.
    ``contrasts``: paired differences. ``hypotheses``. ``decisions``: who decided for households,
    and how that came about. ``doses``, if the plan's x is scripted posts: by posts a day.
    ``responses``, if the plan names an ``event_day``: paired differences by day. And those of
    ``experiment.statistics``; or ``screening``, if there is one.
    """
    made: Tables = {
        "runs": _runs(design, measured),
        "conditions": _conditions(design, measured),
        "contrasts": _contrasts(design, measured),
        "hypotheses": [],
        "decisions": _decisions(design, measured),
    }
    if design.experiment.plan.x == "scripted":
        made["doses"] = _doses(design, measured)
    if design.experiment.plan.event_day is not None:
        made["responses"] = responses(design, measured)
    if design.experiment.screening is not None:
        return made | {"screening": screening(design, measured)}
    found = statistics(design, measured)
    made["hypotheses"] = _hypotheses(design, measured, found)
    return made | found


def primary(plan: AnalysisPlan) -> str:
    """Return the measure that the plan's outcome names."""
    store, item = plan.outcome.store, plan.outcome.item
    return f"units {store}" if item is None else f"units {store}: {item}"


def measure_names(measured: Mapping[str, Measured]) -> list[str]:
    """Return all measures, in the order in which runs first have them."""
    return list(dict.fromkeys(name for run in sorted(measured) for name in measured[run].total))


def verdict(expected: str, found: Interval) -> Verdict | None:
    """Return what an interval says of an expected sign; None: there is none worth the name.

    Two values have an interval, and may agree by luck: fewer than 3 tell nothing.
    An interval that holds 0 refutes nothing, and supports nothing: not even ``none``.
    """
    if found.low is None or found.high is None or found.n < 3:
        return None
    if found.low <= 0 <= found.high:
        return "open"
    sign = "positive" if found.low > 0 else "negative"
    return "supported" if sign == expected else "refuted"


def shape_verdict(found: str, bend: Interval, slope: Interval) -> Verdict:
    """Return what a curve says of an expected inverted U.

    It is refuted where the curve bends upward, or still rises at the 95th percentile of x, by
    intervals that leave out 0. A verdict that merely is another refutes nothing.
    """
    if found == "inverted U":
        return "supported"
    refuted = any(one.low is not None and one.low > 0 for one in (bend, slope))
    return "refuted" if refuted else "open"


def _runs(design: Design, measured: Mapping[str, Measured]) -> list[Row]:
    names = measure_names(measured)
    rows = []
    for condition in design.conditions:
        row = named(design, condition)
        for seed in design.experiment.seeds:
            run = measured.get(run_id(condition, seed))
            values = {name: total_of(run, name) for name in names}
            rows.append({**row, "seed": seed, "finished": run is not None, **values})
    return rows


def _conditions(design: Design, measured: Mapping[str, Measured]) -> list[Row]:
    names = measure_names(measured)
    rows = []
    for condition in design.conditions:
        row = named(design, condition)
        runs = [measured.get(run_id(condition, seed)) for seed in design.experiment.seeds]
        for name in names:
            values = [one for run in runs if (one := total_of(run, name)) is not None]
            mean = fmean(values) if values else None
            sd = stdev(values) if len(values) > 1 else None
            rows.append({**row, "measure": name, "mean": mean, "sd": sd, "n": len(values)})
    return rows


def _contrasts(design: Design, measured: Mapping[str, Measured]) -> list[Row]:
    names, confidence = measure_names(measured), design.experiment.plan.confidence
    rows = []
    for contrast in design.experiment.contrasts:
        same = {path: one for path, one in contrast.a.items() if equal(one, contrast.b[path])}
        a, b = ({path: one for path, one in side.items() if path not in same}
                for side in (contrast.a, contrast.b))  # fmt: skip
        for told, pairs in by_model(design, contrast):
            row = {"contrast": contrast.name, **same, **told, "a": a, "b": b}
            for name in names:
                found = interval(differences(design, measured, pairs, name), confidence)
                rows.append({**row, "measure": name, **found._asdict()})
    return rows


def _hypotheses(design: Design, measured: Mapping[str, Measured], statistics: Tables) -> list[Row]:
    """Return a row for each hypothesis and model, or condition that it speaks of."""
    rows = []
    for one in design.experiment.hypotheses:
        asked = _of_contrast(one, design, measured, statistics) if one.contrast else (
            _of_conditions(one, design, statistics)
        )  # fmt: skip
        for told, found, shape in asked:
            says = shape_verdict(*shape) if shape else verdict(one.expected, found)
            row = {"hypothesis": one.statement, "contrast": one.contrast, **told}
            row |= {"measure": one.measure or primary(design.experiment.plan)}
            row |= {"expected": one.expected, **found._asdict()}
            row |= {"found": shape[0] if shape else None, "verdict": says}
            rows.append(row | {"refuted_by": one.refuted_by})
    return rows


Shape = tuple[str, Interval, Interval]
"""The verdict on a curve, and the intervals of b2 and of the slope at the 95th percentile."""
Answer = tuple[Row, Interval, Shape | None]


def _of_contrast(
    hypothesis: Hypothesis, design: Design, measured: Mapping[str, Measured], statistics: Tables
) -> Iterator[Answer]:
    """Yield for each model what the contrast of a hypothesis came to."""
    plan = design.experiment.plan
    contrast = next(one for one in design.experiment.contrasts if one.name == hypothesis.contrast)
    name = hypothesis.measure or primary(plan)
    for told, pairs in by_model(design, contrast):
        if name not in STATISTICS:
            values = differences(design, measured, pairs, name)
            yield told, interval(values, plan.confidence), None
        else:
            key = {"contrast": contrast.name, "measure": name, **told}
            row = next(row for row in statistics["ablations"] if row.items() >= key.items())
            value, low, high = row["difference"], row["low"], row["high"]
            yield told, Interval(value, None, low, high, row["pairs"]), None


def _of_conditions(hypothesis: Hypothesis, design: Design, statistics: Tables) -> Iterator[Answer]:
    """Yield for each condition of a hypothesis its coefficient, or its curve."""
    for condition in design.conditions:
        if not is_within(condition.levels, hypothesis.condition):
            continue
        told = named(design, condition)
        name = hypothesis.measure
        table, part = ("dispersion", "slope") if name == "spread slope" else ("curves", name)
        key = told | ({"measure": "variance"} if table == "dispersion" else {"role": "primary"})
        row = next((row for row in statistics[table] if row.items() >= key.items()), None)
        if row is None or row.get("void"):
            yield told, Interval(None, None, None, None, 0), None
        elif name == VERDICT:
            shape = row["verdict"], _estimate(row, "b2"), _estimate(row, "slope_high")
            none = Interval(None, None, None, None, row["runs"])
            yield told, none, shape if row["verdict"] else None
        else:
            yield told, _estimate(row, str(part)), None


def _estimate(row: Row, name: str) -> Interval:
    return Interval(row[name], None, row[f"{name}_low"], row[f"{name}_high"], row["runs"])


def _decisions(design: Design, measured: Mapping[str, Measured]) -> list[Row]:
    rows = []
    for condition in design.conditions:
        counts: Counter[tuple[str, str]] = Counter()
        for seed in design.experiment.seeds:
            run = measured.get(run_id(condition, seed))
            counts.update({} if run is None else run.decisions)
        row = named(design, condition)
        rows += [
            {**row, "decider": decider, "outcome": outcome, "decisions": counts[decider, outcome]}
            for decider, outcome in sorted(counts)
        ]
    return rows


def _doses(design: Design, measured: Mapping[str, Measured]) -> list[Row]:
    """Return the outcome by number of scripted posts on the day, over all run-days."""
    plan = design.experiment.plan
    shown = [primary(plan), f"visits {plan.outcome.store}"]
    shown += [] if plan.keyword is None else [f"posts {plan.keyword}"]
    rows = []
    for condition in design.conditions:
        days = [
            values
            for seed in design.experiment.seeds
            if (run := measured.get(run_id(condition, seed))) is not None
            for values in list(run.days.values())[plan.warm_up_days :]
        ]
        row = named(design, condition)
        for dose in sorted({values["posts scripted"] or 0 for values in days}):
            some = [values for values in days if values["posts scripted"] == dose]
            for name in shown:
                held = [one for values in some if (one := values.get(name)) is not None]
                sd = stdev(held) if len(held) > 1 else None
                told = {"posts scripted": int(dose), "measure": name}
                told |= {"mean": fmean(held) if held else None, "sd": sd, "run_days": len(held)}
                rows.append({**row, **told})
    return rows
