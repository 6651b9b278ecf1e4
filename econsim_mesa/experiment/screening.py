"""Screening by Morris: which assumed values matter at all, before anybody interprets a result.

Each parameter is moved, one at a time and together along drawn trajectories, from its value over
``factor`` to its value times ``factor``, on a logarithmic scale of ``levels`` levels. mu* is the
mean of the absolute elementary effects, sigma their spread: curvature, or interaction with the
others (Morris 1991; Campolongo, Cariboni and Saltelli 2007). Points share their seeds. Sampling
and analysis are SALib's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from econsim_mesa.analysis.findings import Row
from econsim_mesa.errors import BadInput, Problem, ScenarioError
from econsim_mesa.experiment.conditions import run_id, value_at
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import Measured
from econsim_mesa.experiment.pairs import total_of
from econsim_mesa.experiment.responses import responding
from econsim_mesa.experiment.types import Experiment, Screening, Settings
from econsim_mesa.scenario import Scenario

ASSUMED = "assumed"
"""Stands for every coefficient of the embedded decider whose source says so, and is not 0."""


def points(experiment: Experiment, scenario: Scenario) -> Experiment:
    """Return an experiment whose arms are the points of its screening.

    ``scenario`` is the base. Raises ``ScenarioError`` for a parameter that is no number other
    than 0, and ``BadInput`` where SALib is not installed.
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


def screening(design: Design, measured: Mapping[str, Measured]) -> list[Row]:
    """Return mu, mu*, its interval's half width and sigma of each parameter for each measure.

    Effects are in units of the measure for a move over the whole range. Trajectories with a point
    of which no run is finished are left out; without two of them nothing can be said.
    """
    plan = design.experiment.screening
    if plan is None:
        return []
    rows = []
    for name in responding(design.experiment.plan):
        found = _effects(design, plan, [_mean(design, measured, k, name)
                                        for k in range(len(design.conditions))])  # fmt: skip
        order = sorted(plan.base, key=lambda path: -(found[path]["mu_star"] or 0.0))
        rows += [{"measure": name, "parameter": path, **found[path]} for path in order]
    return rows


def _values(plan: Screening, scenario: Scenario) -> dict[str, float]:
    dump = scenario.model_dump(mode="json", by_alias=True)
    paths = [
        path
        for given in plan.parameters
        for path in (_assumed(dump) if given == ASSUMED else [given])
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
        for name, one in terms.items()
        if isinstance(one, dict) and one.get("source") == ASSUMED and one["value"]
    ]


def _sample(paths: list[str], plan: Screening) -> Any:
    """Return the points, (trajectories x (k + 1), k), as exponents of the factor."""
    try:
        from SALib.sample import morris
    except ImportError as error:
        raise BadInput("screening needs SALib: pip install 'econsim-mesa[sensitivity]'") from error
    return morris.sample(_problem(paths), plan.trajectories, plan.levels, seed=plan.seed)


def _problem(paths: list[str]) -> dict[str, object]:
    return {"num_vars": len(paths), "names": paths, "bounds": [[-1.0, 1.0]] * len(paths)}


def _mean(design: Design, measured: Mapping[str, Measured], number: int, name: str) -> float | None:
    """Return the mean of a measure over the seeds of a point that have it."""
    runs = (
        measured.get(run_id(design.conditions[number], seed)) for seed in design.experiment.seeds
    )
    values = [value for run in runs if (value := total_of(run, name)) is not None]
    return fmean(values) if values else None


def _effects(
    design: Design, plan: Screening, values: list[float | None]
) -> dict[str, dict[str, float | int | None]]:
    import numpy as np
    from SALib.analyze import morris

    paths, length = list(plan.base), len(plan.base) + 1
    whole = [
        k
        for start in range(0, len(values), length)
        if None not in values[start : start + length]
        for k in range(start, min(start + length, len(values)))
    ]
    count = len(whole) // length
    if count < 2:
        nothing = dict.fromkeys(("mu", "mu_star", "mu_star_half_width", "sigma"))
        return {path: {**nothing, "trajectories": count} for path in paths}
    arms = [design.experiment.arms[str(design.conditions[k].levels["arm"])] for k in whole]
    x = np.array([[_exponent(arm[path], plan, path) for path in paths] for arm in arms])
    y = np.array([values[k] for k in whole], dtype=float)
    found = morris.analyze(_problem(paths), x, y, num_levels=plan.levels, seed=plan.seed,
                           conf_level=design.experiment.plan.confidence)  # fmt: skip
    return {
        path: {
            "mu": float(found["mu"][i]),
            "mu_star": float(found["mu_star"][i]),
            "mu_star_half_width": float(found["mu_star_conf"][i]),
            "sigma": float(found["sigma"][i]),
            "trajectories": count,
        }
        for i, path in enumerate(paths)
    }


def _exponent(value: Any, plan: Screening, path: str) -> float:
    """Return which power of the factor a point has, on the grid of levels."""
    step = 2.0 / (plan.levels - 1)
    x = math.log(float(value) / plan.base[path]) / math.log(plan.factor)
    return round((x + 1.0) / step) * step - 1.0
