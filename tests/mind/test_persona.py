"""Personas: drawn levels, words, lists and tables."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.errors import BadInput
from econsim_mesa.mind import Personas, level_words
from econsim_mesa.scenario.actors import PersonaSpec

DRAWS = np.array([[0.0, 0.26], [0.51, 0.999]])
PAPERS = {"source": "invented", "consent": "nobody is described", "licence": "CC0"}


def spec(**given_fields):
    """Return a spec of two traits."""
    return PersonaSpec(traits=("openness", "thrift"), **given_fields)


def test_levels_come_from_the_uniforms():
    personas = Personas.of(spec(), 2, DRAWS)
    assert personas.levels.tolist() == [[0, 1], [2, 3]]
    assert personas.words(0) == "very low openness, low thrift"
    assert personas.words(1) == "high openness, very high thrift"
    assert personas.names == personas.texts == ("", "")
    with pytest.raises(ValueError, match="read-only"):
        personas.levels[0, 0] = 1


def test_without_a_spec_nobody_has_a_persona():
    personas = Personas.of(None, 2, np.zeros((2, 0)))
    assert [personas.words(i) for i in range(2)] == ["", ""]


def test_the_default_is_the_big_five_on_four_levels():
    personas = Personas.of(PersonaSpec(), 1, np.full((1, 5), 0.9))
    assert personas.trait_words(0).startswith("very high openness, very high conscientiousness")
    assert personas.levels.tolist() == [[3] * 5]


@given(st.integers(1, 8), st.integers(2, 10), st.integers(0, 2**32))
def test_levels_are_in_range_and_rows_do_not_depend_on_each_other(n, count, seed):
    draws = np.random.default_rng(seed).random((n, 2))
    levels = Personas.of(spec(levels=count), n, draws).levels
    assert ((levels >= 0) & (levels < count)).all()
    alone = Personas.of(spec(levels=count), 1, draws[:1]).levels
    assert alone.tolist() == levels[:1].tolist()


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (2, ["low", "high"]),
        (3, ["low", "medium", "high"]),
        (4, ["very low", "low", "high", "very high"]),
        (5, ["very low", "low", "medium", "high", "very high"]),
        (6, ["0 of 5 in", "1 of 5 in", "2 of 5 in", "3 of 5 in", "4 of 5 in", "5 of 5 in"]),
    ],
)
def test_level_words(count, words):
    assert [level_words(level, count) for level in range(count)] == words


def test_lists_give_names_and_texts():
    personas = Personas.of(spec(names=("Aiko", "Ben"), texts=("Likes tea.", "")), 2, DRAWS)
    assert personas.words(0) == "Aiko; very low openness, low thrift; Likes tea."
    assert personas.words(1) == "Ben; high openness, very high thrift"


def test_a_table_stands_before_lists_and_draws_where_it_says_something():
    rows = (
        {"name": " Aiko ", "text": "", "openness": "3", "thrift": ""},
        {"openness": " ", "thrift": " 0 ", "text": "Walks a lot."},
    )
    table = {"rows": rows, **PAPERS}
    personas = Personas.of(spec(table=table, names=("X", "Ben")), 2, DRAWS)
    assert personas.levels.tolist() == [[3, 1], [2, 0]]
    assert personas.names == ("Aiko", "Ben")
    assert personas.texts == ("", "Walks a lot.")


def test_uniforms_must_fit_households_and_traits():
    with pytest.raises(BadInput, match=r"need uniforms of shape \(2, 2\), got \(2, 3\)"):
        Personas.of(spec(), 2, np.zeros((2, 3)))


def test_traits_may_be_put_in_numbers_and_in_sentences():
    spec = PersonaSpec(traits=("openness", "thrift"))
    personas = Personas.of(spec, 2, np.array([[0.0, 0.3], [0.6, 0.9]]))
    assert personas.words(0, "numbers") == "openness 0 of 3, thrift 1 of 3"
    assert personas.words(0, "sentences") == "you have very little openness and little thrift"
    assert personas.words(1, "sentences") == "you have much openness and very much thrift"
    alone = Personas.of(PersonaSpec(traits=("thrift",), levels=7), 1, np.array([[0.9]]))
    assert alone.words(0, "sentences") == "you have 6 of 6 in thrift"
    assert Personas.of(None, 1, np.zeros((1, 0))).words(0, "sentences") == ""
