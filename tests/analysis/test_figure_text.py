"""Names in figures: of any script, with signs that matplotlib would take for formulas."""

import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from econsim_mesa.analysis.figures.style import boxes, panels, save, style

_UNASSIGNED = "\U000e0fff"  # no font has it, whatever is installed


def _titled(title: str) -> Figure:
    with style():
        figure = panels(1)
        figure.axes[0].set_title(title)
        figure.axes[0].plot([1, 2], [1e6, 2])
    return figure


def test_what_no_font_has_is_named_once_and_warned_of_never(tmp_path: Path) -> None:
    figures = [_titled(f"Löwe, λ, Ж {_UNASSIGNED}"), _titled(_UNASSIGNED)]
    assert boxes(figures) == _UNASSIGNED
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert all(path.stat().st_size for path in save(figures[0], tmp_path, "one"))


def test_dollars_are_dollars(tmp_path: Path) -> None:
    figure = _titled(r"Pizza at $5, Salad at $\frac")
    assert boxes([figure]) == ""
    save(figure, tmp_path, "dollars")


@pytest.mark.skipif(find_spec("matplotlib_fontja") is None, reason="needs econsim-mesa[fonts]")
def test_japanese_has_a_font_where_its_package_is_installed(tmp_path: Path) -> None:
    figure = _titled("ピザ屋のクリスマスセール、口コミと混雑")
    assert boxes([figure]) == ""
    save(figure, tmp_path, "japanese")
