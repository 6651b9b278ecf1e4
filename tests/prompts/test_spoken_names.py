"""A name is understood in any spelling that can mean one thing only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from towns import parsed, village

from econsim_mesa.prompts.spoken_names import SpokenNames
from econsim_mesa.scenario import load_scenario

NAMES = SpokenNames.of(load_scenario("pizza_place"))


@pytest.mark.parametrize(
    ("thing", "said", "meant"),
    [
        ("item", "pizza", "Pizza"),
        ("item", ' "PIZZA" ', "Pizza"),
        ("item", "the Pizza", "Pizza"),
        ("item", "pizzas", "Pizza"),
        ("item", "tomato", "Tomatoes"),
        ("item", "Pizza Place", "Pizza Place"),
        ("item", "2 Pizza", "2 Pizza"),
        ("commodity", "Yen", "yen"),
        ("store", "pizza-place", "Pizza Place"),
        ("store", "Pizza_Place", "Pizza Place"),
        ("store", "PizzaPlace", "PizzaPlace"),
        ("store", "the daily mart", "Daily Mart"),
        ("store", "Pizza Place and Daily Mart", "Pizza Place and Daily Mart"),
        ("household", "h5", "H5"),
        ("household", "H50", "H50"),
        ("account", "“H5”", "H5"),
        ("account", "pizza place", "Pizza Place"),
        ("place", "Home", "home"),
        ("place", "my home", "home"),
        ("place", "to your house", "home"),
        ("place", "H5's home", "H5's home"),
        ("place", "go to Pizza Place", "Pizza Place"),
        ("place", "Pizza Place (2,2)", "Pizza Place"),
        ("place", "Pizza Place at 2,2", "Pizza Place"),
        ("place", "2,2", "2,2"),
        ("place", "[ 02, 2 ]", "2,2"),
        ("place", "cell (2,2)", "2,2"),
        ("place", "Pizza", "Pizza"),
        ("place", "", ""),
        ("place", "the", "the"),
    ],
)  # fmt: skip
def test_what_can_mean_one_thing_only_is_that(thing: str, said: str, meant: str) -> None:
    assert NAMES.meant(thing, said) == meant  # type: ignore[arg-type]


def test_names_that_differ_in_case_or_signs_alone_are_not_guessed() -> None:
    names = SpokenNames({"item": ["C", "C++", "tea", "Green-Tea", "Book", "Books"]})
    assert [names.meant("item", said) for said in ("BOOK", "books")] == ["Book", "Books"]
    assert [names.meant("item", said) for said in ("c", "c++", "C++", "TEA", "green tea")] == [
        "c", "c++", "C++", "tea", "Green-Tea",
    ]  # fmt: skip


def test_scripted_accounts_can_be_meant() -> None:
    herald = {"type": "scripted_posts", "author": "Herald", "account": True, "texts": ["News!"]}
    names = SpokenNames.of(parsed(village(events=[herald])))
    assert names.meant("account", "the herald") == "Herald"


@given(st.text(max_size=80), st.sampled_from(["item", "store", "household", "account", "place"]))
def test_any_text_is_read(text: str, thing: str) -> None:
    said = NAMES.meant(thing, text)  # type: ignore[arg-type]
    assert NAMES.meant(thing, said) == said  # type: ignore[arg-type]
