"""The table of the variance over runs, by seed and by the factors that the plan names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from econsim_mesa.analysis.result_tables import CANNOT_IDENTIFY, ResultTables, Row, Tables
from econsim_mesa.analysis.variance_components import decompose
from econsim_mesa.experiment.conditions import Condition, run_id
from econsim_mesa.experiment.load import Design, condition_columns
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import total_of
from econsim_mesa.experiment.types import ARM, AnalysisPlan

VARIANCE = "variance"


def add_variance(design: Design, measured: Mapping[str, RunMeasures], tables: Tables) -> None:
    """Add the table ``variance``: a row for each measure and source, within all other factors.

    The measures are the outcome, visits, and posts with the keyword. A seed that lacks a run of
    some condition is left out and counted.
    """
    import pandas as pd

    plan = design.experiment.plan
    if not plan.variance:
        return
    sources = [*plan.variance, "seed"]
    for held, conditions in _within(design, plan.variance):
        runs, missing = _runs(conditions, design, measured, plan)
        to = ResultTables(held, tables)
        for measure in _measures(plan):
            if not runs:
                to.add(
                    CANNOT_IDENTIFY,
                    what=f"variance of {measure}",
                    why="no seed has all of its runs",
                )
                continue
            with to.attempt(f"variance of {measure}"):
                for one in decompose(
                    pd.DataFrame(runs), sources, measure, confidence=plan.confidence
                ):
                    to.add(VARIANCE, measure=measure, **one._asdict(), seeds_left_out=missing)


def _measures(plan: AnalysisPlan) -> list[str]:
    visits = f"visits {plan.outcome.store}"
    return [
        plan.outcome.measure,
        visits,
        *([] if plan.keyword is None else [f"posts {plan.keyword}"]),
    ]


def _within(design: Design, sources: Sequence[str]) -> list[tuple[Row, list[Condition]]]:
    """Return groups of conditions that differ by the sources alone, and the levels they share."""
    groups: dict[str, tuple[Row, list[Condition]]] = {}
    inner = ARM in sources
    for condition in design.conditions:
        kept = {path for path in condition.levels if path not in sources}
        of_arms = (
            {path for arm in design.experiment.arms.values() for path in arm} if inner else set()
        )
        held = {
            path: value
            for path, value in condition_columns(design, condition).items()
            if path not in sources and (path in kept or path not in of_arms)
        }
        groups.setdefault(repr(held), (held, []))[1].append(condition)
    return list(groups.values())


def _runs(
    conditions: Sequence[Condition],
    design: Design,
    measured: Mapping[str, RunMeasures],
    plan: AnalysisPlan,
) -> tuple[list[Row], int]:
    """Return a row for each run of seeds that have all runs, and the number of other seeds."""
    rows: list[Row] = []
    missing = 0
    for seed in design.experiment.seeds:
        if any(run_id(condition, seed) not in measured for condition in conditions):
            missing += 1
            continue
        for condition in conditions:
            run = measured[run_id(condition, seed)]
            told = {path: repr(condition.levels[path]) for path in plan.variance}
            values = {name: total_of(run, name) for name in _measures(plan)}
            rows.append({**told, "seed": seed, **values})
    return rows, missing
