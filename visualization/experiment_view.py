"""An experiment as the page shows it: what came out, its arms side by side, and its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.conditions import Condition, run_id
from econsim_mesa.experiment.findings import findings
from econsim_mesa.experiment.folder import TABLES, ExperimentFolder, read_experiment
from econsim_mesa.experiment.level_names import label_of
from econsim_mesa.experiment.measures import MeasureInWords, in_words
from econsim_mesa.experiment.tables import measure_names, primary, tables
from econsim_mesa.numbers import counted

from .chart import Chart, Line
from .palette import category

Tables = Mapping[str, Sequence[Mapping[str, Any]]]


class ExperimentView:
    """An experiment that was made, or a part of it; the folder is read once, here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: ExperimentFolder = read_experiment(folder)
        self._tables = self._saved() or tables(self._made.design, self._made.measured)

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self._made.design.experiment.name

    @property
    def title(self) -> str:
        """What it is about."""
        return self._made.design.experiment.title

    @property
    def state(self) -> str:
        """How much of it was made, and who decided, in words."""
        made, left = len(self._made.measured), len(self._made.unfinished)
        deciders = dict.fromkeys(row["decider"] for row in self._tables["decisions"])
        who = f", decided by {', '.join(deciders)}" if deciders else ""
        return f"{made:,} of {counted(made + left, 'run')} made{who}"

    @property
    def measures(self) -> list[str]:
        """What can be looked at: the outcome first."""
        outcome = primary(self._made.design.experiment.plan)
        names = measure_names(self._made.measured)
        return [*([outcome] if outcome in names else []), *(n for n in names if n != outcome)]

    @cached_property
    def found(self) -> list[dict[str, str]]:
        """What came of each statement that was registered before the first run."""
        return [
            {
                "statement": one.statement,
                "verdict": one.verdict,
                "sentence": one.sentence,
                "power": one.power,
            }
            for one in findings(self._made.design, self._tables)
        ]

    @property
    def runs(self) -> list[list[str]]:
        """Folder, condition and seed of each run that has begun."""
        return [
            [str(folder), self._label(condition), f"seed {seed}"]
            for condition in self._made.design.conditions
            for seed in self._made.design.experiment.seeds
            if (folder := self.folder / "runs" / run_id(condition, seed)).is_dir()
        ]

    def arms(self, measure: str) -> Chart:
        """Return a measure day by day: the mean of each condition, and its range over runs."""
        lines, labels = [], dict[str, None]()
        for index, condition in enumerate(self._made.design.conditions):
            days = self._days(condition, measure)
            labels.update(dict.fromkeys(days))
            lines.append(
                Line(
                    self._label(condition),
                    tuple(fmean(values) for values in days.values()),
                    category(index),
                    low=tuple(min(values) for values in days.values()),
                    high=tuple(max(values) for values in days.values()),
                )
            )
        said = in_words(self._made.design.scenarios, measure)
        return Chart(
            "arms",
            measure,
            f"{said.text}, a day",
            tuple(labels),
            tuple(lines),
            ticks=tuple(day[5:] for day in labels),
            note="Line: the mean over runs. Band: from the lowest run to the highest.",
        )

    def differences(self, measure: str) -> list[list[str]]:
        """Return what each contrast came to: its name, the difference, its interval, pairs."""
        said = in_words(self._made.design.scenarios, measure)
        return [
            [
                row["contrast"],
                _signed(row["mean"], said),
                _interval(row["low"], row["high"], said),
                counted(row["n"], "pair"),
            ]
            for row in self._tables["contrasts"]
            if row["measure"] == measure and row["mean"] is not None
        ]

    def _saved(self) -> Tables:
        """Return the tables that were written when the last run was made; none: there are none."""
        path = self.folder / TABLES
        if self._made.unfinished or not path.is_file():
            return {}
        try:
            found: Tables = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise BadInput(f"{path} cannot be read ({error}); restore it from a copy") from error
        return found

    def _days(self, condition: Condition, measure: str) -> dict[str, list[float]]:
        """Return the values of all runs of a condition by day."""
        days: dict[str, list[float]] = {}
        for seed in self._made.design.experiment.seeds:
            run = self._made.measured.get(run_id(condition, seed))
            for day, values in ({} if run is None else run.days).items():
                if values.get(measure) is not None:
                    days.setdefault(day, []).append(float(values[measure] or 0.0))
        return days

    @staticmethod
    def _label(condition: Condition) -> str:
        return label_of(condition.levels)


def _signed(value: float, said: MeasureInWords) -> str:
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{said.write(abs(value))}"


def _interval(low: float | None, high: float | None, said: MeasureInWords) -> str:
    if low is None or high is None:
        return "no interval: too few pairs"
    return f"{_signed(low, said)} to {_signed(high, said)}"
