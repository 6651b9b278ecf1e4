"""Actions go into records and come back the same; anything else is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.errors import BadInput
from econsim_mesa.society import actions as act
from econsim_mesa.society.actions import VERBS, decode, encode

NUMBER = st.integers(-(10**6), 10**15)
TEXT = st.text(max_size=40)
FIELDS = {"str": TEXT, "int": NUMBER, "bool": st.booleans(), "int | None": st.none() | NUMBER,
          "float": st.floats(0.1, 24) | st.integers(1, 24)}  # fmt: skip


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{name: FIELDS[text if isinstance(text, str) else text.__name__]
                              for name, text in _annotations(kind).items()})  # fmt: skip


def _annotations(kind: Any) -> dict[str, Any]:
    return {name: getattr(hint, "__forward_arg__", hint)
            for name, hint in kind.__annotations__.items()}  # fmt: skip


@given(st.lists(st.one_of([strategy(kind) for kind in VERBS.values()]), max_size=6).map(tuple))
def test_what_is_encoded_is_decoded_the_same(actions: tuple[Any, ...]) -> None:
    text = encode(actions)
    assert decode(text) == actions
    assert [type(one) for one in decode(text)] == [type(one) for one in actions]
    assert encode(decode(text)) == text
    assert "\n" not in text


def test_the_text_is_canonical() -> None:
    assert encode((act.Propose("H1", "coin", 2, "Pie", 1, 3),)) == (
        '[{"do":"propose","give":"coin","give_quantity":2,"take":"Pie","take_quantity":1,'
        '"to":"H1","ttl":3}]'
    )
    assert encode((act.Publish("größer"),)) == '[{"do":"post","reply_to":null,"text":"größer"}]'
    assert encode(()) == "[]"


@pytest.mark.parametrize(
    "text",
    ["", "{", "3", "[3]", "[{}]", '[{"do":"fly"}]', '[{"do":"eat"}]', "null",
     '[{"do":"eat","item":"Pie","quantity":1,"why":2}]'],
)  # fmt: skip
def test_what_is_no_list_of_actions_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        decode(text)


def test_a_mistyped_verb_is_told_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean 'follow'"):
        decode(json.dumps([{"do": "folow", "name": "H1"}]))


def test_each_kind_of_agent_has_its_verbs() -> None:
    assert set(act.HOUSEHOLD_VERBS) | set(act.STORE_VERBS) == set(VERBS)
    assert set(act.HOUSEHOLD_VERBS) & set(act.STORE_VERBS) == {"react", "post"}
