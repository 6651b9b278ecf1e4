"""Replies: as the form asks first, mended by rule, else unusable; nothing else is ever raised."""

from __future__ import annotations

import json
from typing import Any

import pytest
from forms import HOUSEHOLD_FORM, STORE_FORM, TOWN
from hypothesis import given, settings
from hypothesis import strategies as st
from towns import parsed, village

from econsim_mesa.deciders.replies import ReadReply, read_reply
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
from econsim_mesa.llm.chat import ReplyError
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.action import HOUSEHOLD, Action, encode

BUSY = {
    "thought": "Nothing to do.",
    "do": [
        {"sleep_hours": 8},
        {"order": "Pie", "quantity": 2},
        {"propose": "H1", "give": "coin", "give_quantity": 5, "take": "Tea", "take_quantity": 1},
        {"react": 4, "accept": False},
        {"eat": "Pie", "quantity": 1},
        {"reply_to": 3, "post": "Pie!"},
        {"unfollow": "H3"},
        {"follow": "H2"},
        {"move_to": "home"},
    ],
}
STORE = {
    "thought": "Cheaper.",
    "do": [
        {"set_prices": "Pie", "price": 90},
        {"react": 1, "accept": True},
        {"post": "Sale"},
    ],
}


def reply(*entries: Any, **keys: Any) -> str:
    return json.dumps({"thought": "t", "do": list(entries), **keys}, ensure_ascii=False)


HOME = reply({"move_to": "home"})


def test_the_order_of_keys_says_nothing() -> None:
    text = '{"do": [{"quantity": 2, "eat": "Pie"}], "thought": "t"}'
    assert read_reply(text, HOUSEHOLD_FORM) == ReadReply("t", (Eat("Pie", 2),), mended=False)


def test_a_reply_is_read_in_its_order() -> None:
    read = read_reply(json.dumps(BUSY), HOUSEHOLD_FORM)
    assert read == ReadReply(
        "Nothing to do.",
        (
            Sleep(8),
            PlaceOrder("Cafe", "Pie", 2, 2),
            Propose("H1", "coin", 5, "Tea", 1, 2),
            AnswerProposal(4, False),
            Eat("Pie", 1),
            Publish("Pie!", 3),
            Unfollow("H3"),
            Follow("H2"),
            MoveTo("home"),
        ),
        mended=False,
    )
    assert read_actions(encode(read.actions), HOUSEHOLD) == read.actions


def test_an_order_stays_open_as_long_as_is_usual() -> None:
    form = ReplyForm.of("Household", parsed(village(market__ttl=7)))
    read = read_reply(reply({"order": "Pie", "quantity": 2}), form)
    assert read == ReadReply("t", (PlaceOrder("Cafe", "Pie", 2, 7),), mended=False)


def test_a_store_is_said_where_several_sell_the_same() -> None:
    scenario = load_scenario("two_towns")
    form = ReplyForm.of("Household", scenario)
    sold = [(name, item) for _, name, store in scenario.agents.stores() for item in store.sells]
    several = [(name, item) for name, item in sold if len(scenario.agents.sellers(item)) > 1]
    for store, item in several[:3]:
        read = read_reply(reply({"order": item, "quantity": 2, "store": store}), form)
        assert ([order.store for order in read.actions], read.mended) == ([store], False)
        [order] = read_reply(reply({"order": item, "quantity": 2}), form).actions
        assert order.store == ""


def test_what_is_asked_for_too_often_is_left_to_the_town_to_refuse() -> None:
    read = read_reply(reply({"move_to": "home"}, {"move_to": "Cafe"}), HOUSEHOLD_FORM)
    assert read == ReadReply("t", (MoveTo("home"), MoveTo("Cafe")), mended=False)


def test_nothing_is_done_by_an_empty_list() -> None:
    assert read_reply(reply(), HOUSEHOLD_FORM) == ReadReply("t", (), mended=False)


@pytest.mark.parametrize("kind", ["Restaurant", "Retailer", "Store", "Bakery"])
def test_a_store_replies_in_its_own_form(kind: str) -> None:
    read = read_reply(json.dumps(STORE), ReplyForm.of(kind, TOWN))
    assert read.actions == (SetPrice("Pie", 90), AnswerOrder(1, True), Publish("Sale"))
    assert not read.mended


MENDED = {
    "a fence": f"```json\n{HOME}\n```",
    "prose around": f"I will go home now.\n{HOME}\nThat is all!",
    "reasoning before": '<think>Or {"move_to": "Cafe"}? No, {home}.</think>\n' + HOME,
    "reasoning begun by the server": f'{{"move_to": "Cafe"}}? No.</think>{HOME}',
    "channels": f"<|channel|>analysis<|message|>Cafe {{?}}<|end|><|start|>assistant"
    f"<|channel|>final<|message|>{HOME}",
    "braces after it": f"{HOME}\nSay {{so}} if {{ you }} agree {{}}.",
    "an example before": f'As in {{"a": 1}}: {HOME}',
    "white space": f"\ufeff \n{HOME}\n\n",
    "no thought": '{"do": [{"move_to": "home"}]}',
    "a thought of null": HOME.replace('"t"', "null"),
    "a single entry": reply(do={"move_to": "home"}),
    "no list": '{"thought": "t", "move_to": "home"}',
    "the verb beside the thought": '{"thought": "t", "do": [], "move_to": "home"}',
    "a verb named by a tag": reply({"do": "move_to", "place": "home"}),
    "a tag beside the thought": '{"thought": "t", "do": "move_to", "place": "home"}',
    "another tag": reply({"action": "Move To", "place": "home"}),
    "columns under the verb": reply({"move_to": {"place": "home"}}),
    "a list under the verb": reply({"move_to": ["home"]}),
    "the column beside it too": reply({"move_to": "home", "place": "home"}),
    "entries that say nothing": reply({}, None, "", {"eat": None}, {"move_to": "home"}),
    "the same again": reply({"move_to": "home"}, {"move_to": "home"}),
    "all verbs in an entry": reply({"move_to": "home", "eat": None, "follow": "", "post": "null"}),
    "unknown keys that say nothing": reply({"move_to": "home"}, mood="", plan=[None, {"a": []}]),
    "a long thought": reply({"move_to": "home"}, thought="t" * 5000),
    "a key twice, alike": HOME[:-1] + ', "thought": "t"}',
    "half a character in the thought": reply({"move_to": "home"}, thought="\ud83d"),
    "half a character, escaped": reply({"move_to": "home"}, thought="?").replace("?", "\\ud83d"),
    "keys in capitals": HOME.upper().replace('"HOME"', '"home"'),
    "a key with a space": HOME.replace("move_to", "Move To "),
    "both spellings, alike": reply({"move_to": "home", "moveTo": "home"}),
    "tabs and lines in a text": reply({"move_to": "home"}, thought="a\n\tb")
    .replace("\\n", "\n")
    .replace("\\t", "\t"),
    "trailing commas": reply({"move_to": "home"}, None).replace("null]", "null,]")[:-1] + " ,\n}",
    "comments": HOME.replace("{", "{ // none\n /* { */", 1),
    "Python": str({"thought": "t", "do": [{"move_to": "home"}], "x": None}),
    "typographic marks": "\uff5b\u201cthought\u201d\uff1a\u201ct\u201d\uff0c\u2018do\u2019: "
    "[{\u201cmove_to\u201d: \u201chome\u201d}]}",
    "keys without marks": "{thought: 'no', do: [{move_to: \"home\"}], }",
    "needless escapes": reply({"move_to": "home"}, thought="It's").replace("'", "\\'"),
    "a wrapper": json.dumps({"response": json.loads(HOME)}),
    "wrappers": json.dumps({"a": None, "reply": {"arguments": HOME}}),
    "a list of one": f"[{HOME}]",
    "a text": json.dumps(HOME),
    "a text in a fence": f"```json\n{json.dumps(HOME)}\n```",
    "the same twice": f"{HOME}\nOr again:\n{HOME}",
    "a draft in another tag": '<scratchpad>{"move_to": "Cafe"}</scratchpad>\n' + HOME,
    "a draft between other marks": f"<|START_THINKING|>{reply({'move_to': 'Cafe'})}"
    f"<|END_THINKING|>{HOME}",
    "masses of white space": HOME[:-1] + " \n" * 150_000 + "}" + "\n" * 300_000,
}


@pytest.mark.parametrize("what", list(MENDED))
def test_what_is_mended_by_rule(what: str) -> None:
    read = read_reply(MENDED[what], HOUSEHOLD_FORM)
    assert read.actions == (MoveTo("home"),)
    assert len(read.thought) <= 2000
    read.thought.encode("utf-8")
    assert read.mended or what in ("half a character in the thought", "masses of white space")


EATS = (Eat("Pie", 2),)
READ: dict[str, tuple[str, tuple[Action, ...]]] = {
    "a number as text": (reply({"eat": "Pie", "quantity": " 2 "}), EATS),
    "a number with a point": (reply({"eat": "Pie", "quantity": "2.0"}), EATS),
    "other spellings": (reply({"Eat": "Pie", "QUANTITY": 2}), EATS),
    "columns under the verb": (reply({"eat": {"item": "Pie", "quantity": 2}}), EATS),
    "a column beside it": (reply({"eat": {"item": "Pie"}, "quantity": 2}), EATS),
    "keys that say nothing": (reply({"eat": "Pie", "quantity": 2, "note": None}), EATS),
    "a quantity left out": (reply({"eat": "Pie"}), (Eat("Pie", 1),)),
    "an empty quantity": (reply({"eat": "Pie", "quantity": ""}), (Eat("Pie", 1),)),
    "several of a verb": (reply({"eat": ["Pie", "Tea"]}), (Eat("Pie", 1), Eat("Tea", 1))),
    "several verbs, each with its own": (
        reply({"eat": "Pie", "quantity": 2, "move_to": "home"}),
        (*EATS, MoveTo("home")),
    ),
    "a ttl": (
        reply({"order": "Pie", "quantity": 2, "store": "Cafe", "ttl": 5}),
        (PlaceOrder("Cafe", "Pie", 2, 5),),
    ),
    "a store nobody asked for": (
        reply({"order": "Pie", "quantity": 2, "store": "Cafe"}),
        (PlaceOrder("Cafe", "Pie", 2, 2),),
    ),
    "truth as text": (reply({"react": "4", "accept": "False"}), (AnswerProposal(4, False),)),
    "a reply to nothing": (reply({"post": "Pie!", "reply_to": None}), (Publish("Pie!"),)),
    "a post with a number as text": (
        reply({"post": {"text": "Pie!", "replyTo": "3"}}),
        (Publish("Pie!", 3),),
    ),
    "hours as text": (reply({"sleep_hours": "8"}), (Sleep(8),)),
    "nobody to go to": (reply({"move_to": "none"}), ()),
    "a verb that the town does not have": (
        reply({"propose": "H1", "give": "Tea", "take": "Pie"}),
        (Propose("H1", "Tea", 1, "Pie", 1, 2),),
    ),
}


@pytest.mark.parametrize("what", list(READ))
def test_values_that_can_mean_one_thing_only_are_read(what: str) -> None:
    text, actions = READ[what]
    form = ReplyForm.of("Household", parsed(village(market__swaps=False)))
    assert read_reply(text, form) == ReadReply("t", actions, mended=True)


def test_amounts_stand_in_the_notation_of_the_town() -> None:
    euro = parsed(village(currency={"name": "euro", "decimals": 2}))
    household, store = ReplyForm.of("Household", euro), ReplyForm.of("Store", euro)
    for quantity, units in ((1.5, 150), ("0.25", 25), (3, 300)):
        read = read_reply(reply({"eat": "Flour", "quantity": quantity}), household)
        assert read.actions == (Eat("Flour", units),)
    assert read_reply(reply({"eat": "flour"}), household).actions == (Eat("Flour", 100),)
    swap = {"propose": "H1", "give": "euro", "give_quantity": 4.5, "take": "Pie"}
    assert read_reply(reply(swap), household).actions == (Propose("H1", "euro", 450, "Pie", 1, 2),)
    for price, cents in ((4.5, 450), (4, 400), ("4.99", 499)):
        read = read_reply(reply({"set_prices": "Pie", "price": price}), store)
        assert read.actions == (SetPrice("Pie", cents),)


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"eat": "Pie", "quantity": 1.5}, "Pie comes in whole units only"),
        ({"eat": "Flour", "quantity": 0.001}, "Flour comes in parts of 0.01"),
        ({"eat": "Moon", "quantity": 0.5}, "Moon comes in whole units only"),
    ],
)
def test_parts_of_a_smallest_unit_are_a_problem_in_words(entry: Any, why: str) -> None:
    with pytest.raises(ReplyError, match=why):
        read_reply(reply(entry), HOUSEHOLD_FORM)


def test_a_store_is_read_by_the_same_rules() -> None:
    text = '{"setPrices": {"item": "Pie", "price": "90"}, "react": null,}'
    assert read_reply(text, STORE_FORM) == ReadReply("", (SetPrice("Pie", 90),), True)
    with pytest.raises(ReplyError, match="'opening_hours'"):
        read_reply(reply({"opening_hours": "9-17"}), STORE_FORM)


SAYS_MORE = {
    "on top": (reply(goTo="Cafe"), "'goTo'"),
    "an unknown verb": (reply({"moveto_": "Cafe", "drink": "Tea"}), "'drink'"),
    "no verb": (reply({"item": "Pie", "quantity": 1}), "'item'"),
    "a tag of nothing": (reply({"do": "drink", "item": "Tea"}), "'do'.*"),
    "a text": (reply("go home"), "'go home' is no entry such as"),
    "inside": (reply({"eat": "Pie", "with": "fork"}), "'with'"),
    "under a verb": (reply({"eat": {"item": "Pie", "with": "fork"}}), "'with' in eat"),
    "in a post": (reply({"post": {"text": "Pie!", "to": "H2"}}), "'to' in post"),
    "no": (reply(stay=False), "'stay'"),
    "zero": (reply({"move_to": "home"}, wander=0), "'wander'"),
    "a second spelling": (reply({"move_to": "home", "moveTo": "Cafe"}), "move_to is given twice"),
    "a column twice": (reply({"move_to": "home", "place": "Cafe"}), "place is given twice"),
    "a key twice": (HOME[:-1] + ', "do": []}', "'do' stands twice"),
    "a column that could belong to two": (
        reply({"order": "Pie", "eat": "Pie", "quantity": 2}),
        "'quantity' could belong to order and eat",
    ),
    "beside a wrapped reply": (json.dumps({"thought": "t", "act": {"moveTo": "home"}}), "'act'"),
}


@pytest.mark.parametrize("what", list(SAYS_MORE))
def test_what_is_not_understood_is_refused_and_named(what: str) -> None:
    text, named = SAYS_MORE[what]
    with pytest.raises(ReplyError, match=named):
        read_reply(text, HOUSEHOLD_FORM)


def test_posts_that_are_too_long_are_cut() -> None:
    long = read_reply(reply({"post": "p" * 900}), HOUSEHOLD_FORM)
    assert long.actions == (Publish("p" * 280),)
    assert long.mended


def sleep(hours: str) -> str:
    return f'{{"thought": "t", "do": [{{"sleep_hours": {hours}}}]}}'


UNUSABLE = {
    "nothing": "",
    "white space": " \n\t",
    "prose": "I go home.",
    "a number": "7",
    "a list": "[1, 2]",
    "an empty object": "{}",
    "another object": '{"error": {"message": "overloaded"}}',
    "cut": HOME[:-10],
    "half a string": '{"thought": "I was about to',
    "NaN": sleep("NaN"),
    "infinity": sleep("Infinity"),
    "a huge number": sleep("1e400"),
    "many digits": sleep("9" * 6000),
    "a fraction": sleep("2.5"),
    "hours beyond a day": sleep("25"),
    "no hours": sleep("0"),
    "truth for a number": sleep("true"),
    "a number for text": reply({"move_to": 5}),
    "an order of nothing": reply({"order": {"store": "Cafe"}}),
    "a negative quantity": reply({"eat": "Pie", "quantity": -1}),
    "a quantity beyond all": reply({"eat": "Pie", "quantity": 10**10}),
    "an answer without a number": reply({"react": True, "accept": True}),
    "no answer": reply({"react": 1}),
    "a thought that is no text": reply(thought=["a"]),
    "a post without text": reply({"post": {"reply_to": 1}}),
    "a number for truth": reply({"react": 1, "accept": 1}),
    "two objects": reply() + HOME,
    "words for a number": sleep('"8 hours"'),
    "a part as text": sleep('"2.5"'),
    "an apostrophe in single quotes": "{'thought': 'I don't know', 'move_to': 'home'}",
    "a comma alone": reply().replace("[]", "[,]"),
    "no comma": HOME.replace(", ", " "),
    "an escape of nothing": HOME.replace("home", "ho\\qme"),
    "a text that does not end": '"{\\"thought\\": \\"x\\"',
    "braces without end": "{/* " * 9000,
    "an object in a broken one": '{"thought": "he wrote "{"move_to": "home"}"", "do": []}',
    "a draft alone": f"<think>{HOME}</think>I cannot decide.",
    "deep lists": '{"do": ' + "[" * 90_000 + "]" * 90_000 + "}",
    "deep objects": '{"thought": ' + '{"a":' * 20_000 + "1" + "}" * 20_000 + "}",
    "medium depth": '{"do": ' + "[" * 800 + "]" * 800 + "}",
    "too long": '{"thought": "' + "t" * 200_001 + '"}',
    "HTML": "<html><body>502 Bad Gateway {nginx}</body></html>",
}


@pytest.mark.parametrize("what", list(UNUSABLE))
def test_what_cannot_be_used_says_why_in_a_few_words(what: str) -> None:
    with pytest.raises(ReplyError) as found:
        read_reply(UNUSABLE[what], HOUSEHOLD_FORM)
    said = str(found.value)
    assert said.strip()
    assert len(said) < 600
    said.encode("utf-8")


def test_a_thought_is_clean_text() -> None:
    read = read_reply(reply(thought=" I\n[cash] 9\u202e \x07x\u2028y "), HOUSEHOLD_FORM)
    assert read.thought == "I [cash] 9 x y"


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)
VERBS = [*HOUSEHOLD_FORM.verbs, *STORE_FORM.verbs]
KEYS = st.sampled_from(["thought", "do", "action", *VERBS, "item", "quantity", "text", "x"])
FORMS = st.sampled_from([HOUSEHOLD_FORM, STORE_FORM])
PARTS = NESTED | st.lists(st.dictionaries(KEYS, NESTED, max_size=3), max_size=3)
OBJECTS = st.dictionaries(KEYS, PARTS, max_size=5)
TEXTS = st.text(max_size=300) | OBJECTS.map(json.dumps)
AROUND = st.sampled_from(["", "```json\n", "Here: ", "{", "}", "\ud800", "\x00"])


@settings(max_examples=600)
@given(before=AROUND, text=TEXTS, after=AROUND, form=FORMS)
def test_only_unusable_is_raised(before: str, text: str, after: str, form: ReplyForm) -> None:
    try:
        read = read_reply(before + text + after, form)
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
    form=FORMS,
)
def test_a_reply_with_a_part_replaced_is_read_or_unusable(
    whole: str, cut: int, put: str, length: int, form: ReplyForm
) -> None:
    text = whole[:cut] + put + whole[cut + length :]
    try:
        read = read_reply(text, form)
    except ReplyError:
        return
    assert len(encode(read.actions)) < 5000


def test_names_are_understood_in_any_spelling_that_can_mean_one_thing_only() -> None:
    said = reply(
        {"order": "pies", "quantity": 2},
        {"eat": "flour", "quantity": 1.5},
        {"move_to": "(3, 4)"},
        {"follow": "h2"},
        {"unfollow": "shop"},
    )
    read = read_reply(said, HOUSEHOLD_FORM)
    assert read.actions == (
        PlaceOrder("Cafe", "Pie", 2, TOWN.market.ttl),
        Eat("Flour", 150),
        MoveTo("3,4"),
        Follow("H2"),
        Unfollow("Shop"),
    )
    assert not read.mended  # the form was kept
    [move] = read_reply(reply({"move_to": "h" * 61}), HOUSEHOLD_FORM).actions
    assert move == MoveTo("h" * 60)  # which the town refuses
    strange = reply({"order": "Gold", "quantity": 1, "store": "Moon"})
    [order] = read_reply(strange, HOUSEHOLD_FORM).actions
    assert order == PlaceOrder("Moon", "Gold", 1, TOWN.market.ttl)


@pytest.mark.parametrize(
    "entry",
    [{"order": "pie", "store": "Cafe"}, {"Move_To": "cafe"}, {"eat": "pie", "quantity": "1"}],
)
def test_a_name_in_another_spelling_hides_no_fault_of_form(entry: dict[str, Any]) -> None:
    assert read_reply(reply(entry), HOUSEHOLD_FORM).mended


@pytest.mark.parametrize(
    "entry",
    [{"move_to": [3, 4]}, {"move_to": [[3, 4]]}, {"move_to": {"place": [3, 4]}}],
    ids=json.dumps,
)
def test_a_cell_may_be_a_list_of_its_numbers(entry: dict[str, Any]) -> None:
    read = read_reply(reply(entry), HOUSEHOLD_FORM)
    assert read == ReadReply("t", (MoveTo("3,4"),), mended=True)


@pytest.mark.parametrize("cell", [[3], [3, 4, 5], [3, "x"], [3.5, 4], [True, 1]], ids=json.dumps)
def test_other_lists_are_no_cell(cell: list[Any]) -> None:
    with pytest.raises(ReplyError, match="move_to"):
        read_reply(reply({"move_to": cell}), HOUSEHOLD_FORM)


def test_a_list_of_numbers_is_no_cell_where_no_place_is_named() -> None:
    with pytest.raises(ReplyError, match="eat: item"):
        read_reply(reply({"eat": [3, 4]}), HOUSEHOLD_FORM)
