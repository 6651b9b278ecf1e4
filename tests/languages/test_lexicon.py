"""A lexicon of a user's own: its format, and how it scores."""

from __future__ import annotations

from pathlib import Path

import pytest
import vaderSentiment

from econsim_mesa.languages.lexicon import Lexicon, lexicon_problems


def test_a_score_is_the_sum_of_values_brought_between_the_bounds() -> None:
    lexicon = Lexicon("# words\ngood\t1.9\t0.9\t[2, 2]\n\nbad\t-2.5\n")
    assert lexicon.score("Good, GOOD and bad") == pytest.approx(1.3 / (1.3**2 + 15) ** 0.5)
    assert lexicon.score("goodness") == lexicon.score("") == 0.0
    assert -1 < lexicon.score("bad " * 500) < -0.99


def test_the_longest_entry_counts_in_any_script() -> None:
    lexicon = Lexicon("良い\t2\n良くない\t-2\n全然良くない\t-3\nvery good\t3\ngood\t2")
    assert lexicon.score("このピザは良い。") > 0 > lexicon.score("良くない")
    assert lexicon.score("全然良くない。") < lexicon.score("良くない。")
    assert lexicon.score("very good") > lexicon.score("good")


def test_what_is_wrong_with_a_lexicon_is_said_by_line() -> None:
    assert list(lexicon_problems("a\t1\n# no\n")) == []
    assert list(lexicon_problems("good 2\nbad\tx\n\t1\nworse\t-5\n")) == [
        "line 1: must be a word, a tab and a value from -4 to 4; found '' after 'good 2'",
        "line 2: must be a word, a tab and a value from -4 to 4; found 'x' after 'bad'",
        "line 3: there is no word before the tab",
        "and 1 more lines",
    ]


def test_the_lexicon_of_vader_can_be_used_as_it_is() -> None:
    path = Path(vaderSentiment.__file__).with_name("vader_lexicon.txt")
    text = path.read_text(encoding="utf-8")
    assert list(lexicon_problems(text)) == []
    assert Lexicon(text).score("What a great pizza :-)") > 0 > Lexicon(text).score("Awful!")
