"""The outcomes of a screening at each of its points, one number a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from statistics import fmean

from econsim_mesa.experiment.coefficients import level
from econsim_mesa.experiment.conditions import Condition, is_within, run_id
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import Pairs, differences, matched, total_of
from econsim_mesa.experiment.study import Coefficient, study_of
from econsim_mesa.experiment.types import ARM, Screened


class Outcomes:
    """The measures of a screening's runs. Coefficients are computed when they are first read."""

    def __init__(self, design: Design, measured: Mapping[str, RunMeasures]) -> None:
        self._design, self._measured = design, measured
        self._plan = design.experiment.plan
        self._study = study_of(self._plan)
        self._matched: dict[str, Pairs] = {}

    @cached_property
    def coefficients(self) -> Mapping[str, Coefficient]:
        """The coefficients of the study, by name."""
        return self._study.coefficients_of(self._design, self._measured)

    def at(self, point: str, asked: Screened) -> float | None:
        """Return an outcome at a point, or None if it cannot be computed."""
        name = asked.measure or self._plan.outcome.measure
        if asked.contrast is None:
            return _mean([self._level(one, name) for one in self._conditions(point, asked)])
        pairs = self._pairs(point, asked.contrast)
        if name in self._study.coefficients:
            return _mean([self._apart(one, other, name) for one, other in pairs])
        return _mean(differences(self._design, self._measured, pairs, name))

    def _conditions(self, point: str, asked: Screened) -> list[Condition]:
        return [one for one in self._design.conditions
                if one.levels[ARM] == point and is_within(one.levels, asked.condition)]  # fmt: skip

    def _pairs(self, point: str, name: str) -> Pairs:
        if name not in self._matched:
            contrast = next(one for one in self._design.experiment.contrasts if one.name == name)
            self._matched[name] = matched(self._design, contrast)
        return [pair for pair in self._matched[name] if pair[0].levels[ARM] == point]

    def _level(self, condition: Condition, name: str) -> float | None:
        """Return a coefficient, or the mean of a measure over the seeds that have it."""
        if name in self._study.coefficients:
            return self._coefficient(condition, name, self._seeds(condition))
        runs = (
            self._measured.get(run_id(condition, seed)) for seed in self._design.experiment.seeds
        )
        known = [value for run in runs if (value := total_of(run, name)) is not None]
        return fmean(known) if known else None

    def _apart(self, one: Condition, other: Condition, name: str) -> float | None:
        """Return the difference of a coefficient, over the seeds that both sides have."""
        both = sorted(set(self._seeds(one)) & set(self._seeds(other)))
        first, second = (self._coefficient(side, name, both) for side in (one, other))
        return None if first is None or second is None else first - second

    def _seeds(self, condition: Condition) -> list[int]:
        seeds = self._design.experiment.seeds
        return [seed for seed in seeds if run_id(condition, seed) in self._measured]

    def _coefficient(self, condition: Condition, name: str, seeds: Sequence[int]) -> float | None:
        runs = [run_id(condition, seed) for seed in seeds]
        return level(self.coefficients[name], condition.number, runs)


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean, or None if there is no value or one of them is unknown."""
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None
