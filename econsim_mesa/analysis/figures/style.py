"""The style of figures, and writing them: greys, marks and dashes distinguish lines.

Figures are made without pyplot, which has global state. The same numbers give the same bytes:
ids of SVG are salted with a fixed word, and no file holds a date.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text
from matplotlib.ticker import StrMethodFormatter

C = TypeVar("C")
COLORS = ("#111111", "#0b6fa4", "#c8691c", "#6a6a6a", "#3a8f5c", "#8d5fa8")
MARKS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))
BAND, SHADE = 0.18, "#dddddd"
MOST_PANELS = 16
"""Most conditions that a figure shows: the first ones, and it says how many there are."""

_FONT = "DejaVu Sans"  # comes with matplotlib
_OTHER_SCRIPTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans CJK KR",
    "Noto Sans JP",
    "Noto Sans SC",
    "Noto Sans KR",
    "Hiragino Sans",
    "PingFang SC",
    "Apple SD Gothic Neo",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "IPAexGothic",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
)
"""Fonts for characters that the first one lacks, mainly Japanese, Chinese and Korean."""
_ANY_SCRIPT = "Noto Sans "
"""How the names of fonts begin of which there is one for each script."""
_FONT_PACKAGE = "matplotlib_fontja", "fonts/ipaexg.ttf"
"""A package of Python that holds a font for Japanese, and where in it (``econsim-mesa[fonts]``)."""

_RULES: dict[str, object] = {
    "svg.hashsalt": "econsim",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "text.parse_math": False,  # a name may hold dollars
    "font.size": 8.0,
    "axes.titlesize": 8.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
}
_NO_DATE: dict[str, dict[str, None]] = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None},
    "png": {"Software": None},
}


@contextmanager
def style() -> Iterator[None]:
    """Draw by the rules of this module, in place of the user's settings of matplotlib."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        for name, value in _RULES.items():
            matplotlib.rcParams[name] = value  # type: ignore[index]
        matplotlib.rcParams["font.family"] = _fonts()
        yield


def boxes(figures: Iterable[Figure]) -> str:
    """Return the characters in figures that no installed font has, which are drawn as boxes."""
    drawn: set[int] = set()
    for figure in figures:
        for text in figure.findobj(Text):
            if isinstance(text, Text):
                drawn |= {ord(letter) for letter in text.get_text() if not letter.isspace()}
    for name in _fonts():
        drawn -= set(get_font(findfont(FontProperties(family=[name]))).get_charmap())
    return "".join(map(chr, sorted(drawn)))


def _fonts() -> list[str]:
    """Return the fonts that are looked into for a character, one after the other."""
    _add_font_of_package()
    installed = {font.name for font in fontManager.ttflist}
    known = [name for name in _OTHER_SCRIPTS if name in installed]
    others = sorted(name for name in installed if name.startswith(_ANY_SCRIPT))
    return [_FONT, *known, *(name for name in others if name not in known)]


@cache
def _add_font_of_package() -> None:
    """Make the font of a package known, if it is installed.

    The package itself is not imported: that would change the user's settings of matplotlib.
    """
    package, file = _FONT_PACKAGE
    found = find_spec(package)
    if found is not None and found.origin is not None:
        fontManager.addfont(Path(found.origin).parent / file)


def panels(count: int, *, width: float = 2.3, height: float = 2.0, most: int = 4) -> Figure:
    """Return a figure with ``count`` axes in rows of at most ``most``; spare axes are hidden."""
    columns = min(most, max(count, 1))
    rows = math.ceil(max(count, 1) / columns)
    figure = Figure(
        figsize=(max(width * columns, 3.4), height * rows + 0.5), layout="constrained", dpi=150
    )
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False)
    for one in axes.flat:
        one.yaxis.set_major_formatter(StrMethodFormatter("{x:,.10g}"))
    for one in axes.flat[max(count, 1) :]:
        one.axis("off")
    return figure


def panel_each(conditions: Sequence[C]) -> tuple[Figure, list[tuple[Axes, C]], str]:
    """Return a figure with a panel for each condition, of at most ``MOST_PANELS``.

    Also returns the axes of each condition that is shown, and words about those left out.
    """
    shown = conditions[:MOST_PANELS]
    figure = panels(len(shown))
    places = list(zip(axes_of(figure), shown, strict=False))
    return figure, places, left_out(len(shown), len(conditions))


def axes_of(figure: Figure) -> list[Axes]:
    """Return the axes of a figure, row by row."""
    return list(figure.axes)


def left_out(shown: int, given: int) -> str:
    """Return words about conditions that a figure leaves out.

    >>> left_out(16, 20), left_out(3, 3)
    ('; the first 16 of 20 conditions', '')
    """
    return f"; the first {shown} of {given} conditions" if shown < given else ""


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write a figure as SVG, PDF and PNG with the same layout; return the files."""
    paths = []
    with style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # `boxes` says it once
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for kind, metadata in _NO_DATE.items():
            path = folder / f"{name}.{kind}"
            figure.savefig(path, metadata=metadata, dpi=150)
            paths.append(path)
    return paths


def wrapped(label: str, width: int = 30) -> str:
    r"""Return a label in lines that fit above a small panel.

    >>> wrapped("pizza_place, stress on", 14)
    'pizza_place,\nstress on'
    """
    lines: list[str] = []
    for word in label.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "\n".join(lines)
