"""Read a persona table that lies beside its scenario into the scenario itself."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from econsim_mesa.errors import Problem, ScenarioError
from econsim_mesa.scenario.paths import json_path
from econsim_mesa.scenario.read import MAX_VALUES, beside, read_text, refusal

AT = ("agents", "Household", "persona", "table")
"""Where a scenario names its persona table."""


def fill_rows(data: Any, folder: Path | None, source: str) -> None:
    """Read the file of a persona table, if raw data names one, into its ``rows``.

    Rows that are there already stay: a resolved scenario does not need the file again. The
    file lies in ``folder``, the scenario's own, or below it. Raises ``ScenarioError``.
    """
    table, file = _table(data), table_file(data)
    if table is None or file is None or table.get("rows"):
        return
    try:
        table["rows"] = _rows(beside(file, folder))
    except ScenarioError as error:
        at = json_path((*AT, "file"))
        found = [f"{file!r}: {problem.message}" for problem in error.problems]
        raise ScenarioError(source, [Problem(at, message) for message in found]) from None


def table_file(data: Any) -> str | None:
    """Return the file that raw data names for its persona table, if it does."""
    file = (_table(data) or {}).get("file")
    return file if isinstance(file, str) else None


def clear_rows(data: Any) -> None:
    """Forget rows that were read, so that ``fill_rows`` reads the file anew."""
    table = _table(data)
    if table is not None:
        table["rows"] = []


def _table(data: Any) -> dict[str, JsonValue] | None:
    for key in AT:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else None


def _rows(path: Path) -> list[JsonValue]:
    lines = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        table = [line for line in lines if line]
    except csv.Error as error:
        raise refusal(str(path), f"not a CSV table: {error} (line {lines.line_num})") from None
    if len(table) < 2:
        raise refusal(str(path), "needs a line of column names and a line for each household")
    columns = [column.strip() for column in table[0]]
    if len(set(columns)) < len(columns) or "" in columns:
        raise refusal(str(path), "its first line must hold column names, each of them once")
    if len(columns) * len(table) > MAX_VALUES:
        raise refusal(str(path), f"holds more than {MAX_VALUES:,} values")
    ragged = [row for row, line in enumerate(table, 1) if len(line) != len(columns)]
    if ragged:
        message = f"row {ragged[0]} has another number of cells than the {len(columns)} columns"
        raise refusal(str(path), message)
    return [dict(zip(columns, line, strict=True)) for line in table[1:]]
