"""Tables and figures as files: CSV for each table, one JSON of all, figures in three formats.

The same content gives the same bytes. Text that a spreadsheet would take for a formula is
written with an apostrophe before it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from econsim_mesa.analysis.result_tables import Row, json_value
from econsim_mesa.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

FOLDER = "analysis"
"""Name of the folder beside a run's or an experiment's own files."""
TABLES = "tables.json"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_analysis(
    folder: Path,
    tables: Mapping[str, Sequence[Row]],
    figures: Mapping[str, Figure],
    more: Mapping[str, Sequence[Row]],
) -> Path:
    """Write tables and figures into ``analysis`` in ``folder``, and return it.

    ``more`` has tables that are written as CSV alone, and are not part of the one JSON file.

    Files of an earlier analysis are deleted first. Raises ``BadInput`` if the folder cannot be
    written.
    """
    target = folder / FOLDER
    try:
        _clear(target)
        target.mkdir(exist_ok=True)
        for name, rows in {**tables, **more}.items():
            write_csv(target / f"{file_name(name)}.csv", rows)
        text = json.dumps(tables, indent=1, ensure_ascii=False, allow_nan=False)
        (target / TABLES).write_text(f"{text}\n", encoding="utf-8", newline="\n")
        for name, figure in figures.items():
            from econsim_mesa.analysis.figures.style import save

            save(figure, target, name)
    except OSError as error:
        raise BadInput(
            f"cannot write {target}: {error}; give --no-files to see the tables alone"
        ) from error
    return target


def rows_of(table: pd.DataFrame) -> list[Row]:
    """Return a table as rows; unknown values are None."""
    columns = [str(column) for column in table.columns]
    return [
        {name: json_value(value) for name, value in zip(columns, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as CSV in UTF-8, a column for each key; None is an empty cell."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([csv_cell(name) for name in names])
        writer.writerows([csv_cell(row.get(name)) for name in names] for row in rows)


def file_name(name: str) -> str:
    """Return a table's name as a file's.

    >>> file_name("daily Pizza/Place")
    'daily_Pizza_Place'
    """
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", name).strip("._") or "table"


def csv_cell(value: Any) -> Any:
    """Return what a cell of a CSV file holds for a value."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _clear(folder: Path) -> None:
    """Take away what an analysis writes, and nothing else."""
    if folder.is_dir() and not folder.is_symlink():
        for path in folder.iterdir():
            if path.is_file() and path.suffix in (".csv", ".json", ".svg", ".pdf", ".png"):
                path.unlink()
