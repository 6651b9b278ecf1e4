"""Posts: columns, the newest of each author, and what text may hold."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.domains.social.posts import POST_LIMIT, Posts, clean_text
from econsim_mesa.errors import BadInput

BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
MARKS = "\u200e\u200f\u061c"


def must_go(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cc", "Cs")
        or unicodedata.bidirectional(character) in BIDI
        or character in MARKS
    )


def test_clean_text_of_every_character() -> None:
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        cleaned = clean_text(f"a{character}b")
        if character.isspace():
            assert cleaned == "a b", hex(number)
        elif must_go(character):
            assert cleaned == "ab", hex(number)
        else:
            assert cleaned == f"a{character}b", hex(number)


@given(st.text(st.characters(), max_size=600), st.integers(0, 300))
def test_clean_text_is_short_idempotent_and_storable(text: str, limit: int) -> None:
    cleaned = clean_text(text, limit)
    assert len(cleaned) <= limit
    assert clean_text(cleaned, limit) == cleaned
    assert cleaned == cleaned.strip()
    assert not any(must_go(character) for character in cleaned)
    cleaned.encode()


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("", ""),
        (" \n\t\x00 \u202e ", ""),
        ("two\r\n\r\n  lines", "two lines"),
        ("a \x00 b", "a b"),
        ("x" * 500, "x" * POST_LIMIT),
        ("x" * 279 + "  y", "x" * 279),
        ("\N{SLICE OF PIZZA} 40 % off!", "\N{SLICE OF PIZZA} 40 % off!"),
    ],
)
def test_clean_text(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


WRITTEN = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=80)


@given(WRITTEN, st.integers(0, 4))
def test_columns_and_recent_agree_with_a_plain_list(
    written: list[tuple[int, int]], depth: int
) -> None:
    posts, t = Posts(4, depth), 0
    plain: list[tuple[int, int]] = []
    for later, author in written:
        t += later
        assert posts.append(t, author, f"post {len(plain)}", len(plain) - 1) == len(plain)
        plain.append((t, author))
    assert posts.count == len(plain)
    assert list(zip(posts.step.tolist(), posts.author.tolist(), strict=True)) == plain
    assert posts.text == [f"post {k}" for k in range(len(plain))]
    assert posts.reply_to == [k - 1 for k in range(len(plain))]
    for author in range(4):
        own = [k for k, (_, by) in enumerate(plain) if by == author][::-1][:depth]
        assert posts.recent[author].tolist() == own + [-1] * (depth - len(own))
    assert (posts.recent[-1] == -1).all()
    for step in range(-2, t + 3):
        assert posts.since(step) == sum(s < step for s, _ in plain)


def test_columns_grow_beyond_their_first_size() -> None:
    posts = Posts(3, 2)
    for k in range(5000):
        posts.append(k // 7, k % 3, "x")
    assert posts.step.tolist() == [k // 7 for k in range(5000)]
    assert posts.author.tolist() == [k % 3 for k in range(5000)]
    assert posts.recent[2].tolist() == [4997, 4994]
    assert posts.since(700) == 4900


@pytest.mark.parametrize(
    ("t", "author", "reply_to", "message"),
    [
        (3, 0, -1, "step 3 after one of step 4"),
        (4, 2, -1, "unknown author 2"),
        (4, -1, -1, "unknown author -1"),
        (4, 0, 1, "unknown post 1"),
        (4, 0, -2, "unknown post -2"),
    ],
)
def test_wrong_posts_are_refused_whole(t: int, author: int, reply_to: int, message: str) -> None:
    posts = Posts(2, 1)
    posts.append(4, 1, "first")
    with pytest.raises(BadInput, match=message):
        posts.append(t, author, "second", reply_to)
    assert posts.count == 1
    assert posts.recent.tolist() == [[-1], [0], [-1]]
    assert posts.text == ["first"]


@pytest.mark.parametrize("name", ["step", "author", "recent"])
def test_post_columns_are_read_only(name: str) -> None:
    posts = Posts(1, 1)
    posts.append(0, 0, "x")
    with pytest.raises(ValueError, match="read-only"):
        getattr(posts, name)[0] = 1
