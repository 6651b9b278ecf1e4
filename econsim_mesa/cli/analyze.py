"""``econsim analyze``: tables and figures of runs and of experiments, beside their own files."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.options import add_full
from econsim_mesa.cli.output import Output

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from econsim_mesa.analysis.result_tables import Row, Tables
    from econsim_mesa.experiment.measures import MeasureInWords
    from econsim_mesa.runs.reader import Run

_DAYS = 10
"""Number of days that are printed side by side."""


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "folders", metavar="DIR", type=Path, nargs="+", help="folders of runs or of experiments"
    )
    parser.add_argument(
        "--no-files", action="store_true", help="print the tables, and write nothing"
    )
    add_full(parser)


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.runs.folders import is_experiment
    from econsim_mesa.runs.reader import load_run

    experiments = [folder for folder in options.folders if is_experiment(folder)]
    runs = [load_run(folder) for folder in options.folders if folder not in experiments]
    told: Tables = {}
    written = []
    for folder in experiments:
        tables, figures = _experiment(folder, options, output)
        told |= tables if len(options.folders) == 1 else _under(folder.name, tables)
        more = {} if options.no_files else _described(folder)
        written += _write(folder, tables, figures, options, output, more)
    differences = _differences(runs)
    for run in runs:
        tables, figures = _run(run)
        if run is next(iter(runs), None):
            tables |= {name: _rows(table) for name, table in differences.items()}
            figures = {**figures, **(_branches(runs) if differences else {})}
        daily = tables.pop("daily")
        told[f"daily {run.folder.name}"] = daily
        told |= tables if len(runs) == 1 else _under(run.folder.name, tables)
        written += _write(run.folder, {"daily": daily, **tables}, figures, options, output)
    if output.as_json:
        output.json({"tables": told, "written": [str(path) for path in written]})
        return 0
    if not output.quiet:
        _print_runs(runs, told, differences, options, output)
    for path in written:
        output.text(str(path) if output.quiet else f"written {path}")
    return 0


def _print_runs(
    runs: Sequence[Run],
    told: Tables,
    differences: Mapping[str, pd.DataFrame],
    options: Namespace,
    output: Output,
) -> None:
    """Print a table of days for each run; of a fork and its parent what the change did."""
    from econsim_mesa.cli.fork_in_short import first_day, fork_in_short
    from econsim_mesa.experiment.measures import in_words

    if differences:
        (table,) = differences.values()
        run, base = _as_pair(runs)
        for line in fork_in_short(run, base, table):
            output.text(line)
    for run in runs if options.full or not differences else ():
        _show(f"daily {run.folder.name}", told[f"daily {run.folder.name}"], output)
        if run.scenario.currency.decimals:
            output.text(f"revenue in {run.scenario.currency.smallest_unit}")
    for name, table in differences.items():
        since = table[table.index >= first_day(run)]
        _show(name, _rows(since), output, lambda figure: in_words([runs[0].scenario], figure))


def _experiment(
    folder: Path, options: Namespace, output: Output
) -> tuple[Tables, Mapping[str, Figure]]:
    """Return the tables and figures of an experiment, and print what it came to."""
    from econsim_mesa.cli.experiment_tables import print_experiment
    from econsim_mesa.cli.in_short import print_in_short
    from econsim_mesa.experiment.figures import figures
    from econsim_mesa.experiment.folder import read_experiment
    from econsim_mesa.experiment.level_names import label_of
    from econsim_mesa.experiment.run import ExperimentReport
    from econsim_mesa.experiment.tables import tables

    made = read_experiment(folder)
    found = tables(made.design, made.measured)
    if not output.as_json and not output.quiet:
        report = ExperimentReport(folder, made.plan, made.measured, made.unfinished, False)
        print_in_short(made.design, found, report, output.console())
        if options.full:
            print_experiment(made.design, found, report, output.console())
    drawn = figures(made.design, made.measured, found, label_of)
    return found, drawn


def _described(folder: Path) -> Tables:
    """Return the descriptions of all finished runs of an experiment, a table for each."""
    from econsim_mesa.analysis.descriptive import describe
    from econsim_mesa.analysis.export import rows_of
    from econsim_mesa.experiment.folder import read_experiment
    from econsim_mesa.runs.reader import load_run

    found: Tables = {}
    for name in sorted(read_experiment(folder).measured):
        with load_run(folder / "runs" / name) as run:
            for title, table in describe(run).items():
                rows = [{"run": name, **row} for row in rows_of(table)]
                found.setdefault(f"described_{title}", []).extend(rows)
    return found


def _run(run: Run) -> tuple[Tables, Mapping[str, Figure]]:
    from econsim_mesa.analysis import daily
    from econsim_mesa.analysis.descriptive import describe
    from econsim_mesa.analysis.export import rows_of
    from econsim_mesa.analysis.figures.run import run_figures

    days = daily(run)
    tables = {"daily": _rows(days)}
    tables |= {f"described_{name}": rows_of(table) for name, table in describe(run).items()}
    return tables, run_figures(run, days)


def _write(
    folder: Path,
    tables: Tables,
    figures: Mapping[str, Figure],
    options: Namespace,
    output: Output,
    more: Tables | None = None,
) -> list[Path]:
    """Write an analysis and list it as derived; ``more`` are tables too long for the JSON file."""
    if options.no_files:
        return []
    from econsim_mesa.analysis.export import FOLDER, write_analysis
    from econsim_mesa.analysis.figures.style import boxes
    from econsim_mesa.runs.bundle.derived import deriving

    if unknown := boxes(figures.values()):
        output.warn(
            f"note: no font on this machine has {unknown}: the figures show boxes in their place. "
            f"Install one (pip install 'econsim-mesa[fonts]' for Japanese; Debian, Ubuntu: "
            f"apt install fonts-noto-cjk) and analyze again."
        )
    with deriving(folder, FOLDER):
        return [write_analysis(folder, tables, figures, more or {})]


def _differences(runs: Sequence[Run]) -> dict[str, pd.DataFrame]:
    """Return the paired differences of a fork and its parent; empty for other runs."""
    from econsim_mesa.analysis import paired_differences

    if len(runs) != 2 or not _are_pair(*runs):
        return {}
    run, base = _as_pair(runs)
    return {f"{run.folder.name} minus {base.folder.name}": paired_differences(run, base)}


def _branches(runs: Sequence[Run]) -> dict[str, Figure]:
    """Return the figure of a fork and its parent."""
    from econsim_mesa.analysis import daily
    from econsim_mesa.analysis.figures.run import MOST_STORES, branch_figure
    from econsim_mesa.cli.fork_in_short import first_day

    pair = _as_pair(runs)
    stores = [name for _, name, _ in pair[0].scenario.agents.stores()][:MOST_STORES]
    days = [(branch.folder.name, daily(branch)) for branch in pair]
    return {"branches": branch_figure(days, stores, first_day(pair[0]))}


def _are_pair(one: Run, other: Run) -> bool:
    """Whether one of two runs was forked from the other."""
    here, there = one.folder.resolve().name, other.folder.resolve().name
    return one.meta.get("parent") == there or other.meta.get("parent") == here


def _as_pair(runs: Sequence[Run]) -> tuple[Run, Run]:
    """Return a fork and its parent, in this order."""
    run, base = runs if "parent" in runs[0].meta else runs[::-1]
    return run, base


def _under(name: str, tables: Tables) -> Tables:
    return {f"{title} {name}": rows for title, rows in tables.items()}


def _rows(table: pd.DataFrame) -> list[Row]:
    """Return a table with its index as rows for JSON."""
    from econsim_mesa.analysis.export import rows_of

    return rows_of(table.reset_index())


def _show(
    name: str,
    rows: Sequence[Row],
    output: Output,
    said: Callable[[str], MeasureInWords] | None = None,
) -> None:
    """Print a table with its days as columns, which are fewer than its figures.

    Figures that are 0 on all days are left out. With ``said``, the words of a measure, there is a
    column with the totals of those that are sums.
    """
    from econsim_mesa.cli.tables import Column, grid

    shown = [name for name in rows[0] if name != "day" and any(row[name] for row in rows)]
    for start in range(0, len(rows), _DAYS):
        days = rows[start : start + _DAYS]
        figures = [
            {"figure": figure, **{row["day"]: row[figure] for row in days}} for figure in shown
        ]
        columns = [Column(str(row["day"])[5:], row["day"], _number) for row in days]
        if said is not None and start + _DAYS >= len(rows):
            columns.append(Column("total", "total", _number, missing=""))
            for one in figures:
                figure = str(one["figure"])
                sums = not said(figure).is_mean
                one["total"] = sum(row[figure] for row in rows) if sums else None
        title = name if start == 0 else None
        table = grid(
            [Column("", "figure", align="left"), *columns],
            figures,
            title=title,
            title_justify="left",
        )
        output.console().print(table)
    if not shown:
        output.text(f"{name}: no difference on any day")


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}"


COMMAND = Command(
    name="analyze",
    help="Tables and figures of runs and experiments, written to DIR/analysis; of a fork and its "
    "parent also the differences.",
    examples=(
        "analyze runs/first",
        "analyze runs/study",
        "analyze runs/first runs/no-stress --json --no-files",
    ),
    configure=_configure,
    execute=_execute,
)
