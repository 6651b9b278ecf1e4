"""Tables on the terminal: columns that format values, rows, and notes below them.

>>> units = Column("units sold", "units", significant)
>>> str(units.cell({"units": 1234.5})), str(units.cell({"units": None}))
('1,234', '-')
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from rich import box
from rich.console import Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from econsim_mesa.numbers import UNKNOWN, significant

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

Row = Mapping[str, Any]
"""A row of a table: its values by name. It may be any object if all columns have functions."""
EDGES, GAP = 2, 2
"""Blanks to the left and right of a table together, and between two of its columns."""
_NAME_WIDTH = 7
"""Width of the name of a note, so that the texts of notes are aligned."""
_NARROWEST = 6
"""Least width of a column of words that can be read."""
_WIDEST = 10_000
"""Width of a terminal on which no line needs to be broken."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        header: Its heading.
        value: Name of the value in a row, or a function of the row (default: the header).
        write: Formats a value that is neither missing nor a text with a style.
        align: ``left`` for words, ``right`` for numbers.
        missing: Text for None and NaN.
        wrap: Whether long words may be broken over several lines; numbers never are.
        least, most: Columns of the terminal that it takes (default: as many as its text).
    """

    header: str
    value: str | Callable[[Any], Any] | None = None
    write: Callable[[Any], str] = str
    align: Literal["left", "right"] = "right"
    missing: str = UNKNOWN
    wrap: bool = False
    least: int | None = None
    most: int | None = None

    def cell(self, row: Any) -> Text:
        """Return the text of this column in a row. Raises ``KeyError`` for an unknown name."""
        if callable(self.value):
            value = self.value(row)
        else:
            value = row[self.header if self.value is None else self.value]
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return Text(self.missing)
        return value if isinstance(value, Text) else Text(self.write(value))


def text_column(header: str, value: str | Callable[[Any], Any] | None = None) -> Column:
    """Return a column of words to the left, which may be broken over several lines."""
    return Column(header, value, align="left", wrap=True)


def number_column(
    header: str,
    value: str | Callable[[Any], Any] | None = None,
    write: Callable[[Any], str] = significant,
) -> Column:
    """Return a column of numbers to the right, which are never broken."""
    return Column(header, value, write)


def table(
    columns: Sequence[Column],
    rows: Iterable[Any] | pd.DataFrame,
    *,
    title: str = "",
    notes: Sequence[RenderableType] = (),
    style: Callable[[Any], str] | None = None,
) -> Group:
    """Return a table with its title above, which may be wider, and notes below it.

    Args:
        columns: Its columns, from left to right.
        rows: Its rows; a data frame has its index as columns, if that has a name.
        title: Its contents in words.
        notes: Lines below it; see ``note``.
        style: Returns the style of a row, such as ``"bold"``; ``""`` for none.
    """
    heading = [Text(title, "italic")] if title else []
    return Group(*heading, grid(columns, rows, style=style), *notes)


def grid(
    columns: Sequence[Column],
    rows: Iterable[Any] | pd.DataFrame,
    *,
    total: Any = None,
    style: Callable[[Any], str] | None = None,
    **look: Any,
) -> Table:
    """Return a table without title and notes; see ``table``.

    ``total`` is a last row, which is set apart. ``look`` has options of ``rich.table.Table`` that
    replace the usual ones.
    """
    standard: dict[str, Any] = {"box": box.SIMPLE_HEAD, "pad_edge": False, "padding": (0, 1, 0, 0)}
    made = Table(**(standard | look), show_footer=total is not None)
    for column in columns:
        made.add_column(
            column.header,
            "" if total is None else column.cell(total),
            justify=column.align,
            no_wrap=not column.wrap,
            overflow="fold",
            min_width=column.least or (_NARROWEST if column.wrap else None),
            max_width=column.most,
        )
    for row in _records(rows):
        made.add_row(*(column.cell(row) for column in columns), style=style(row) if style else "")
    return made


def note(name: str, text: str) -> Text:
    """Return a line that begins with its name in bold."""
    return Text(f"{name:<{_NAME_WIDTH}} ", "bold").append(text, "not bold")


def width_of(renderable: RenderableType, console: Console) -> int:
    """Return the width of a renderable on a terminal that is wide enough."""
    wide = console.options.update(width=_WIDEST)
    return Measurement.get(console, wide, renderable).maximum


def _records(rows: Any) -> Iterable[Any]:
    """Return the rows of a data frame, or rows as they are."""
    if hasattr(rows, "to_dict"):
        frame = rows.reset_index() if any(rows.index.names) else rows
        rows = frame.to_dict("records")
    yield from rows
