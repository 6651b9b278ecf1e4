"""An announcement is understood whole, or not at all."""

from __future__ import annotations

from datetime import datetime

import pytest

from econsim_mesa.mind.announcements import read_announcement
from econsim_mesa.mind.names import TownNames

NAMES = TownNames(["Cafe", "Shop"], ["Pie", "Green Tea", "C++"])
NOW = datetime(2025, 11, 20, 9)


@pytest.mark.parametrize(
    ("text", "percent", "begin", "end"),
    [
        ("Pie 7.25% off", 7.25, None, None),
        ("7,5 % off all pies", 7.5, None, None),
        ("15 percent discount on green tea until 3 Feb 2026", 15, None, (2026, 2, 4)),
        ("From 28 February to 3 March: pie 20% off!", 20, (2026, 2, 28), (2026, 3, 4)),
        ("Pie 20% off between November 22nd and 24th", 20, (2025, 11, 22), (2025, 11, 25)),
        ("Pie 20% off 2025-11-22 to 2025-11-24", 20, (2025, 11, 22), (2025, 11, 25)),
        ("Pie 20% off on Saturday, 22 November", 20, (2025, 11, 22), (2025, 11, 23)),
        ("Tomorrow: pie 20% off at Cafe", 20, (2025, 11, 21), (2025, 11, 22)),
        ("Pie 20% off from tomorrow", 20, (2025, 11, 21), None),
        (
            "Pie 20% off on 23 November from 9:30 to 12:00",
            20,
            (2025, 11, 23, 9, 30),
            (2025, 11, 23, 12),
        ),
        ("Pie 20% off from 29 Dec 2025 to 2 Jan 2026", 20, (2025, 12, 29), (2026, 1, 3)),
        ("C++ 10% off", 10, None, None),
    ],
)
def test_what_is_understood(
    text: str, percent: float, begin: tuple[int, ...] | None, end: tuple[int, ...] | None
) -> None:
    said = read_announcement(text, NAMES, "Cafe", NOW)
    assert said is not None, text
    assert said.percent == percent
    assert said.begin == (begin and datetime(*begin))  # type: ignore[misc]
    assert said.end == (end and datetime(*end))  # type: ignore[misc]


@pytest.mark.parametrize(
    "text",
    [
        "Never 20% off pie",
        "Pie 20% off is over",
        "Pie 20% off for students",
        "Pie up to 20% off",
        "Pie 20% off if you buy two",
        "Pie 20% off, green tea 10% off",
        "Was pie 20% off?",
        "Pie 20% off at Shop",
        "Pie 20% off 11/23",
        "Pie 20% off 23.11.",
        "Pie 20% off on Monday, 22 November",
        "Pie 20% off this week",
        "Pie 20% off every Friday",
        "Pie 20% off, 3 may share",
        "Pie 20% off from 5 to 7",
        "Pie 20% off from 24 to 22 November 2025",
        "Pie 20% off 31 November",
        "Pie 120% off",
        "20% off for 2 pies",
        "20% of our guests love pie",
        "20% off everything",
        "Pie 20% off from 22 to 24 November from 9:00 to 12:00",
    ],
)
def test_what_is_understood_in_part_is_not_read(text: str) -> None:
    assert read_announcement(text, NAMES, "Cafe", NOW) is None
