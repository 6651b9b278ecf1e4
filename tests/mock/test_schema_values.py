"""A value that is made up is valid under its schema, whatever the schema asks for."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

import pytest
from forms import HOUSEHOLD_FORM, STORE_FORM
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from towns import parsed, village

from econsim_mesa.deciders.summaries import SUMMARY_SCHEMA
from econsim_mesa.mock.keyed_random import KeyedRandom
from econsim_mesa.mock.schema_values import LONGEST_NAME, value_of_schema
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.scenario import Frozen, register
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.society.action import HOUSEHOLD, Action, AmountOf, HouseholdName, Quantity
from econsim_mesa.society.domain import Domain

TEXT = "Which of the two stores would you choose today, and why? Warum? なぜですか。"


def made(schema: Any, key: bytes = b"", *wish: Any) -> Any:
    """Return a value for a schema, after it was found valid."""
    value = value_of_schema(schema, lambda place: KeyedRandom(1).uniform(place, key), TEXT, *wish)
    Draft202012Validator(schema).validate(value)
    return json.loads(json.dumps(value))


def bounds(low: str, high: str, numbers: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw two bounds, one or none of them."""
    pairs = st.tuples(numbers, numbers).map(sorted).map(lambda pair: {low: pair[0], high: pair[1]})
    names = st.lists(st.sampled_from([low, high]), unique=True)
    return st.builds(lambda pair, kept: {name: pair[name] for name in kept}, pairs, names)


def typed(kind: str, limits: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return limits.map(lambda some: {"type": kind, **some})


SMALL, NUMBERS = st.integers(0, 5), st.integers(-(10**6), 10**6)
STEPS = st.sampled_from([{}, {"multipleOf": 1}])
LEAVES = st.one_of(
    st.sampled_from([{"type": "null"}, {"type": "boolean"}, {}, True, {"const": [1]}]),
    st.lists(st.text(max_size=5) | st.integers(), min_size=1).map(lambda some: {"enum": some}),
    typed("integer", bounds("minimum", "maximum", NUMBERS)),
    typed("number", bounds("minimum", "maximum", NUMBERS)),
    typed("integer", bounds("exclusiveMinimum", "maximum", NUMBERS).filter(
        lambda some: len(set(some.values())) == len(some))),
    typed("number", st.builds(lambda low, step: {"exclusiveMinimum": low, **step}, NUMBERS, STEPS)),
    typed("string", bounds("minLength", "maxLength", SMALL)),
    st.sampled_from([{"type": ["string", "null"]}, {"type": "string", "format": "date"}]),
)  # fmt: skip


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw objects, arrays and choices of some schemas."""
    properties = st.dictionaries(st.text(max_size=4), inner, max_size=4)
    return st.one_of(
        st.builds(
            lambda parts, kept: {
                "type": "object",
                "properties": parts,
                "required": [name for name in parts if name in kept],
                "additionalProperties": False,
            },
            properties,
            st.sets(st.text(max_size=4)),
        ),
        st.builds(
            lambda items, some: {"type": "array", "items": items, **some},
            inner,
            bounds("minItems", "maxItems", SMALL),
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda some: {"anyOf": some}),
        inner.map(lambda part: {"$defs": {"part": part}, "allOf": [part]}),
    )


SCHEMAS = st.recursive(LEAVES, nested, max_leaves=12)


@given(SCHEMAS, st.binary(max_size=8))
def test_any_schema_gets_a_valid_value(schema: Any, key: bytes) -> None:
    assert made(schema, key) == made(schema, key)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["thought", "do", *HOUSEHOLD_FORM.verbs, "quantity", "store", "x"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(SCHEMAS, JSON)
def test_any_value_is_fitted_to_any_schema(schema: Any, wish: Any) -> None:
    made(schema, b"", wish)


FORMS = [HOUSEHOLD_FORM, STORE_FORM]


@given(JSON)
def test_any_value_is_fitted_to_a_reply(wish: Any) -> None:
    for form in FORMS:
        reply = made(form.schema, b"", wish)
        assert list(reply) == ["thought", "do"]


@pytest.mark.parametrize("form", FORMS, ids=["household", "store"])
def test_replies_of_the_package_are_valid_and_differ(form: ReplyForm) -> None:
    for schema in (form.schema, form.flat_schema):
        replies = [made(schema, str(k).encode()) for k in range(60)]
        used = {key for reply in replies for entry in reply["do"] for key in entry}
        assert form.verbs.keys() <= used


def test_a_summary_is_made_of_words() -> None:
    assert set(made(SUMMARY_SCHEMA)) == {"summary"}


class Lend(Action):
    verb: ClassVar[str] = "lend"
    phases: ClassVar = {HOUSEHOLD: "swaps"}

    to: HouseholdName
    amount: Annotated[Quantity, AmountOf("")]


def test_verbs_of_a_users_domain_are_answered() -> None:
    with own_registrations():

        @register("domain", "bank")
        class Bank(Domain):
            """Households lend each other money."""

            name: ClassVar[str] = "bank"
            actions = (Lend,)

            class Parameters(Frozen):
                """Nothing can be set."""

        form = ReplyForm.of("Household", parsed(village(bank={})))
    replies = [made(form.schema, str(k).encode()) for k in range(60)]
    assert any("lend" in entry for reply in replies for entry in reply["do"])


def test_a_schema_may_name_itself() -> None:
    tree = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": "object",
                "properties": {
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                },
                "required": ["next", "children"],
            }
        },
    }
    assert len({json.dumps(made(tree, str(k).encode())) for k in range(9)}) > 1


def test_text_and_numbers_make_sense() -> None:
    words = [made({"type": "string"}, str(k).encode()) for k in range(20)]
    assert all(text and text in " ".join(TEXT.split()) for text in words)
    assert all(1 <= made({"type": "integer", "minimum": 1}, word.encode()) <= 11 for word in words)
    assert len(made({"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3,
                     "uniqueItems": True})) == 3  # fmt: skip


def test_a_wish_that_is_valid_stays() -> None:
    order = {"order": "Pie", "quantity": 2}
    wish = {"thought": "Hm.", "do": [order, {"move_to": "home"}, {"follow": "H1"}]}
    assert made(HOUSEHOLD_FORM.schema, b"", wish) == wish


def test_wishes_come_within_bounds() -> None:
    wish = {"do": [{"sleep_hours": 10**30, "x": 1}, {"react": -5, "accept": "no"}]}
    sleep, react = made(HOUSEHOLD_FORM.schema, b"", wish)["do"]
    assert sleep == {"sleep_hours": 24}
    assert react["react"] == 0
    long = {"type": "array", "items": {"type": "string", "maxLength": 60}, "maxItems": 1}
    assert made(long, b"", ["S" * 99, "T"]) == ["S" * 60]


def test_names_are_those_that_stand_in_the_prompt() -> None:
    text = "[you] Baker 1\nWith you: Baker 12, Baker 3."

    def drawn(schema: Any) -> set[str]:
        return {value_of_schema(schema, lambda place, k=k: k / 100, text) for k in range(100)}

    near = {"Baker 1", "Baker 12", "Baker 3"}
    assert drawn({"type": "string", "maxLength": LONGEST_NAME}) == near
    assert drawn({"enum": [f"Baker {k}" for k in range(1, 90)]}) == near
    assert drawn({"enum": ["north", "south"]}) == {"north", "south"}
    assert not drawn({"type": "string", "maxLength": 200}) & near
