"""A value that is made up is valid under its schema, whatever the schema asks for."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from econsim_mesa.deciders.replies import strict_schema
from econsim_mesa.deciders.schema import action_schemas, reply_type
from econsim_mesa.deciders.summaries import summary_schema
from econsim_mesa.domains.roster import OF_PACKAGE
from econsim_mesa.mock.keyed_random import KeyedRandom
from econsim_mesa.mock.schema_values import value_of_schema
from econsim_mesa.society.action import HOUSEHOLD, Action, Name, Quantity
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
            st.sampled_from(
                [*reply_type("Household").model_fields, "item", "quantity", "id", "text", "x"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(SCHEMAS, JSON)
def test_any_value_is_fitted_to_any_schema(schema: Any, wish: Any) -> None:
    made(schema, b"", wish)


@given(JSON)
def test_any_value_is_fitted_to_a_reply(wish: Any) -> None:
    for kind in (reply_type("Household"), reply_type("Store")):
        kind.model_validate_json(json.dumps(made(kind.model_json_schema(), b"", wish)))


def test_replies_of_the_package_are_valid_and_differ() -> None:
    for kind in ("Household", "Store"):
        for schema in (strict_schema(kind)[1], action_schemas()[kind]):
            replies = [made(schema, str(k).encode()) for k in range(60)]
            for reply in replies:
                reply_type(kind).model_validate_json(json.dumps(reply))
            used = {key for reply in replies for key, value in reply.items() if value}
            assert used == set(reply_type(kind).model_fields)
    assert set(made(summary_schema())) == {"summary"}


class Lend(Action):
    verb: ClassVar[str] = "lend"
    phases: ClassVar = {HOUSEHOLD: "swaps"}
    most = 3

    to: Name
    amount: Quantity


class Bank(Domain):
    name: ClassVar[str] = "bank"
    actions = (Lend,)


def test_verbs_of_a_users_domain_are_answered() -> None:
    domains = (*OF_PACKAGE, Bank)
    _, schema = strict_schema("Household", domains)
    replies = [made(schema, str(k).encode()) for k in range(30)]
    for reply in replies:
        reply_type("Household", domains).model_validate_json(json.dumps(reply))
    assert {len(reply["lend"]) for reply in replies} == {0, 1, 2}


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
    order = {"store": "Cafe", "item": "Pie", "quantity": 2, "ttl": 3}
    wish = {"thought": "Hm.", "move_to": "home", "order": [order], "follow": ["H1"]}
    reply = made(reply_type("Household").model_json_schema(), b"", wish)
    assert {key: reply[key] for key in wish} == wish
    assert reply["post"] is None


def test_wishes_come_within_bounds() -> None:
    wish = {"order": [{"store": "S" * 99, "item": "Pie", "quantity": -5, "ttl": 10**30}]}
    [order] = made(reply_type("Household").model_json_schema(), b"", wish)["order"]
    assert order == {"store": "S" * 60, "item": "Pie", "quantity": 1, "ttl": 100_000}
