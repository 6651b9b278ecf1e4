"""What an experiment has found so far, as DataFrames with the condition of each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.analysis.export import file_name, rows_of, write_csv
from econsim_mesa.analysis.household_days import household_days
from econsim_mesa.analysis.result_tables import Row
from econsim_mesa.errors import UnknownName
from econsim_mesa.experiment.conditions import run_id
from econsim_mesa.experiment.folder import read_experiment
from econsim_mesa.experiment.load import condition_columns
from econsim_mesa.experiment.tables import tables
from econsim_mesa.notebook import facts_html
from econsim_mesa.runs.reader import Run, load_run

if TYPE_CHECKING:
    import pandas as pd

PANEL = "household_days"
"""Name of the panel in ``to_csv``."""


class ExperimentResults:
    """The finished runs of an experiment; each is read when it is asked for.

    ``unfinished`` names the other runs, with their status and why: no table holds them.
    """

    def __init__(self, folder: Path | str) -> None:
        """Open the folder of an experiment. Raises ``BadInput``: it holds none, or is damaged."""
        self._read = read_experiment(folder)
        self.folder, self.unfinished = self._read.folder, self._read.unfinished
        self.name = self._read.design.experiment.name

    @cached_property
    def _tables(self) -> dict[str, list[Row]]:
        return tables(self._read.design, self._read.measured)

    @property
    def table_names(self) -> list[str]:
        """The tables of the experiment: ``runs``, ``conditions``, ``contrasts`` and so on."""
        return list(self._tables)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table of the experiment, or one of its runs, such as ``sales`` or ``agents``.

        Rows of runs have ``run``, the varied settings by their dotted paths, ``arm`` if there are
        arms, ``seed``, and where they have a step its ``time`` as a date.

        Raises ``UnknownName``: there is no such table.
        """
        import pandas as pd

        if name in self._tables:
            return pd.DataFrame(self._tables[name])
        return self._of_runs(lambda run: _with_time(run, name))

    def household_days(self) -> pd.DataFrame:
        """Return the panel of all runs: one row a household and day, see ``household_days``."""
        return self._of_runs(household_days)

    def to_csv(self, folder: Path | str, names: Iterable[str] = ()) -> list[Path]:
        """Write tables as CSV, one file each: the experiment's own and the panel unless named.

        Returns the paths of the files.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        written = []
        for name in list(names) or [*self.table_names, PANEL]:
            table = self.household_days() if name == PANEL else self.table(name)
            path = target / f"{file_name(name)}.csv"
            write_csv(path, rows_of(table))
            written.append(path)
        return written

    def runs(self) -> Iterator[tuple[Row, Run]]:
        """Yield the finished runs with their condition: ``run``, settings, ``arm``, ``seed``."""
        design = self._read.design
        for condition in design.conditions:
            for seed in design.experiment.seeds:
                name = run_id(condition, seed)
                if name in self._read.measured:
                    row = {"run": name, **condition_columns(design, condition), "seed": seed}
                    yield row, load_run(self.folder / "runs" / name)

    def _of_runs(self, made_of: Callable[[Run], pd.DataFrame]) -> pd.DataFrame:
        """Return the tables of all runs as one, with the condition of each row before it."""
        import pandas as pd

        parts = []
        for row, run in self.runs():
            table = made_of(run)
            named = {name: [value] * len(table) for name, value in row.items()}
            parts.append(pd.concat([pd.DataFrame(named, index=table.index), table], axis=1))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def __repr__(self) -> str:
        return f"<ExperimentResults {str(self.folder)!r}: {len(self._read.measured)} runs>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows of it."""
        design = self._read.design
        return facts_html(
            {
                "experiment": self.name,
                "folder": self.folder,
                "conditions": len(design.conditions),
                "runs": f"{len(self._read.measured):,} finished, {len(self.unfinished):,} not",
                "tables": ", ".join(self.table_names),
            }
        )


def load_experiment(folder: Path | str) -> ExperimentResults:
    """Open the folder of an experiment for reading, finished or not.

    Raises ``BadInput``: it holds no experiment, or is damaged.
    """
    return ExperimentResults(folder)


def _with_time(run: Run, name: str) -> pd.DataFrame:
    """Return a table of a run with the time of each row as a date."""
    import pandas as pd

    if name not in run.tables:
        raise UnknownName("table", name, run.tables)
    table = run.table(name)
    if "step" not in table:
        return table
    times = run.table("steps").set_index("step")["time"]
    return table.assign(time=pd.to_datetime(table["step"].map(times)))
