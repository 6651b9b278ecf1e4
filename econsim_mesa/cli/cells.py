"""Cells of printed tables: numbers, p-values, intervals; what is not known is a dash."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]
Cell = Callable[[Row], str]
_WORDS = frozenset(
    ("condition", "contrast", "verdict", "two lines", "test", "of", "measure", "source", "note")
)
"""Columns of words, which may be broken."""
_LEAST = 6
"""Width of a column of words below which nothing can be read."""


def table(
    title: str, rows: Sequence[Row], columns: Mapping[str, Cell], words: Collection[str] = ()
) -> Table:
    """Return a table: columns of words, and those in ``words``, to the left; numbers right."""
    shown = Table(
        title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, padding=(0, 1, 0, 0)
    )
    if not rows:
        return Table(show_header=False, box=None)
    for name in columns:
        left = name in _WORDS or name in words
        shown.add_column(
            name,
            justify="left" if left else "right",
            no_wrap=name not in _WORDS,
            min_width=_LEAST if left else None,
            overflow="fold",
        )
    for row in rows:
        shown.add_row(*(Text(cell(row)) for cell in columns.values()))
    return shown


def note(name: str, words: str) -> Text:
    """Return a line that begins with a word in bold."""
    return Text(f"{name:<9}", style="bold").append(words, "not bold")


def figure(name: str) -> Cell:
    """Return the cell of a column of numbers."""
    return lambda row: number(row[name])


def interval(name: str) -> Cell:
    """Return the cell of the interval of an estimate."""
    return lambda row: span(row[f"{name}_low"], row[f"{name}_high"])


def span(low: float | None, high: float | None) -> str:
    """Return an interval; "-" where there is none."""
    return "-" if low is None or high is None else f"{number(low)} to {number(high)}"


def with_p(value: float | None, p: float | None) -> str:
    """Return a number with its p in brackets."""
    return "-" if value is None else f"{number(value)} ({probability(p)})"


def number(value: float | None) -> str:
    """Return a number with three figures; "-" for None.

    >>> number(-0.034563), number(1234.5), number(None)
    ('-0.0346', '1,234', '-')
    """
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def probability(p: float | None) -> str:
    """Return a p-value.

    >>> probability(0.0123), probability(0.00001), probability(1.0), probability(None)
    ('.012', '<.001', '1', '-')
    """
    if p is None:
        return "-"
    if p < 0.001:
        return "<.001"
    return "1" if p >= 0.9995 else f"{p:.3f}".lstrip("0")
