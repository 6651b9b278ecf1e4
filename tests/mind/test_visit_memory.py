"""What households remember in numbers: stores seen, meals, walking; what is hidden is not there."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from econsim_mesa.mind import VisitMemory

POSTED = np.array([[100, -1], [100, 30], [90, 20]])
STOCK = np.array([[5, 0], [0, 7], [1, 1]])


def memory(**changes: Any) -> VisitMemory:
    return VisitMemory(2, 2, 2, **{"steps": 5, "walk_steps": 4.0, **changes})


def live(one: VisitMemory, t: int, standing: list[int], **changes: Any) -> None:
    n = len(standing)
    given = {
        "distance": np.zeros(n),
        "ate": np.zeros(n, dtype=np.bool_),
        "others": np.arange(n) + 3,
        "posted": POSTED,
        "stock": STOCK,
        **changes,
    }
    one.update(t, given["distance"], given["ate"], np.array(standing), given["others"],
             given["posted"], given["stock"])  # fmt: skip


def test_a_visit_is_remembered_with_prices_people_and_empty_shelves() -> None:
    one = memory()
    live(one, 0, [1, -1])
    slot = one.view().slots(0, 1)[1]
    assert one.price[0, slot].tolist() == [100, 30]
    assert one.sold_out[0, slot].tolist() == [True, False]
    assert one.crowd[0, slot] == 3
    assert one.met.tolist() == [3, -1]
    assert one.view().slots(1, 1) == {}


def test_an_item_that_is_not_sold_is_not_sold_out() -> None:
    one = memory()
    live(one, 0, [0, 0])
    assert one.sold_out[0, one.view().slots(0, 0)[0]].tolist() == [False, False]


def test_a_store_is_forgotten_after_the_reach_of_memory() -> None:
    one = memory()
    live(one, 0, [1, -1])
    assert 1 in one.view().slots(0, 5)
    assert one.view().slots(0, 6) == {}
    assert one.view().remembered(5, np.array([0])).any()
    assert not one.view().remembered(6, np.array([0])).any()


def test_the_store_seen_longest_ago_makes_room() -> None:
    one = memory()
    for t, store in enumerate([0, 1, 0, 2]):
        live(one, t, [store, -1])
    assert sorted(one.store[0].tolist()) == [0, 2]
    slot = one.view().slots(0, 4)[2]
    assert one.price[0, slot].tolist() == [90, 20]


def test_a_change_of_price_is_noticed_at_the_next_visit_only_once() -> None:
    one, dearer, cheaper = memory(), POSTED.copy(), POSTED.copy()
    dearer[1, 1], cheaper[1, 0] = 31, 99
    live(one, 0, [1, -1])
    assert one.price_change.tolist() == [0, 0]
    live(one, 1, [1, 1], posted=dearer)
    assert (one.price_change.tolist(), one.changed_item[0]) == ([1, 0], 1)
    live(one, 2, [1, -1], posted=dearer)
    assert one.price_change.tolist() == [0, 0]
    live(one, 3, [-1, -1], posted=cheaper)
    live(one, 4, [1, 1], posted=cheaper)
    assert one.price_change.tolist() == [-1, -1]


def test_a_forgotten_price_is_not_compared() -> None:
    one, dearer = memory(), POSTED + 5
    live(one, 0, [1, -1])
    live(one, 9, [1, -1], posted=dearer)
    assert one.price_change[0] == 0


def test_meals_and_walking() -> None:
    one = memory()
    live(one, 0, [-1, -1], distance=np.array([2.0, 0.0]), ate=np.array([False, True]))
    live(one, 1, [-1, -1], distance=np.array([1.0, 0.0]))
    assert one.view().hours_since_meal(2, 0.5).tolist() == [1.5, 1.0]
    assert one.view().steps_walked()[0] == pytest.approx(2 * np.exp(-1 / 4) + 1)


def test_what_is_hidden_is_not_there() -> None:
    for hide in (["all"], ["consumption", "moves"]):
        one = memory(hide=hide)
        live(one, 0, [-1, -1], distance=np.ones(2), ate=np.ones(2, dtype=np.bool_))
        assert not one.view().steps_walked().any()
        assert not one.view().hours_since_meal(9, 1.0).any()
        assert one.view().hides("moves")
    assert one.view().hides("prices") is False


def test_a_closed_store_is_remembered_until_it_is_seen_or_long_ago() -> None:
    one = memory()
    one.record_closed(3, np.array([1, -1]))
    one.record_closed(4, np.array([-1, -1]))
    assert one.view().closed(4).tolist() == [1, -1]
    assert one.view().closed(8).tolist() == [1, -1]
    assert one.view().closed(9).tolist() == [-1, -1]
    live(one, 5, [1, -1])
    assert one.view().closed(6).tolist() == [-1, -1]
    one.record_closed(7, np.array([1, 2]))
    assert one.view().closed(8).tolist() == [1, 2]
    one.retune(5, 4.0, ["rejections"])
    assert one.view().closed(8).tolist() == [-1, -1]


def test_what_shows_a_copy_is_its_own() -> None:
    one = memory()
    shown = one.view()
    copied = pickle.loads(pickle.dumps(one))
    live(one, 0, [1, -1])
    assert shown.visited[0].max() == 0 > copied.view().visited[0].max()
    live(copied, 3, [2, -1])
    assert copied.view().visited[0].max() == 3
    copied.retune(9, 4.0, ())
    assert copied.view().steps == 9
