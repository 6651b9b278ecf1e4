"""What posts said is put to the test by those who come to the store, and by nobody else."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from econsim_mesa.mind import Topics
from econsim_mesa.mind.claims import ClaimOutcomes, Shelves, check_claims
from econsim_mesa.society.clock import Clock

STORES, ITEMS = ("Cafe", "Mart"), ("Pie", "Rice")
CLOCK = Clock(datetime(2026, 1, 5), 60, None)


def shelves(stock: list[list[int]], pie: int = 100) -> Shelves:
    """Return the shelves of two stores: the Cafe sells both items, the Mart Rice alone."""
    base = np.array([[100, 50], [-1, 50]])
    posted = base.copy()
    posted[0, 0] = pie
    return Shelves(base, posted, np.array(stock))


def coming(text: str, *, author: int = -1, here: Shelves, t: int = 30) -> ClaimOutcomes:
    """Let household 0 come to the Cafe and 1 to the Mart; 2 stands in the Cafe already."""
    topics = Topics(STORES, ITEMS, CLOCK)
    topics.read(0, author, text, 5)
    feed = np.array([[-1, 0]] * 3)
    came, standing = np.array([True, True, False]), np.array([0, 1, 0])
    return check_claims(t, came, standing, feed, topics, here)


FULL = [[5, 5], [0, 5]]
NO_PIE = [[0, 5], [0, 5]]


@pytest.mark.parametrize(
    ("text", "stock", "false", "true"),
    [
        ("Pie is sold out at Cafe.", FULL, 1, 0),
        ("Pie is sold out at Cafe.", NO_PIE, 0, 1),
        ("Rice is out of stock at Cafe.", NO_PIE, 1, 0),
        ("Cafe ran out.", NO_PIE, 0, 1),
        ("Cafe ran out.", FULL, 1, 0),
        ("Pie is not sold out at Cafe.", FULL, 0, 0),
        ("Pie is sold out.", FULL, 0, 0),
        ("Pie at Cafe, lovely.", FULL, 0, 0),
    ],
)
def test_what_is_said_to_be_gone(text: str, stock: list[list[int]], false: int, true: int) -> None:
    found = coming(text, here=shelves(stock))
    assert found.false_news.tolist() == [false, 0, 0]
    assert found.true_news.tolist() == [true, 0, 0]
    assert found.empty_shelves.tolist() == [int(stock == NO_PIE), 0, 0]


@pytest.mark.parametrize(
    ("pie", "t", "false", "true"),
    [(60, 30, 0, 1), (61, 30, 1, 0), (100, 30, 1, 0), (100, 60, 0, 0), (100, 10, 0, 0)],
)
def test_what_a_store_announced(pie: int, t: int, false: int, true: int) -> None:
    text = "Pie 40% off on 6 January!"  # steps 24 to 47
    found = coming(text, author=0, here=shelves(FULL, pie), t=t)
    assert (found.false_news[0], found.true_news[0]) == (false, true)
    stranger = coming(text + " At Cafe.", author=-1, here=shelves(FULL, pie), t=t)
    assert (stranger.false_news[0], stranger.true_news[0]) == (0, 0)


def test_an_empty_timeline_teaches_nothing() -> None:
    topics, none = Topics(STORES, ITEMS, CLOCK), np.empty((1, 0), dtype=np.int64)
    found = check_claims(1, np.array([True]), np.array([0]), none, topics, shelves(NO_PIE))
    assert [column.tolist() for column in found] == [[0], [0], [1]]
