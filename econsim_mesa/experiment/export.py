"""Files of an experiment's index, and of every table of records over all its runs.

They are Parquet or CSV. ``index/`` holds ``runs`` (with a column for each factor), ``totals``,
``daily`` and ``decisions``; ``tables/`` holds the records of all runs, one file a table, with the
name of the run in the first column. pandas, DuckDB and others read them without this package:
``SELECT * FROM 'parquet/tables/sales.parquet'``.
"""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from econsim_mesa.analysis.export import csv_cell
from econsim_mesa.domains.tables import TABLES, columns
from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.runs.bundle import deriving
from econsim_mesa.runs.folders import INDEX, is_experiment
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.society.records import STORE_TABLES, Kind
from econsim_mesa.sqlite import connect

Format = Literal["parquet", "csv"]
"""What the files are; also the name of their folder, within that of the experiment or run, and
how their own names end."""
_ROWS = 50_000
"""Rows that are held in memory at once."""
Shape = dict[str, Kind]
"""Name of a column -> its type."""
Parts = Iterable[Iterable[tuple[Any, ...]]]
_INDEX: dict[str, Shape] = {
    "totals": {"run": str, "measure": str, "value": float},
    "daily": {"run": str, "day": str, "measure": str, "value": float},
    "decisions": {"run": str, "decider": str, "outcome": str, "decisions": int},
}


class TableFile(NamedTuple):
    """A file that was written, and its rows."""

    path: Path
    rows: int


def export(folder: Path, kind: Format = "parquet") -> list[TableFile]:
    """Write the files of an experiment or of one run into ``parquet/`` or ``csv/`` in its folder.

    Existing files are replaced. Raises ``BadInput`` if the folder holds neither, or pyarrow, which
    Parquet files need, is not installed.
    """
    folder = Path(folder)
    if kind == "parquet":
        _refuse_without_pyarrow()
    experiment = is_experiment(folder)
    if not experiment and not (folder / DATABASE).is_file():
        raise BadInput(f"{folder} is the folder of neither a run nor an experiment")
    with deriving(folder, kind):
        if experiment:
            return [*_index(folder, kind), *_tables(folder, _begun(folder), kind)]
        return _tables(folder, [folder], kind)


def _refuse_without_pyarrow() -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise BadInput(
            "Parquet files need pyarrow: pip install pyarrow, or give --csv for files of text"
        ) from error


def _begun(folder: Path) -> list[Path]:
    """Return the folders of all runs with a recorded step, in the order of the index."""
    with _opened(folder) as index:
        names = [folder / name for (name,) in index.execute("SELECT folder FROM runs")]
    return [path for path in names if _has_steps(path)]


def _has_steps(path: Path) -> bool:
    try:
        return load_run(path).steps > 0
    except EconSimError:
        return False


def _opened(folder: Path) -> closing[sqlite3.Connection]:
    return closing(connect(folder / INDEX))


def _index(folder: Path, kind: Format) -> Iterator[TableFile]:
    """Write the tables of the index."""
    with _opened(folder) as index:
        shape: Shape = {
            name: int if type_ == "INTEGER" else str
            for _, name, type_, *_ in index.execute("PRAGMA table_info(runs)")
        }
        tables: dict[str, Shape] = {"runs": shape, **_INDEX}
        for table, kinds in tables.items():
            rows = index.execute(f"SELECT * FROM {table} ORDER BY rowid")
            path = folder / kind / "index" / f"{table}.{kind}"
            yield _WRITERS[kind](path, kinds, [rows])


def _tables(folder: Path, runs: Sequence[Path], kind: Format) -> list[TableFile]:
    """Write every table of records over all runs that have it."""
    opened = [load_run(path) for path in runs]
    stressors = list(dict.fromkeys(name for run in opened for name in run.stressors))
    shapes = {table: columns(table, stressors) for table in (*TABLES, *STORE_TABLES, "agents")}
    for run in opened:
        shapes |= {table: kinds for table, kinds in run.tables.items() if table not in shapes}
    made = []
    for table, kinds in shapes.items():
        rows = (_rows(run, table, list(kinds)) for run in opened if table in run.tables)
        path = folder / kind / "tables" / f"{table}.{kind}"
        made.append(_WRITERS[kind](path, {"run": str, **kinds}, rows))
    return made


def _rows(run: Run, table: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a run; a stressor that the run lacks is null."""
    fields = run.fields(table)
    place = [fields.index(name) if name in fields else -1 for name in names]
    whole = place == list(range(len(fields)))
    with closing(run.rows(table)) as rows:
        for row in rows:
            held = row if whole else tuple(None if k < 0 else row[k] for k in place)
            yield (run.folder.name, *held)


def _write_csv(path: Path, kinds: Shape, parts: Parts) -> TableFile:
    """Write one file of text, as an analysis does; what is not known is an empty cell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(kinds)
        for part in parts:
            for row in part:
                writer.writerow([csv_cell(value) for value in row])
                count += 1
    return TableFile(path, count)


def _write_parquet(path: Path, kinds: Shape, parts: Parts) -> TableFile:
    """Write one file, part after part, in row groups of at most ``_ROWS`` rows."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {int: pa.int64(), str: pa.string(), float: pa.float64()}
    schema = pa.schema([(name, types[_plain(kind)]) for name, kind in kinds.items()])
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with parquet.ParquetWriter(path, schema) as writer:
        for part in parts:
            rows = iter(part)
            while held := list(islice(rows, _ROWS)):
                arrays = [
                    pa.array(column, type=field.type)
                    for column, field in zip(zip(*held, strict=True), schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                count += len(held)
    return TableFile(path, count)


def _plain(kind: Kind) -> type:
    """Return the type of a column without None, which it may also hold."""
    plain: type = next(option for option in (*get_args(kind), kind) if option is not type(None))
    return plain


_WRITERS: dict[Format, Callable[[Path, Shape, Parts], TableFile]] = {
    "parquet": _write_parquet,
    "csv": _write_csv,
}
