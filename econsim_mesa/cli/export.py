"""``econsim export``: an experiment's index and all its tables as Parquet or CSV files."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from econsim_mesa.cli.command import Command
from econsim_mesa.cli.output import Output


def _configure(parser: ArgumentParser) -> None:
    parser.add_argument(
        "folder", metavar="DIR", type=Path, help="folder of an experiment or of a run"
    )
    parser.add_argument(
        "--csv", action="store_true", help="files of text, which need nothing to be installed"
    )


def _execute(options: Namespace, output: Output) -> int:
    from econsim_mesa.experiment.export import Format, export

    kind: Format = "csv" if options.csv else "parquet"
    made = export(options.folder, kind)
    if output.as_json:
        files = [{"file": str(table.path), "rows": table.rows} for table in made]
        output.json({"folder": str(options.folder / kind), "files": files})
    else:
        rows = sum(table.rows for table in made)
        output.text(f"{options.folder / kind}: {len(made)} files, {rows:,} rows")
    return 0


COMMAND = Command(
    name="export",
    help="Write an experiment's index and all tables over its runs as Parquet or CSV files.",
    examples=("export runs/study", "export runs/study --csv"),
    configure=_configure,
    execute=_execute,
)
