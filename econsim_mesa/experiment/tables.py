"""The tables of an experiment: conditions, contrasts over seeds, and what was expected of them.

All are functions of the plan and of the measures of finished runs: no path, no wall-clock time.
What cannot be computed is None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from statistics import fmean, stdev

from econsim_mesa.analysis.inference import mean_interval
from econsim_mesa.analysis.result_tables import CANNOT_IDENTIFY, Row, Tables
from econsim_mesa.experiment.conditions import equal, run_id
from econsim_mesa.experiment.hypotheses import hypotheses
from econsim_mesa.experiment.load import Design, condition_columns
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import by_model, differences, total_of
from econsim_mesa.experiment.responses import responses
from econsim_mesa.experiment.screening import screening
from econsim_mesa.experiment.study import study_of
from econsim_mesa.experiment.types import AnalysisPlan
from econsim_mesa.experiment.variance import VARIANCE, add_variance


def tables(design: Design, measured: Mapping[str, RunMeasures]) -> dict[str, list[Row]]:
    """Return all tables, by name, from the measures of finished runs.

    ``runs``: totals of each run. ``conditions``: mean and sd over replicates, one row a measure.
    ``contrasts``: paired differences; what no hypothesis asks for is not ``registered``, that is
    exploratory. ``hypotheses``. ``decisions``: who decided for households,
    and how that came about. ``doses``, if the plan's x is scripted posts: by posts a day.
    ``responses``, if the plan names an ``event_day``: paired differences by day. And those of
    ``study_tables``; or those of ``experiment.screening``, if there is one.
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
        found = screening(design, measured)
        made["hypotheses"] = hypotheses(design, measured, found)
        return made | found
    found = study_tables(design, measured)
    made["hypotheses"] = hypotheses(design, measured, found)
    return made | found


def study_tables(design: Design, measured: Mapping[str, RunMeasures]) -> Tables:
    """Return the tables of the plan's study, ``variance``, and ``cannot_identify``."""
    study = study_of(design.experiment.plan)
    found: Tables = {name: [] for name in (*study.tables, VARIANCE, CANNOT_IDENTIFY)}
    study.add_tables(design, measured, found)
    add_variance(design, measured, found)
    return found


def primary(plan: AnalysisPlan) -> str:
    """Return the measure that the plan's outcome names."""
    return plan.outcome.measure


def measure_names(measured: Mapping[str, RunMeasures]) -> list[str]:
    """Return all measures, in the order in which runs first have them."""
    return list(dict.fromkeys(name for run in sorted(measured) for name in measured[run].total))


def _runs(design: Design, measured: Mapping[str, RunMeasures]) -> list[Row]:
    names = measure_names(measured)
    rows = []
    for condition in design.conditions:
        row = condition_columns(design, condition)
        for seed in design.experiment.seeds:
            run = measured.get(run_id(condition, seed))
            values = {name: total_of(run, name) for name in names}
            rows.append({**row, "seed": seed, "finished": run is not None, **values})
    return rows


def _conditions(design: Design, measured: Mapping[str, RunMeasures]) -> list[Row]:
    names = measure_names(measured)
    rows = []
    for condition in design.conditions:
        row = condition_columns(design, condition)
        runs = [measured.get(run_id(condition, seed)) for seed in design.experiment.seeds]
        for name in names:
            values = [one for run in runs if (one := total_of(run, name)) is not None]
            mean = fmean(values) if values else None
            sd = stdev(values) if len(values) > 1 else None
            rows.append({**row, "measure": name, "mean": mean, "sd": sd, "n": len(values)})
    return rows


def _contrasts(design: Design, measured: Mapping[str, RunMeasures]) -> list[Row]:
    names, confidence = measure_names(measured), design.experiment.plan.confidence
    rows = []
    for contrast in design.experiment.contrasts:
        same = {path: one for path, one in contrast.a.items() if equal(one, contrast.b[path])}
        a, b = ({path: one for path, one in side.items() if path not in same}
                for side in (contrast.a, contrast.b))  # fmt: skip
        for told, pairs in by_model(design, contrast):
            row = {"contrast": contrast.name, **same, **told, "a": a, "b": b}
            asked = _registered(design, contrast.name)
            for name in names:
                found = mean_interval(differences(design, measured, pairs, name), confidence)
                told_of = {"measure": name, "registered": name in asked}
                rows.append({**row, **told_of, **found._asdict()})
    return rows


def _registered(design: Design, contrast: str) -> set[str]:
    """Return the measures of a contrast that a hypothesis speaks of."""
    experiment = design.experiment
    asked = (one for one in experiment.hypotheses if one.contrast == contrast)
    return {one.measure or primary(experiment.plan) for one in asked}


def _decisions(design: Design, measured: Mapping[str, RunMeasures]) -> list[Row]:
    rows = []
    for condition in design.conditions:
        counts: Counter[tuple[str, str]] = Counter()
        for seed in design.experiment.seeds:
            run = measured.get(run_id(condition, seed))
            counts.update({} if run is None else run.decisions)
        row = condition_columns(design, condition)
        rows += [
            {**row, "decider": decider, "outcome": outcome, "decisions": counts[decider, outcome]}
            for decider, outcome in sorted(counts)
        ]
    return rows


def _doses(design: Design, measured: Mapping[str, RunMeasures]) -> list[Row]:
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
        row = condition_columns(design, condition)
        for dose in sorted({values["posts scripted"] or 0 for values in days}):
            some = [values for values in days if values["posts scripted"] == dose]
            for name in shown:
                held = [one for values in some if (one := values.get(name)) is not None]
                sd = stdev(held) if len(held) > 1 else None
                told = {"posts scripted": int(dose), "measure": name}
                told |= {"mean": fmean(held) if held else None, "sd": sd, "run_days": len(held)}
                rows.append({**row, **told})
    return rows
