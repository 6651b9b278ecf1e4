"""A keyword is counted in any script, and not within another word."""

# ruff: noqa: RUF001
from __future__ import annotations

import pytest

from econsim_mesa.domains.social.keywords import matches, mentions


@pytest.mark.parametrize(
    ("text", "keyword", "count"),
    [
        ("Two sodas, a SODA, no sodas_2 and no sodastream", "soda", 2),
        ("昨日ラーメンを食べた。ラーメン最高", "ラーメン", 2),
        ("今天吃了饺子", "饺子", 1),
        ("김밥을 먹고 또 김밥", "김밥", 2),
        ("ramenを食べた", "ramen", 1),
        ("กินส้มตำกัน", "ส้มตำ", 1),
        ("หมู่บ้าน", "หมู", 0),
        ("समोसा खाया, समोसाओं", "समोसा", 1),
        ("ゴ", "コ", 0),
        ("ﾗｰﾒﾝ", "ラーメン", 1),
        ("one ＳＯＤＡ", "soda", 1),
        ("one soda", "ｓｏｄａ", 1),
        ("F# and f#, not F", "F#", 2),
        ("hello .org, and example.org", ".org", 2),
        ("A+ and a+", "A+", 2),
        ("🍣🍣 sushi", "🍣", 2),
        ("☕️ first", "☕", 1),
        ("👩\u200d🍳", "👩", 0),
        ("at Joe’s", "Joe's", 1),
        ("sugar‑free", "sugar-free", 1),
        ("cre\u0300me", "crème", 1),
        ("creme", "crème", 0),
        ("WEISSBIER", "Weißbier", 1),
        ("BALIK var", "balık", 1),
        ("balik", "balık", 0),
        ("İÇLİ KÖFTE", "içli köfte", 1),
        ("ПИРОЖКИ", "пирожки", 1),
        ("soda™", "soda", 1),
        ("ice cream", "ice  cream", 1),
    ],
)
def test_a_keyword_is_counted_as_a_word(text: str, keyword: str, count: int) -> None:
    assert mentions(text, keyword) == count
    assert matches(text, keyword) == (count > 0)
