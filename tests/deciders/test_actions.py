"""Actions go into records and come back the same; anything else is refused."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.domains.economy.actions import Propose, SetPrice
from econsim_mesa.domains.roster import read_actions, verbs_of
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.errors import BadInput
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action, encode

NUMBER = st.integers(-(10**6), 10**15)
TEXT = st.text(max_size=40)
FIELDS = {"str": TEXT, "int": NUMBER, "bool": st.booleans(), "int | None": st.none() | NUMBER,
          "float": st.floats(0.1, 24) | st.integers(1, 24)}  # fmt: skip


def strategy(kind: type[Action]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    names = {column: str(getattr(hints[column], "__name__", "")) for column in kind._fields}
    values = {column: FIELDS.get(name, FIELDS["int | None"]) for column, name in names.items()}
    return st.builds(kind, **values)


OF_HOUSEHOLDS = st.one_of([strategy(kind) for kind in verbs_of(HOUSEHOLD).values()])


@given(st.lists(OF_HOUSEHOLDS, max_size=6).map(tuple))
def test_what_is_encoded_is_decoded_the_same(actions: tuple[Any, ...]) -> None:
    text = encode(actions)
    assert read_actions(text, HOUSEHOLD) == actions
    assert [type(one) for one in read_actions(text, HOUSEHOLD)] == [type(one) for one in actions]
    assert encode(read_actions(text, HOUSEHOLD)) == text
    assert "\n" not in text


def test_the_text_is_canonical() -> None:
    assert encode((Propose("H1", "coin", 2, "Pie", 1, 3),)) == (
        '[{"do":"propose","give":"coin","give_quantity":2,"take":"Pie","take_quantity":1,'
        '"to":"H1","ttl":3}]'
    )
    assert encode((Publish("größer"),)) == '[{"do":"post","reply_to":null,"text":"größer"}]'
    assert encode(()) == "[]"


@pytest.mark.parametrize(
    "text",
    ["", "{", "3", "[3]", "[{}]", '[{"do":"fly"}]', '[{"do":"eat"}]', "null",
     '[{"do":"eat","item":"Pie","quantity":1,"why":2}]'],
)  # fmt: skip
def test_what_is_no_list_of_actions_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        read_actions(text, HOUSEHOLD)


def test_a_mistyped_verb_is_told_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean 'follow'"):
        read_actions(json.dumps([{"do": "folow", "name": "H1"}]), HOUSEHOLD)


def test_roles_share_verbs_of_different_actions() -> None:
    assert verbs_of(HOUSEHOLD).keys() & verbs_of(STORE).keys() == {"react", "post"}
    assert verbs_of(HOUSEHOLD)["react"] is not verbs_of(STORE)["react"]


def test_an_action_that_only_others_can_take_is_read_as_well() -> None:
    text = encode((SetPrice("Pie", 3),))
    assert read_actions(text, HOUSEHOLD) == read_actions(text, STORE) == (SetPrice("Pie", 3),)
