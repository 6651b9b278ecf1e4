"""Posts are read for names, sentiment, and sales that they announce."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from econsim_mesa.mind import Topics, valence
from econsim_mesa.society.clock import Clock

STORES = ["Pizza Place", "Daily Mart", "Sandwich Bar"]
ITEMS = ["Pizza", "Tomatoes", "Rice", "Sandwich", "Green Tea", "Tea"]
CLOCK = Clock(datetime(2025, 12, 19, 9), 60, (time(9), time(21)))
FOREVER = 2**31 - 1


def topics(clock: Clock = CLOCK) -> Topics:
    return Topics(STORES, ITEMS, clock)


@pytest.mark.parametrize(
    ("text", "store", "items"),
    [
        ("PIZZA!", -1, ["Pizza"]),
        ("two pizzas and one tomato", -1, ["Pizza", "Tomatoes"]),
        ("at the pizza place", 0, []),
        ("Pizza Place has pizza", 0, ["Pizza"]),
        ("pizzazz, priced, ricecake", -1, []),
        ("Daily Mart, not Pizza Place", 1, []),
        ("sandwiches at the sandwich bar", 2, ["Sandwich"]),
        ("green tea", -1, ["Green Tea"]),
        ("green teas, and tea", -1, ["Green Tea", "Tea"]),
        ("tomatoes;rice", -1, ["Tomatoes", "Rice"]),
        ("", -1, []),
    ],
)
def test_names_are_found_as_words_longest_first(text: str, store: int, items: list[str]) -> None:
    found_store, found = topics().names_in(text)
    assert (found_store, [ITEMS[k] for k in found]) == (store, items)


def test_a_name_goes_before_the_plural_of_another() -> None:
    found = Topics(["!!!"], ["Apple", "Apples", "Bus", "Buses"], CLOCK)
    assert [found.names_in(word)[1] for word in ("apple", "apples", "bus", "buses")] == [
        [0], [1], [2], [3],
    ]  # fmt: skip


def test_a_post_of_a_store_is_about_it_unless_it_names_another() -> None:
    found = topics()
    found.read(0, 1, "Fresh rice today", 0)
    found.read(1, 1, "Better than Pizza Place", 0)
    found.read(2, -1, "Fresh rice today", 0)
    found.read(3, 9, "Fresh rice today", 0)
    assert found.store[:4].tolist() == [1, 0, -1, -1]
    assert found.items[0].tolist() == [0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "t", "percent", "first", "last"),
    [
        ("Pizza 40% off from 23 to 25 December!", 0, 40, 48, 83),
        ("Pizza 40 % off 23-25 december", 0, 40, 48, 83),
        ("Pizza 40% off on 24 December", 0, 40, 60, 71),
        ("Pizza 40% off until 25 December", 50, 40, 50, 83),
        ("Pizza 15% off today", 7, 15, 0, 11),
        ("Pizza 15% cheaper", 7, 15, 7, FOREVER),
        ("Pizza 400% off", 7, 0, 0, 0),
        ("Pizza 10% off on 2 January", 0, 10, 168, 179),
        ("Pizza 10% off on 99 December", 3, 0, 0, 0),
        ("40% off everything from 23 to 25 December", 0, 0, 0, 0),
        ("Pizza is 100% good", 0, 0, 0, 0),
    ],
)
def test_an_announcement_has_a_percentage_and_dates(
    text: str, t: int, percent: float, first: int, last: int
) -> None:
    found = topics()
    found.read(0, 0, text, t)
    assert (found.percent[0], found.first[0], found.last[0]) == (percent, first, last)


def test_sentiment_is_that_of_the_lexicon() -> None:
    found = topics()
    found.read(0, 0, "I love this wonderful pizza", 0)
    found.read(1, 0, "horrible, I hate it", 0)
    assert found.valence[0] > 0.5
    assert found.valence[1] < -0.5
    assert valence("the table") == 0


def test_any_number_of_posts_is_kept() -> None:
    found = topics()
    for number in range(300):
        found.read(number, -1, "rice" if number % 2 else "pizza", number)
    assert found.items[:300, 2].sum() == 150
    assert found.step[299] == 299
    assert (found.store[:300] == -1).all()
