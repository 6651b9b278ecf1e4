"""What an experiment has found so far, as DataFrames with the condition of each row."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.analysis.export import file_name, rows_of, write_csv
from econsim_mesa.analysis.household_days import household_days
from econsim_mesa.analysis.result_tables import Row
from econsim_mesa.errors import BadInput, EconSimError, UnknownName
from econsim_mesa.experiment.conditions import conditions, run_id
from econsim_mesa.experiment.folder import TABLES, read_experiment, read_plan
from econsim_mesa.experiment.index import factor_columns, status_in
from econsim_mesa.experiment.load import varied_in, with_arm
from econsim_mesa.experiment.tables import tables
from econsim_mesa.notebook import facts_html
from econsim_mesa.runs.bundle.seal import is_sealed
from econsim_mesa.runs.reader import Run, load_run

if TYPE_CHECKING:
    import pandas as pd

PANEL = "household_days"
"""Name of the panel in ``to_csv``."""
_MOST_NAMED = 5
"""Most runs left out that a notebook shows by name."""


class ExperimentResults:
    """The finished runs of an experiment; each is read when it is asked for.

    Attributes:
        folder: The folder of the experiment.
        name: Its name.
        title: What it is about, in a line.
        left_out: Run -> why no table holds it: not begun, stopped, failed. A finished run that
            cannot be read is added, with a ``RuntimeWarning``, when a table is asked for.
    """

    def __init__(self, folder: Path | str) -> None:
        """Open the folder of an experiment. Raises ``BadInput``: it holds none, or is damaged."""
        self.folder = Path(folder)
        self._experiment, _ = read_plan(self.folder)
        self.name, self.title = self._experiment.name, self._experiment.title
        status = status_in(self.folder)
        self._finished = {run for run, (how, _) in status.items() if how == "finished"}
        self.left_out = {
            run: f"{how}: {why}" if why else how
            for run, (how, why) in status.items()
            if run not in self._finished
        }

    @cached_property
    def _tables(self) -> dict[str, list[Row]]:
        """The tables that the sealed folder holds, else they are made from the index."""
        path = self.folder / TABLES
        if is_sealed(self.folder) and path.is_file():
            try:
                held: dict[str, list[Row]] = json.loads(path.read_bytes())
            except (OSError, ValueError) as error:
                raise BadInput(f"cannot read {path}: {error}; restore it from a copy") from error
            return held
        read = read_experiment(self.folder)
        return tables(read.design, read.measured)

    @property
    def table_names(self) -> list[str]:
        """The tables of the experiment: ``runs``, ``conditions``, ``contrasts`` and so on."""
        return list(self._tables)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the experiment, or else of the records of its runs, by name.

        Raises:
            UnknownName: There is no such table.
            BadInput: It cannot be read; of a table of the experiment: a condition has no run yet.
        """
        import pandas as pd

        if name in self._tables:
            return pd.DataFrame(self._tables[name])
        return self.records(name)

    def records(self, name: str) -> pd.DataFrame:
        """Return a table of records over all runs, such as ``sales``, ``posts`` or ``agents``.

        Before its own columns a row has ``run``, ``arm`` if there are arms, the varied settings by
        their dotted paths, ``replicate`` (from 1) and ``seed``. A setting that has the name of
        another column is called ``decider (factor)``. ``time`` stands beside ``step`` as a date and
        time; it is missing for what happened before step 0.

        Raises ``UnknownName``: there is no such table.
        """
        return self._of_runs(lambda run: _with_time(run, name))

    def household_days(self) -> pd.DataFrame:
        """Return the panel of all runs: a row a household and day, conditions as in ``records``.

        Its columns: see ``econsim_mesa.analysis.household_days``.
        """
        return self._of_runs(household_days)

    def to_csv(self, folder: Path | str, names: Iterable[str] = ()) -> list[Path]:
        """Write tables as CSV, one file each, and return their paths.

        ``names`` are those of ``table`` and ``household_days``; none: all tables of the experiment
        itself, and ``household_days``. Raises ``BadInput`` if the folder cannot be written.
        """
        target, written = Path(folder), []
        for name in list(names) or [*self.table_names, PANEL]:
            table = self.household_days() if name == PANEL else self.table(name)
            path = target / f"{file_name(name)}.csv"
            try:
                target.mkdir(parents=True, exist_ok=True)
                write_csv(path, rows_of(table))
            except OSError as error:
                raise BadInput(f"cannot write {path}: {error}; name another folder") from error
            written.append(path)
        return written

    def runs(self) -> Iterator[tuple[Row, Run]]:
        """Yield the finished runs that can be read, with the columns that name their condition."""
        for condition in conditions(self._experiment):
            for number, seed in enumerate(self._experiment.seeds, 1):
                name = run_id(condition, seed)
                if name not in self._finished:
                    continue
                try:
                    run = load_run(self.folder / "runs" / name)
                    varied = varied_in(self._experiment, condition, run.scenario)
                except EconSimError as error:
                    self._leave_out(name, error)
                    continue
                row = with_arm(condition, varied)
                yield {"run": name, **row, "replicate": number, "seed": seed}, run

    def _leave_out(self, run: str, error: EconSimError) -> None:
        self.left_out[run] = str(error)
        warnings.warn(f"the run {run} is left out: {error}", RuntimeWarning, stacklevel=5)

    def _of_runs(self, table_of: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
        """Return the tables of all runs as one, with the condition of each row before it."""
        import pandas as pd

        rows, parts = list[Row](), list[pd.DataFrame]()
        for row, run in self.runs():
            try:
                parts.append(table_of(run))
                rows.append(row)
            except UnknownName:
                raise
            except EconSimError as error:
                self._leave_out(row["run"], error)
        if not parts:
            return pd.DataFrame()
        table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        names = factor_columns(rows[0], table.columns)
        for place, (name, column) in enumerate(zip(rows[0], names, strict=True)):
            values = [row[name] for row, part in zip(rows, parts, strict=True) for _ in part.index]
            table.insert(place, column, values)
        return table

    def __repr__(self) -> str:
        return f"<ExperimentResults {str(self.folder)!r}: {len(self._finished)} runs>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it: what stands in the plan and the index."""
        plan = self._experiment
        named = [f"{run} ({why})" for run, why in list(self.left_out.items())[:_MOST_NAMED]]
        more = len(self.left_out) - len(named)
        facts = {
            "experiment": f"{self.name}: {self.title}",
            "folder": f"{self.folder}, {'sealed' if is_sealed(self.folder) else 'not sealed'}",
            "varied": ", ".join(plan.factors),
            "arms": ", ".join(plan.arms),
            "replicates": f"{plan.replicates}, seeds {plan.seeds[0]} to {plan.seeds[-1]}",
            "runs": f"{len(self._finished):,} finished, {len(self.left_out):,} left out",
            "left out": "; ".join(named) + (f"; and {more:,} more" if more else ""),
        }
        return facts_html({name: fact for name, fact in facts.items() if fact})


def load_experiment(folder: Path | str) -> ExperimentResults:
    """Open the folder of an experiment for reading, finished or not.

    Raises ``BadInput``: it holds no experiment, or is damaged.
    """
    return ExperimentResults(folder)


def _with_time(run: Run, name: str) -> pd.DataFrame:
    """Return a table of a run with the time of each row, as a date, beside its step."""
    import pandas as pd

    if name not in run.tables:
        raise UnknownName("table", name, run.tables)
    table = run.table(name)
    if "step" not in table:
        return table
    times = run.table("steps").set_index("step")["time"]
    dates = pd.to_datetime(table["step"].map(times))
    table = table.drop(columns="time", errors="ignore")
    table.insert(list(table.columns).index("step") + 1, "time", dates)
    return table
