"""Replies: strict first, mended by rule, else unusable; nothing else is ever raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim_mesa.deciders.replies import ReadReply, ReplyError, read_reply, strict_schema
from econsim_mesa.deciders.schema import reply_of, reply_type
from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.economy.actions import (
    AnswerOrder,
    AnswerProposal,
    PlaceOrder,
    Propose,
    SetPrice,
)
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.roster import read_actions
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.society.action import HOUSEHOLD, Action, encode

IDLE: dict[str, Any] = {**reply_of("Household", []), "thought": "Nothing to do."}
BUSY = {
    **IDLE,
    "sleep_hours": 8,
    "move_to": "home",
    "order": [{"store": "Cafe", "item": "Pie", "quantity": 2, "ttl": 3}],
    "propose": [
        {
            "to": "H1",
            "give": "coin",
            "give_quantity": 5,
            "take": "Tea",
            "take_quantity": 1,
            "ttl": 2,
        }
    ],
    "react": [{"id": 4, "accept": False}],
    "eat": [{"item": "Pie", "quantity": 1}],
    "post": {"text": "Pie!", "reply_to": 3},
    "follow": ["H2"],
    "unfollow": ["H3"],
}
STORE = {
    "thought": "Cheaper.",
    "set_prices": [{"item": "Pie", "price": 90}],
    "react": [{"id": 1, "accept": True}],
    "post": {"text": "Sale", "reply_to": None},
}


def reply(**changes: Any) -> str:
    return json.dumps({**IDLE, **changes}, ensure_ascii=False)


def test_a_strict_reply_is_read_and_makes_room_before_it_follows() -> None:
    read = read_reply(json.dumps(BUSY), "Household")
    assert read == ReadReply(
        "Nothing to do.",
        (
            Sleep(8),
            MoveTo("home"),
            PlaceOrder("Cafe", "Pie", 2, 3),
            Propose("H1", "coin", 5, "Tea", 1, 2),
            AnswerProposal(4, False),
            Eat("Pie", 1),
            Publish("Pie!", 3),
            Unfollow("H3"),
            Follow("H2"),
        ),
        mended=False,
    )
    assert read_actions(encode(read.actions), HOUSEHOLD) == read.actions


@pytest.mark.parametrize("kind", ["Restaurant", "Retailer", "Store", "Bakery"])
def test_a_store_replies_in_its_own_form(kind: str) -> None:
    read = read_reply(json.dumps(STORE), kind)
    assert read.actions == (SetPrice("Pie", 90), AnswerOrder(1, True), Publish("Sale"))
    assert not read.mended


MENDED = {
    "a fence": f"```json\n{reply(move_to='home')}\n```",
    "prose around": f"I will go home now.\n{reply(move_to='home')}\nThat is all!",
    "reasoning before": '<think>Or {"move_to": "Cafe"}? No, {home}.</think>\n'
    + reply(move_to="home"),
    "reasoning begun by the server": f'{{"move_to": "Cafe"}}? No.</think>{reply(move_to="home")}',
    "channels": f"<|channel|>analysis<|message|>Cafe {{?}}<|end|><|start|>assistant"
    f"<|channel|>final<|message|>{reply(move_to='home')}",
    "braces after it": f"{reply(move_to='home')}\nSay {{so}} if {{ you }} agree {{}}.",
    "an example before": f'As in {{"a": 1}}: {reply(move_to="home")}',
    "white space": f"\ufeff \n{reply(move_to='home')}\n\n",
    "missing keys": '{"thought": "t", "move_to": "home"}',
    "no thought": '{"move_to": "home"}',
    "null lists": reply(move_to="home", order=None, eat=None, thought=None),
    "unknown keys that say nothing": reply(move_to="home", mood="", plan=[None, {"a": []}], x={}),
    "a long thought": reply(move_to="home", thought="t" * 5000),
    "a key twice, alike": reply(move_to="home")[:-1] + ', "move_to": "home"}',
    "half a character in the thought": reply(move_to="home", thought="\ud83d"),
    "half a character, escaped": reply(move_to="home", thought="?").replace("?", "\\ud83d"),
    "a key in capitals": reply().replace('"move_to": null', '"MOVE_TO": "home"'),
    "a key with a space": reply().replace('"move_to": null', '"Move To ": "home"'),
    "both spellings, alike": reply(move_to="home", moveTo="home"),
    "another spelling that says nothing": reply(move_to="home", moveTo=None),
    "tabs and lines in a text": reply(move_to="home", thought="a\n\tb")
    .replace("\\n", "\n")
    .replace("\\t", "\t"),
    "trailing commas": reply(move_to="home", eat=[None]).replace("null]", "null,]")[:-1] + " ,\n}",
    "comments": reply(move_to="home").replace("{", "{ // none\n /* { */", 1),
    "Python": str({**IDLE, "move_to": "home"}),
    "typographic marks": "\uff5b\u201cthought\u201d\uff1a\u201ct\u201d\uff0c\u2018move_to\u2019: "
    "\u201chome\u201d}",
    "keys without marks": "{thought: 'no', move_to: \"home\", order: [], }",
    "needless escapes": reply(move_to="home", thought="It's").replace("'", "\\'"),
    "null in words": reply(move_to="home", sleep_hours="null", post="None", order="null", eat=""),
    "a post of nothing": reply(move_to="home", post={"text": "", "reply_to": None}),
    "an order of nothing": reply(
        move_to="home", order=[{"store": "", "item": None, "quantity": None, "ttl": None}]
    ),
    "a wrapper": json.dumps({"response": {**IDLE, "move_to": "home"}}),
    "wrappers": json.dumps({"a": None, "reply": {"arguments": reply(move_to="home")}}),
    "a list of one": f"[{reply(move_to='home')}]",
    "a text": json.dumps(reply(move_to="home")),
    "a text in a fence": f"```json\n{json.dumps(reply(move_to='home'))}\n```",
    "the same twice": f"{reply(move_to='home')}\nOr again:\n{reply(move_to='home')}",
    "a draft in another tag": '<scratchpad>{"move_to": "Cafe"}</scratchpad>\n'
    + reply(move_to="home"),
    "a draft between other marks": f"<|START_THINKING|>{reply(move_to='Cafe')}<|END_THINKING|>"
    + reply(move_to="home"),
    "masses of white space": reply(move_to="home")[:-1] + " \n" * 150_000 + "}" + "\n" * 300_000,
    "empty names to follow": reply(move_to="home", follow=["", None]),
}


@pytest.mark.parametrize("what", list(MENDED))
def test_what_is_mended_by_rule(what: str) -> None:
    read = read_reply(MENDED[what], "Household")
    assert read.actions == (MoveTo("home"),)
    assert len(read.thought) <= 2000
    read.thought.encode("utf-8")
    assert read.mended or what in (
        "half a character in the thought",
        "masses of white space",
    )


EATS = (Eat("Pie", 2),)
ORDERS = (PlaceOrder("Cafe", "Pie", 2, 1),)
READ: dict[str, tuple[str, tuple[Action, ...]]] = {
    "a number as text": (reply(eat=[{"item": "Pie", "quantity": " 2 "}]), EATS),
    "a number with a point": (reply(eat=[{"item": "Pie", "quantity": 2.0}]), EATS),
    "one object for a list": (reply(eat={"item": "Pie", "quantity": 2}), EATS),
    "other spellings inside": (reply(eat=[{"Item": "Pie", "QUANTITY": 2}]), EATS),
    "extra keys inside that say nothing": (
        reply(eat=[{"item": "Pie", "quantity": 2, "note": None}]),
        EATS,
    ),
    "no ttl": (reply(order=[{"store": "Cafe", "item": "Pie", "quantity": 2}]), ORDERS),
    "an empty ttl": (
        reply(order=[{"store": "Cafe", "item": "Pie", "quantity": "2.0", "ttl": ""}]),
        ORDERS,
    ),
    "one name for a list": (reply(follow="H2"), (Follow("H2"),)),
    "truth as text": (reply(react={"id": "4", "accept": "False"}), (AnswerProposal(4, False),)),
    "a post with a number as text": (
        reply(post={"text": "Pie!", "replyTo": "3"}),
        (Publish("Pie!", 3),),
    ),
    "hours as text": (reply(sleep_hours="8"), (Sleep(8),)),
    "nobody to go to": (reply(move_to="none"), ()),
}


@pytest.mark.parametrize("what", list(READ))
def test_values_that_can_mean_one_thing_only_are_read(what: str) -> None:
    text, actions = READ[what]
    assert read_reply(text, "Household") == ReadReply("Nothing to do.", actions, mended=True)


def test_a_store_is_read_by_the_same_rules() -> None:
    text = '{"setPrices": {"item": "Pie", "price": "90"}, "react": null,}'
    assert read_reply(text, "Restaurant") == ReadReply("", (SetPrice("Pie", 90),), True)
    with pytest.raises(ReplyError, match="'opening_hours'"):
        read_reply(json.dumps({**STORE, "opening_hours": "9-17"}), "Restaurant")


SAYS_MORE = {
    "on top": (reply(goTo="Cafe"), "'goTo'"),
    "inside": (reply(eat=[{"item": "Pie", "quantity": 1, "with": "fork"}]), "'with' in eat.0"),
    "in a post": (reply(post={"text": "Pie!", "to": "H2"}), "'to' in post"),
    "no": (reply(stay=False), "'stay'"),
    "zero": (reply(move_to="home", wait=0), "'wait'"),
    "a second spelling": (reply(move_to="home", moveTo="Cafe"), "move_to and 'moveTo'"),
    "a second spelling of what was left empty": (reply(moveTo="Cafe"), "move_to and 'moveTo'"),
    "a key twice": (reply(move_to="Cafe")[:-1] + ', "move_to": "home"}', "'move_to' stands twice"),
    "a key twice inside": (
        reply(eat=[0]).replace("0", '{"item": "Pie", "quantity": 1, "quantity": 2}'),
        "'quantity' stands twice",
    ),
    "beside a wrapped reply": (json.dumps({"thought": "t", "act": {"moveTo": "home"}}), "'act'"),
    "a list that is too long": (
        reply(eat=[{"item": "Pie", "quantity": 1 + i} for i in range(13)]),
        "eat: .*12",
    ),
    "several names in a text": (reply(follow="H2, H3"), "follow"),
}


@pytest.mark.parametrize("what", list(SAYS_MORE))
def test_what_is_not_understood_is_refused_and_named(what: str) -> None:
    text, named = SAYS_MORE[what]
    with pytest.raises(ReplyError, match=named):
        read_reply(text, "Household")


def test_posts_that_are_too_long_are_cut() -> None:
    long = read_reply(reply(post={"text": "p" * 900}), "Household")
    assert long.actions == (Publish("p" * 280),)
    assert long.mended


UNUSABLE = {
    "nothing": "",
    "white space": " \n\t",
    "prose": "I go home.",
    "a number": "7",
    "a list": "[1, 2]",
    "an empty object": "{}",
    "another object": '{"error": {"message": "overloaded"}}',
    "cut": reply(move_to="home")[:-30],
    "half a string": '{"thought": "I was about to',
    "NaN": reply().replace('"sleep_hours": null', '"sleep_hours": NaN'),
    "infinity": reply().replace('"sleep_hours": null', '"sleep_hours": Infinity'),
    "a huge number": reply().replace('"sleep_hours": null', '"sleep_hours": 1e400'),
    "many digits": reply().replace('"sleep_hours": null', f'"sleep_hours": {"9" * 6000}'),
    "a fraction": reply(sleep_hours=2.5),
    "hours beyond a day": reply(sleep_hours=25),
    "no hours": reply(sleep_hours=0),
    "truth for a number": reply(sleep_hours=True),
    "a number for text": reply(move_to=5),
    "a long name": reply(move_to="h" * 61),
    "an object for a list": reply(order={"store": "Cafe"}),
    "an order without a quantity": reply(order=[{"store": "Cafe", "item": "Pie", "ttl": 1}]),
    "a negative quantity": reply(eat=[{"item": "Pie", "quantity": -1}]),
    "a quantity beyond all": reply(eat=[{"item": "Pie", "quantity": 10**10}]),
    "more keys in an order": reply(eat=[{"item": "Pie", "quantity": 1, "with": "fork"}]),
    "a post that is text": reply(post="Pie!"),
    "a post without text": reply(post={"reply_to": 1}),
    "a number for truth": reply(react=[{"id": 1, "accept": 1}]),
    "two objects": reply() + reply(move_to="home"),
    "words for a number": reply(sleep_hours="8 hours"),
    "a part as text": reply(sleep_hours="2.5"),
    "an apostrophe in single quotes": "{'thought': 'I don't know', 'move_to': 'home'}",
    "a comma alone": reply().replace("[]", "[,]"),
    "no comma": reply(move_to="home").replace(", ", " "),
    "an escape of nothing": reply(move_to="home").replace("home", "ho\\qme"),
    "a text that does not end": '"{\\"thought\\": \\"x\\"',
    "braces without end": "{/* " * 9000,
    "an object in a broken one": '{"thought": "he wrote "{"move_to": "home"}"", "order": []}',
    "a draft alone": f"<think>{reply(move_to='home')}</think>I cannot decide.",
    "deep lists": '{"order": ' + "[" * 90_000 + "]" * 90_000 + "}",
    "deep objects": '{"thought": ' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "}",
    "medium depth": '{"order": ' + "[" * 800 + "]" * 800 + "}",
    "too long": '{"thought": "' + "t" * 200_001 + '"}',
    "HTML": "<html><body>502 Bad Gateway {nginx}</body></html>",
}


@pytest.mark.parametrize("what", list(UNUSABLE))
def test_what_cannot_be_used_says_why_in_a_few_words(what: str) -> None:
    with pytest.raises(ReplyError) as found:
        read_reply(UNUSABLE[what], "Household")
    said = str(found.value)
    assert said.strip()
    assert len(said) < 600
    said.encode("utf-8")


def test_a_thought_is_clean_text() -> None:
    read = read_reply(reply(thought=" I\n[cash] 9\u202e \x07x\u2028y "), "Household")
    assert read.thought == "I [cash] 9 x y"


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
KEYS = st.sampled_from([*IDLE, *STORE, "item", "quantity", "text", "x"])
PARTS = NESTED | st.lists(st.dictionaries(KEYS, NESTED, max_size=3), max_size=3)
OBJECTS = st.dictionaries(KEYS, PARTS, max_size=5)
TEXTS = st.text(max_size=300) | OBJECTS.map(json.dumps)
AROUND = st.sampled_from(["", "```json\n", "Here: ", "{", "}", "\ud800", "\x00"])


@settings(max_examples=600)
@given(before=AROUND, text=TEXTS, after=AROUND, kind=st.sampled_from(["Household", "Store"]))
def test_only_unusable_is_raised(before: str, text: str, after: str, kind: str) -> None:
    try:
        read = read_reply(before + text + after, kind)
    except ReplyError as error:
        str(error).encode("utf-8")
        return
    read.thought.encode("utf-8")
    assert read_actions(encode(read.actions), HOUSEHOLD) == read.actions
    encode(read.actions).encode("utf-8")


@settings(max_examples=300)
@given(
    whole=st.sampled_from([json.dumps(BUSY), json.dumps(STORE)]),
    cut=st.integers(0, 400),
    put=st.text(max_size=4),
    length=st.integers(0, 6),
    kind=st.sampled_from(["Household", "Store"]),
)
def test_a_reply_with_a_part_replaced_is_read_or_unusable(
    whole: str, cut: int, put: str, length: int, kind: str
) -> None:
    text = whole[:cut] + put + whole[cut + length :]
    try:
        read = read_reply(text, kind)
    except ReplyError:
        return
    assert len(encode(read.actions)) < 5000


def objects(part: Any) -> list[dict[str, Any]]:
    """Return every JSON object in a schema that describes an object."""
    found = [part] if isinstance(part, dict) and part.get("type") == "object" else []
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return found + [one for value in inside for one in objects(value)]


@pytest.mark.parametrize("kind", ["Household", "Restaurant", "Retailer"])
def test_the_strict_schema_is_one_that_servers_accept(kind: str) -> None:
    name, schema = strict_schema(kind)
    assert strict_schema(kind)[1] is schema
    assert name == reply_type(kind).__name__
    text = json.dumps(schema)
    for word in ("$ref", "$defs", "default", "title", "description", "maxLength", "pattern"):
        assert f'"{word}"' not in text, word
    described = objects(schema)
    assert len(described) >= 4
    for one in described:
        assert one["required"] == list(one["properties"])
        assert one["additionalProperties"] is False
    assert next(iter(schema["properties"])) == "thought"
    assert list(schema["properties"]) == list(BUSY if kind == "Household" else STORE)


def test_the_schema_of_all_stores_is_the_same() -> None:
    assert strict_schema("Restaurant") == strict_schema("Retailer")
    assert strict_schema("Restaurant") != strict_schema("Household")
