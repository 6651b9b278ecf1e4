"""When an inverted U is refuted: only where range and size allow it."""

from __future__ import annotations

import pytest

from econsim_mesa.studies.online_offline.refutation import REACH, Ends, Shape, shape_says


def shape(
    verdict: str = "inconclusive",
    hump: Ends = (-1.0, 1.0),
    rise: Ends = (-2.0, 2.0),
    slopes: tuple[Ends, Ends] = ((-1.0, 1.0), (-1.0, 1.0)),
    smallest: float = 2.0,
) -> Shape:
    return Shape(verdict, 1.0, 17.0, hump, rise, *slopes, smallest)


RISES: Ends = (0.2, 1.0)
FALLS: Ends = (-1.0, -0.2)
EITHER: Ends = (-1.0, 1.0)


@pytest.mark.parametrize(
    ("given", "says", "why"),
    [
        (shape("inverted U"), "supported", "turns within x from 1 to 17"),
        (shape(), "refuted", "a hump of 2 or more is excluded within x from 1 to 17"),
        (shape(hump=(-4.0, -2.0), slopes=(FALLS, RISES)), "refuted", "falls and then rises"),
        (shape(hump=(-1.0, 2.1)), "open", "too few runs and days: a hump of 2 is neither"),
        (shape(hump=(None, None)), "open", "neither shown nor excluded"),
        (shape(rise=(-2.0, 2.0 * REACH + 0.1)), "open", "does not reach far enough"),
        (shape("linear", rise=(1.0, 3.0), slopes=(RISES, RISES)), "open", "it still rises"),
        (shape("linear", rise=(1.0, 3.0)), "open", "it still rises"),
        (shape("linear", rise=(-3.0, -1.0), slopes=(FALLS, FALLS)), "open", "low enough"),
        (shape("concave", hump=(3.0, 5.0), slopes=(RISES, EITHER)), "open", "far enough"),
        (shape(hump=(-4.0, -2.0), slopes=(EITHER, RISES)), "open", "it still rises"),
    ],
)
def test_what_a_curve_says(given: Shape, says: str, why: str) -> None:
    verdict, words = shape_says(given)
    assert verdict == says
    assert why in words


def test_a_smaller_size_that_counts_is_harder_to_exclude() -> None:
    assert shape_says(shape(smallest=2.0))[0] == "refuted"
    assert shape_says(shape(smallest=0.9))[0] == "open"
