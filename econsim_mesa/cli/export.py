"""``econsim export``: an experiment's index and all its tables as Parquet files."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.screen import Screen


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "folder", metavar="DIR", type=Path, help="folder of an experiment or of a run"
    )


def _execute(options: Namespace, screen: Screen) -> int:
    from econsim_mesa.experiment.parquet import FOLDER, export

    made = export(options.folder)
    if screen.json:
        files = [{"file": str(one.path), "rows": one.rows} for one in made]
        screen.emit({"folder": str(options.folder / FOLDER), "files": files})
    else:
        rows = sum(one.rows for one in made)
        screen.say(f"{options.folder / FOLDER}: {len(made)} files, {rows:,} rows")
    return 0


COMMAND = Command(
    name="export",
    help="Write an experiment's index and all tables over its runs as Parquet files.",
    examples=("export runs/study",),
    configure=_configure,
    execute=_execute,
)
