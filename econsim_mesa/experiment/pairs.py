"""Pairs of runs that share a seed, which a contrast compares."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean
from typing import Any

from econsim_mesa.analysis.result_tables import Row
from econsim_mesa.experiment.conditions import Condition, canonical, is_within, run_id
from econsim_mesa.experiment.load import Design, model_of
from econsim_mesa.experiment.measures import RunMeasures, day_in
from econsim_mesa.experiment.types import MODEL, Contrast

Pairs = list[tuple[Condition, Condition]]
"""Conditions on side a and on side b of a contrast, alike in everything else."""


def differences(
    design: Design, measured: Mapping[str, RunMeasures], pairs: Pairs, name: str
) -> list[float]:
    """Return side a minus side b of a measure, for each seed with all runs of both sides.

    Args:
        design: The experiment.
        measured: Measures of the finished runs, by the name of the run.
        pairs: Pairs of conditions; the difference of a seed is the mean over them.
        name: The measure; ``visits Cafe on day 1`` is its value on one day, counted from the
            plan's ``event_day``.
    """
    name, day = day_in(name, design.experiment.plan)
    result = []
    for seed in design.experiment.seeds:
        of_pairs = [
            tuple(_value(measured.get(run_id(side, seed)), name, day) for side in pair)
            for pair in pairs
        ]
        known = [a - b for a, b in of_pairs if a is not None and b is not None]
        if known and len(known) == len(pairs):
            result.append(fmean(known))
    return result


def _value(run: RunMeasures | None, name: str, day: str | None) -> float | int | None:
    if run is None or day is None:
        return total_of(run, name)
    return run.days.get(day, {}).get(name)


def by_model(design: Design, contrast: Contrast) -> list[tuple[Row, Pairs]]:
    """Return the pairs of a contrast by language model, each group with a column for its model.

    Nothing is averaged over models, whether a factor or an arm sets them, nor over a model and
    conditions that call none (model None). If all pairs have the same models, as in a contrast of
    two models, there is one group and no column.
    """
    groups: dict[tuple[str | None, str | None], Pairs] = {}
    for a, b in matched(design, contrast):
        models = model_of(design.scenarios[a.number]), model_of(design.scenarios[b.number])
        groups.setdefault(models, []).append((a, b))
    if len(groups) < 2:
        return [({}, pairs) for pairs in groups.values() or [[]]]
    return [
        ({MODEL: of_a if of_a == of_b else f"{of_a} against {of_b}"}, pairs)
        for (of_a, of_b), pairs in groups.items()
    ]


def name_of_contrast(row: Mapping[str, Any]) -> str:
    """Return the name of a row's contrast, followed by its model if the row has one."""
    if MODEL not in row:
        return str(row["contrast"])
    return f"{row['contrast']}, {row[MODEL] or 'no model'}"


def matched(design: Design, contrast: Contrast) -> Pairs:
    """Return the pairs of conditions of a contrast, alike in all factors that it does not name."""

    def other_levels(condition: Condition) -> tuple[tuple[str, str], ...]:
        unnamed = condition.levels.keys() - contrast.a.keys()
        return tuple((path, canonical(condition.levels[path])) for path in sorted(unnamed))

    side_b: defaultdict[tuple[tuple[str, str], ...], list[Condition]] = defaultdict(list)
    for condition in design.conditions:
        if is_within(condition.levels, contrast.b):
            side_b[other_levels(condition)].append(condition)
    return [
        (a, b)
        for a in design.conditions
        if is_within(a.levels, contrast.a)
        for b in side_b[other_levels(a)]
    ]


def total_of(run: RunMeasures | None, name: str) -> float | int | None:
    """Return a measure of a whole run; None if the run or the measure is missing."""
    return None if run is None else run.total.get(name)
