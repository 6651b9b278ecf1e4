"""Morris screening: find the assumed values that matter before a result is interpreted.

Along drawn trajectories each parameter is moved, one at a time, between its value divided by
``factor`` and its value times ``factor``, on a logarithmic scale of ``levels`` levels. mu* is the
mean of the absolute elementary effects; sigma is their standard deviation, which shows curvature
or interaction with other parameters (Morris 1991; Campolongo, Cariboni and Saltelli 2007). All
points share their seeds. Sampling and analysis are SALib's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from econsim_mesa.analysis.result_tables import CANNOT_IDENTIFY, Row, Tables
from econsim_mesa.errors import BadInput, Problem, ScenarioError
from econsim_mesa.experiment.coefficients import ABLATIONS, add_differences
from econsim_mesa.experiment.conditions import value_at
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.outcomes import Outcomes
from econsim_mesa.experiment.responses import responding
from econsim_mesa.experiment.study import study_of
from econsim_mesa.experiment.types import (
    Experiment,
    Screened,
    Screening,
    Settings,
)
from econsim_mesa.scenario import Scenario

SCREENING, RANGES = "screening", "screening_ranges"
"""Names of its tables."""
ASSUMED = "assumed"
"""Stands for every coefficient of the embedded decider that is marked as assumed and is not 0."""


def points(experiment: Experiment, scenario: Scenario) -> Experiment:
    """Return an experiment whose arms are the points of its screening.

    ``scenario`` is the base. Raises ``ScenarioError`` for a parameter that is not a number or is
    0, and ``BadInput`` if SALib is not installed.
    """
    plan = experiment.screening
    if plan is None:
        return experiment
    base = _values(plan, scenario)
    design = _sample(list(base), plan)
    arms: dict[str, Settings] = {
        f"point {number}": {
            path: float(f"{value * plan.factor**x:.9g}")
            for (path, value), x in zip(base.items(), row, strict=True)
        }
        for number, row in enumerate(design.tolist())
    }
    plan = plan.model_copy(update={"base": base})
    return experiment.model_copy(update={"arms": arms, "screening": plan})


def screening(design: Design, measured: Mapping[str, RunMeasures]) -> Tables:
    """Return the tables of a screening; empty if the experiment has no screening.

    ``screening`` has, for each outcome and parameter, mu, mu*, the half width of its interval and
    sigma, in units of the outcome for a move over the whole range; None with fewer than two
    trajectories of which every point has a finished run. ``screening_ranges`` has the least, the
    mean and the largest value of each outcome over all points, and the number of points where it
    is above 0. ``ablations`` has the differences of coefficients that hypotheses ask for.
    """
    plan = design.experiment.screening
    if plan is None:
        return {}
    outcomes = Outcomes(design, measured)
    tables: Tables = {name: [] for name in (SCREENING, RANGES, ABLATIONS, CANNOT_IDENTIFY)}
    for outcome in plan.outcomes or map(_level, responding(design.experiment.plan)):
        name = outcome.measure or design.experiment.plan.outcome.measure
        row: Row = {"measure": name, "contrast": outcome.contrast, **outcome.condition}
        values = [outcomes.at(point, outcome) for point in design.experiment.arms]
        effects = _effects(design, plan, values)
        order = sorted(plan.base, key=lambda path: -(effects[path]["mu_star"] or 0.0))
        tables[SCREENING] += [{**row, "parameter": path, **effects[path]} for path in order]
        tables[RANGES].append(row | _range(values))
    wanted: dict[str, list[str]] = {}
    coefficients = study_of(design.experiment.plan).coefficients
    for hypothesis in design.experiment.hypotheses:
        if hypothesis.contrast is not None and hypothesis.measure in coefficients:
            wanted.setdefault(hypothesis.contrast, []).append(hypothesis.measure)
    if wanted:
        add_differences(design, outcomes.coefficients, wanted, tables)
    return tables


def _level(name: str) -> Screened:
    return Screened(measure=name)


def _range(values: Sequence[float | None]) -> Row:
    known = [value for value in values if value is not None]
    return {
        "least": min(known, default=None),
        "mean": fmean(known) if known else None,
        "most": max(known, default=None),
        "above_0": sum(value > 0 for value in known),
        "points": len(known),
    }


def _values(plan: Screening, scenario: Scenario) -> dict[str, float]:
    """Return the parameters' values in a scenario. Raises ``ScenarioError``."""
    dump = scenario.model_dump(mode="json", by_alias=True)
    paths = [
        path
        for parameter in plan.parameters
        for path in (_assumed(dump) if parameter == ASSUMED else [parameter])
    ]
    base, problems = {}, []
    for path in dict.fromkeys(paths):
        value = value_at(dump, path)
        if isinstance(value, bool) or not isinstance(value, int | float) or value == 0:
            message = f"{path} is no number other than 0 that could be halved and doubled"
            problems.append(Problem("$.screening.parameters", message))
        else:
            base[path] = float(value)
    if problems:
        raise ScenarioError(scenario.name, problems)
    return base


def _assumed(dump: Mapping[str, Any]) -> list[str]:
    """Return the paths of all coefficients that are assumed and not 0."""
    return [
        f"choice.{group}.{name}.value"
        for group, terms in dump["choice"].items()
        if isinstance(terms, dict)
        for name, term in terms.items()
        if isinstance(term, dict) and term.get("source") == ASSUMED and term["value"]
    ]


def _sample(paths: list[str], plan: Screening) -> Any:
    """Return the points as exponents of the factor: float64, (trajectories x (k + 1), k)."""
    try:
        from SALib.sample import morris
    except ImportError as error:
        raise BadInput("screening needs SALib: pip install SALib") from error
    return morris.sample(_problem(paths), plan.trajectories, plan.levels, seed=plan.seed)


def _problem(paths: list[str]) -> dict[str, object]:
    return {"num_vars": len(paths), "names": paths, "bounds": [[-1.0, 1.0]] * len(paths)}


def _effects(
    design: Design, plan: Screening, values: Sequence[float | None]
) -> dict[str, dict[str, float | int | None]]:
    """Return mu, mu*, its half width, sigma and the trajectories of each parameter, by its path.

    ``values`` has the outcome at each point, in the order of the arms.
    """
    import numpy as np
    from SALib.analyze import morris

    paths, length = list(plan.base), len(plan.base) + 1
    complete = [
        k
        for start in range(0, len(values), length)
        if None not in values[start : start + length]
        for k in range(start, min(start + length, len(values)))
    ]
    count = len(complete) // length
    if count < 2:
        nothing = dict.fromkeys(("mu", "mu_star", "mu_star_half_width", "sigma"))
        return {path: {**nothing, "trajectories": count} for path in paths}
    all_arms = list(design.experiment.arms.values())
    arms = [all_arms[k] for k in complete]
    x = np.array([[_exponent(arm[path], plan, path) for path in paths] for arm in arms])
    y = np.array([values[k] for k in complete], dtype=float)
    result = morris.analyze(
        _problem(paths),
        x,
        y,
        num_levels=plan.levels,
        seed=plan.seed,
        conf_level=design.experiment.plan.confidence,
    )
    return {
        path: {
            "mu": float(result["mu"][i]),
            "mu_star": float(result["mu_star"][i]),
            "mu_star_half_width": float(result["mu_star_conf"][i]),
            "sigma": float(result["sigma"][i]),
            "trajectories": count,
        }
        for i, path in enumerate(paths)
    }


def _exponent(value: Any, plan: Screening, path: str) -> float:
    """Return the exponent of the factor at a point, rounded to the grid of levels, in [-1, 1]."""
    step = 2.0 / (plan.levels - 1)
    x = math.log(float(value) / plan.base[path]) / math.log(plan.factor)
    return round((x + 1.0) / step) * step - 1.0
