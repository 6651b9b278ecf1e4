"""Pairs of runs that share a seed: what a contrast compares."""

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


def differences(
    design: Design, measured: Mapping[str, RunMeasures], pairs: Pairs, name: str
) -> list[float]:
    """Return side a minus side b of a measure for each seed that has all runs of both sides.

    ``visits Cafe on day 1`` is that of one day, counted from the plan's ``event_day``.
    """
    name, day = day_in(name, design.experiment.plan)
    found = []
    for seed in design.experiment.seeds:
        values = [
            [_value(measured.get(run_id(side, seed)), name, day) for side in pair] for pair in pairs
        ]
        if values and all(one is not None for pair in values for one in pair):
            found.append(fmean(a - b for a, b in values))  # type: ignore[operator]
    return found


def _value(run: RunMeasures | None, name: str, day: str | None) -> float | int | None:
    if run is None or day is None:
        return total_of(run, name)
    return run.days.get(day, {}).get(name)


def by_model(design: Design, contrast: Contrast) -> list[tuple[Row, Pairs]]:
    """Return the pairs of a contrast, model by model, each with what names the model.

    Models are conditions, whether a factor or an arm sets them: nothing is averaged over them,
    nor over them and conditions that ask none (model None). Where all pairs have the same models,
    as in a contrast of two, they are together and need no name.
    """
    groups: dict[tuple[str | None, str | None], Pairs] = {}
    for pair in matched(design, contrast):
        one, other = (model_of(design.scenarios[side.number]) for side in pair)
        groups.setdefault((one, other), []).append(pair)
    if len(groups) < 2:
        return [({}, pairs) for pairs in groups.values() or [[]]]
    return [({MODEL: one if one == other else f"{one} against {other}"}, pairs)
            for (one, other), pairs in groups.items()]  # fmt: skip


def name_of_contrast(row: Mapping[str, Any]) -> str:
    """Return the name of a row's contrast, with its model where models differ."""
    if MODEL not in row:
        return str(row["contrast"])
    return f"{row['contrast']}, {row[MODEL] or 'no model'}"


def matched(design: Design, contrast: Contrast) -> Pairs:
    """Return the pairs of conditions of a contrast, alike in all that it does not name."""

    def rest(condition: Condition) -> tuple[tuple[str, str], ...]:
        unnamed = condition.levels.keys() - contrast.a.keys()
        return tuple((path, canonical(condition.levels[path])) for path in sorted(unnamed))

    others: defaultdict[tuple[tuple[str, str], ...], list[Condition]] = defaultdict(list)
    for other in design.conditions:
        if is_within(other.levels, contrast.b):
            others[rest(other)].append(other)
    return [
        (one, other)
        for one in design.conditions
        if is_within(one.levels, contrast.a)
        for other in others[rest(one)]
    ]


def total_of(run: RunMeasures | None, name: str) -> float | int | None:
    """Return a measure of a whole run; None: the run is missing, or it cannot be computed."""
    return None if run is None else run.total.get(name)
