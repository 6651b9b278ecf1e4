"""Words of any script are found where a reader would find them."""

# ruff: noqa: RUF001
from __future__ import annotations

import pytest

from econsim_mesa.text import appearance, folded, is_visible, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Two PIZZAS, please_1", ["two", "pizzas", "please_1"]),
        ("ramenを食べた", ["ramen", "を", "食", "べ", "た"]),
        ("पिज़्ज़ा खाया", ["पिज़्ज़ा", "खाया"]),
        ("กะทิ", ["ก", "ะ", "ทิ"]),
        ("café", ["café"]),
        ("", []),
    ],
)
def test_words_are_whole_in_scripts_with_spaces(text: str, found: list[str]) -> None:
    assert words(text) == [folded(word) for word in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＲＡＭＥＮ", "ramen"),
        ("ﾗｰﾒﾝ", "ラーメン"),
        ("re\u0301sume\u0301", "résumé"),
        ("WEIẞBIER", "weissbier"),
        ("İZMİR", "izmir"),
        ("ΣΟΦΟΣ", "σοφος"),
        ("so\u00adda", "soda"),
        ("Joe’s", "joe's"),
        ("𝐬𝐨𝐝𝐚", "soda"),
    ],
)
def test_spellings_of_the_same_are_one(one: str, other: str) -> None:
    assert folded(one) == folded(other)


def test_different_letters_stay_different() -> None:
    spellings = ("résumé", "resume", "kır", "kir", "soda²", "soda2", "は", "ば", "ハ")
    assert len({folded(one) for one in spellings}) == len(spellings)


@pytest.mark.parametrize("name", ["", "  ", "\u3000", "\u200b", "\u3164", "\u2060\ufe0f", "\u00ad"])
def test_what_shows_nothing_is_blank(name: str) -> None:
    assert not is_visible(name)


@pytest.mark.parametrize("name", ["A", "寿司", "🍣", "-", "ก"])
def test_what_shows_something_is_not(name: str) -> None:
    assert is_visible(name)


def test_names_that_look_alike_have_one_appearance() -> None:
    looks = [
        "Corner Shop",
        " corner  shop",
        "Corner\u00a0Shop",
        "Ｃorner Sh\u200bop",
        "CORNER SHOP",
    ]
    assert len({appearance(name) for name in looks}) == 1
    assert appearance("Corner Shop") != appearance("Corner Shops")
