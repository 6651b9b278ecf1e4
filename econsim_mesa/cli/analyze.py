"""``econsim analyze``: tables of one run or many; of a pair also the differences."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.screen import Screen

if TYPE_CHECKING:
    import pandas as pd


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument("folders", metavar="DIR", type=Path, nargs="+", help="folders of runs")


def _execute(options: Namespace, screen: Screen) -> int:
    from econsim_mesa.analysis import daily, paired_differences
    from econsim_mesa.records import load_run

    runs = [load_run(folder) for folder in options.folders]
    tables = {f"daily {run.folder.name}": daily(run) for run in runs}
    if len(runs) == 2 and _are_pair(runs[0].meta, runs[1].meta, runs[0].folder, runs[1].folder):
        forked = "parent" in runs[0].meta
        run, base = runs if forked else runs[::-1]
        name = f"{run.folder.name} minus {base.folder.name}"
        tables[name] = paired_differences(run, base)
    if screen.json:
        screen.emit({"tables": {name: _rows(table) for name, table in tables.items()}})
        return 0
    for name, table in tables.items():
        _show(name, table, screen)
    return 0


def _are_pair(one: dict[str, str], other: dict[str, str], here: Path, there: Path) -> bool:
    """Whether one of two runs was forked from the other."""
    return one.get("parent") == there.resolve().name or other.get("parent") == here.resolve().name


def _rows(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return a table as rows for JSON."""
    return [
        {str(column): value for column, value in row.items()}
        for row in table.reset_index().to_dict("records")
    ]


def _show(name: str, table: pd.DataFrame, screen: Screen) -> None:
    """Print a table with its days as columns, which are fewer than its figures."""
    from rich import box
    from rich.table import Table

    shown = Table(title=name, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    shown.add_column("")
    for day in table.index:
        shown.add_column(str(day)[5:], justify="right")
    for figure in table.columns:
        shown.add_row(figure, *(f"{value:,.4g}" for value in table[figure]))
    screen.console().print(shown)


COMMAND = Command(
    name="analyze",
    help="Print tables of runs, day by day; of a fork and its parent also the differences.",
    examples=("analyze runs/first", "analyze runs/first runs/no-stress --json"),
    configure=_configure,
    execute=_execute,
)
