"""The tables of an experiment: runs, conditions, contrasts over seeds, hypotheses and more.

They depend on the plan and on the measures of finished runs alone, and contain no path and no
wall-clock time. A value that cannot be computed is None.
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
    """Return all tables, by name.

    Args:
        design: The experiment.
        measured: Measures of the finished runs, by the name of the run.

    Returns:
        ``runs``: totals of each run. ``conditions``: mean and sd over replicates, a row for each
        measure. ``contrasts``: paired differences; a measure that no hypothesis asks for is not
        ``registered``, that is, exploratory. ``hypotheses``: each with its verdict.
        ``decisions``: number of decisions by decider and outcome. ``doses``, if the plan's x is
        scripted posts: the outcome by posts a day. ``responses``, if the plan names an
        ``event_day``: paired differences by day. Also the tables of the screening if there is
        one, else of ``study_tables``.
    """
    result: Tables = {
        "runs": _runs(design, measured),
        "conditions": _conditions(design, measured),
        "contrasts": _contrasts(design, measured),
        "hypotheses": [],
        "decisions": _decisions(design, measured),
    }
    if design.experiment.plan.x == "scripted":
        result["doses"] = _doses(design, measured)
    if design.experiment.plan.event_day is not None:
        result["responses"] = responses(design, measured)
    has_screening = design.experiment.screening is not None
    more = screening(design, measured) if has_screening else study_tables(design, measured)
    result["hypotheses"] = hypotheses(design, measured, more)
    return result | more


def study_tables(design: Design, measured: Mapping[str, RunMeasures]) -> Tables:
    """Return the tables of the plan's study, ``variance``, and ``cannot_identify``."""
    study = study_of(design.experiment.plan)
    found: Tables = {name: [] for name in (*study.tables, VARIANCE, CANNOT_IDENTIFY)}
    study.add_tables(design, measured, found)
    add_variance(design, measured, found)
    return found


def primary(plan: AnalysisPlan) -> str:
    """Return the name of the measure that is the outcome of a plan."""
    return plan.outcome.measure


def measure_names(measured: Mapping[str, RunMeasures]) -> list[str]:
    """Return the names of all measures, in the order in which they first occur in a run."""
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
            values = [value for run in runs if (value := total_of(run, name)) is not None]
            mean = fmean(values) if values else None
            sd = stdev(values) if len(values) > 1 else None
            rows.append({**row, "measure": name, "mean": mean, "sd": sd, "n": len(values)})
    return rows


def _contrasts(design: Design, measured: Mapping[str, RunMeasures]) -> list[Row]:
    names, confidence = measure_names(measured), design.experiment.plan.confidence
    rows = []
    for contrast in design.experiment.contrasts:
        same = {path: value for path, value in contrast.a.items() if equal(value, contrast.b[path])}
        a = {path: value for path, value in contrast.a.items() if path not in same}
        b = {path: value for path, value in contrast.b.items() if path not in same}
        registered = _registered(design, contrast.name)
        for model, pairs in by_model(design, contrast):
            row = {"contrast": contrast.name, **same, **model, "a": a, "b": b}
            for name in names:
                interval = mean_interval(differences(design, measured, pairs, name), confidence)
                measure = {"measure": name, "registered": name in registered}
                rows.append({**row, **measure, **interval._asdict()})
    return rows


def _registered(design: Design, contrast: str) -> set[str]:
    """Return the measures of a contrast that a hypothesis asks for."""
    experiment = design.experiment
    return {
        hypothesis.measure or primary(experiment.plan)
        for hypothesis in experiment.hypotheses
        if hypothesis.contrast == contrast
    }


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
    """Return the outcome by the number of scripted posts on the day, over all run-days."""
    plan = design.experiment.plan
    measures = [primary(plan), f"visits {plan.outcome.store}"]
    measures += [] if plan.keyword is None else [f"posts {plan.keyword}"]
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
            with_dose = [values for values in days if values["posts scripted"] == dose]
            for name in measures:
                known = [value for day in with_dose if (value := day.get(name)) is not None]
                rows.append(
                    {
                        **row,
                        "posts scripted": int(dose),
                        "measure": name,
                        "mean": fmean(known) if known else None,
                        "sd": stdev(known) if len(known) > 1 else None,
                        "run_days": len(known),
                    }
                )
    return rows
