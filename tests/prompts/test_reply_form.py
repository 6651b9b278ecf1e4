"""The form of a reply is made from the actions that a town has."""

from __future__ import annotations

import json
from typing import Any, ClassVar

import pytest
from forms import HOUSEHOLD_FORM, STORE_FORM, TOWN
from jsonschema import Draft202012Validator
from towns import parsed, village

from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.economy.actions import (
    AnswerOrder,
    AnswerProposal,
    PlaceOrder,
    Propose,
    SetPrice,
)
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.prompts.reply_form import ReplyForm, reply_schemas
from econsim_mesa.scenario import Frozen, load_scenario, register
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.society.action import HOUSEHOLD, Action, StoreName
from econsim_mesa.society.domain import Domain

FORMS = [HOUSEHOLD_FORM, STORE_FORM]


def objects(part: Any) -> list[dict[str, Any]]:
    """Return every object that a schema describes."""
    here = [part] if isinstance(part, dict) and part.get("type") == "object" else []
    inside = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return here + [each for value in inside for each in objects(value)]


def entries(form: ReplyForm) -> dict[str, dict[str, Any]]:
    """Return the schemas of the entries of a form by their verbs."""
    options = form.schema["properties"]["do"]["items"]["anyOf"]
    return {next(iter(option["properties"])): option["properties"] for option in options}


def test_a_reply_asks_for_the_actions_that_it_is_made_of() -> None:
    actions = (
        Sleep(7.6),
        PlaceOrder("Cafe", "Pie", 1, 2),
        Propose("H1", "coin", 5, "Flour", 150, 2),
        AnswerProposal(3, accept=True),
        Eat("Flour", 25),
        Publish("hi", 2),
        Follow("H2"),
        Unfollow("H3"),
        MoveTo("home"),
    )
    reply = HOUSEHOLD_FORM.reply(actions)
    assert list(reply) == ["thought", "do"]
    assert reply["do"] == [
        {"sleep_hours": 8},
        {"order": "Pie", "quantity": 1},
        {"propose": "H1", "give": "coin", "give_quantity": 5, "take": "Flour",
         "take_quantity": 1.5},
        {"react": 3, "accept": True},
        {"eat": "Flour", "quantity": 0.25},
        {"reply_to": 2, "post": "hi"},
        {"follow": "H2"},
        {"unfollow": "H3"},
        {"move_to": "home"},
    ]  # fmt: skip
    for words in ("I sleep 7.6 hours", "order 1 Pie at Cafe", "eat 0.25 Flour", "go home"):
        assert words in str(reply["thought"])
    assert HOUSEHOLD_FORM.reply([], "")["do"] == []


def test_prices_are_given_in_the_units_of_the_currency() -> None:
    euro = parsed(village(currency={"name": "euro", "decimals": 2}))
    reply = ReplyForm.of("Store", euro).reply([SetPrice("Pie", 450)])
    assert reply["do"] == [{"set_prices": "Pie", "price": 4.5}]
    assert STORE_FORM.reply([AnswerOrder(12, accept=False)], "")["do"] == [
        {"react": 12, "accept": False}
    ]


def test_the_lines_show_no_value_that_could_be_copied() -> None:
    assert list(HOUSEHOLD_FORM.lines.values()) == [
        '{"sleep_hours": <1 to 24>}',
        '{"move_to": <place>}',
        '{"order": <item>, "quantity": <number>}',
        '{"propose": <household>, "give": <item or coin>, "give_quantity": <number>, '
        '"take": <item or coin>, "take_quantity": <number>}',
        '{"react": <id>, "accept": <true or false>}',
        '{"eat": <item>, "quantity": <number>}',
        '{"post": <text>}\n{"reply_to": <id>, "post": <text>}',
        '{"follow": <name>}',
        '{"unfollow": <name>}',
    ]
    for form in FORMS:
        for line in form.lines.values():
            for entry in line.split("\n"):
                with pytest.raises(ValueError, match="Expecting value"):
                    json.loads(entry)


@pytest.mark.parametrize("form", FORMS, ids=["household", "store"])
def test_the_schema_is_one_that_strict_servers_accept(form: ReplyForm) -> None:
    text = json.dumps(form.schema)
    for word in ("$ref", "$defs", "default", "title", "description", "pattern", "null"):
        assert f'"{word}"' not in text, word
    for each in objects(form.schema):
        assert each["required"] == list(each["properties"])
        assert each["additionalProperties"] is False
    assert list(form.schema["properties"]) == ["thought", "do"]
    options = form.schema["properties"]["do"]["items"]["anyOf"]
    assert len(entries(form)) == len(options)  # all first keys differ, as OpenAI wants
    assert [verb for verb in entries(form) if verb != "reply_to"] == list(form.verbs)
    assert form.schema["properties"]["do"]["maxItems"] == form.most


@pytest.mark.parametrize("form", FORMS, ids=["household", "store"])
def test_the_flat_schema_needs_no_more_than_types_and_names(form: ReplyForm) -> None:
    text = json.dumps(form.flat_schema)
    for word in ("anyOf", "maxItems", "maxLength", "minimum", "maximum", "null"):
        assert f'"{word}"' not in text, word
    entry = form.flat_schema["properties"]["do"]["items"]
    assert {*form.verbs, "reply_to"} <= {*entry["properties"]}
    assert entry["required"] == []


def test_what_the_form_writes_its_schemas_allow() -> None:
    replies = (
        (HOUSEHOLD_FORM, [Eat("Pie", 1), Publish("Hm."), MoveTo("3,4")]),
        (STORE_FORM, [SetPrice("Pie", 90), AnswerOrder(0, accept=True), Publish("Hm.", 3)]),
    )
    for form, actions in replies:
        Draft202012Validator(form.schema).validate(form.reply(actions))
    flat = HOUSEHOLD_FORM.reply([Eat("Pie", 1), MoveTo("3,4")])
    Draft202012Validator(HOUSEHOLD_FORM.flat_schema).validate(flat)


def test_amounts_are_whole_where_nothing_has_parts() -> None:
    yen = load_scenario("pizza_place")
    household, store = ReplyForm.of("Household", yen), ReplyForm.of("Store", yen)
    assert entries(household)["eat"]["quantity"]["type"] == "integer"
    assert entries(store)["set_prices"]["price"]["type"] == "integer"
    assert entries(HOUSEHOLD_FORM)["eat"]["quantity"] == {"type": "number"}
    assert entries(STORE_FORM)["set_prices"]["price"]["type"] == "integer"


def test_names_of_the_town_are_listed_where_they_are_few() -> None:
    two_towns = load_scenario("two_towns")
    stores = [name for _, name, _ in two_towns.agents.stores()]
    order = entries(ReplyForm.of("Household", two_towns))["order"]
    assert order["store"]["enum"] == stores  # several sell the same
    assert entries(HOUSEHOLD_FORM)["propose"]["give"]["enum"][:2] == ["coin", "Pie"]
    assert "enum" not in json.dumps([entries(HOUSEHOLD_FORM)[verb] for verb in ("follow", "post")])
    crowd = entries(ReplyForm.of("Household", load_scenario("crowd")))
    assert "enum" not in json.dumps([crowd[verb] for verb in ("follow", "post")])
    assert "enum" in crowd["order"]["order"]


def test_a_town_without_swaps_asks_for_none() -> None:
    form = ReplyForm.of("Household", parsed(village(market__swaps=False)))
    assert not {"propose", "react"} & {*form.lines, *entries(form)}
    assert "react" not in ReplyForm.of("Store", parsed(village())).lines


def test_a_store_may_set_all_prices_answer_all_orders_and_post() -> None:
    assert (HOUSEHOLD_FORM.most, STORE_FORM.most) == (4, 3 + 4 + 1)
    assert ReplyForm.of("Store", parsed(village())).most == 3 + 1
    assert list(reply_schemas(TOWN)) == ["Household", "Store"]
    assert ReplyForm.of("Restaurant", TOWN).schema == STORE_FORM.schema


class Rest(Action):
    """Sit down."""

    verb: ClassVar[str] = "rest"
    phases: ClassVar = {HOUSEHOLD: "sleep"}


class Visit(Action):
    """Visit a store."""

    verb: ClassVar[str] = "visit"
    phases: ClassVar = {HOUSEHOLD: "moves"}

    store: StoreName
    gladly: bool
    hours: float | None = None


def test_a_domain_of_a_users_own_is_asked_for_like_any_other() -> None:
    with own_registrations():

        @register("domain", "leisure")
        class Leisure(Domain):
            """Time off."""

            name: ClassVar[str] = "leisure"
            actions = (Rest, Visit)

            class Parameters(Frozen):
                """Nothing can be set."""

        form = ReplyForm.of("Household", parsed(village(leisure={})))
    assert form.lines["rest"] == '{"rest": true}'
    assert form.lines["visit"] == (
        '{"visit": <store>, "gladly": <true or false>}\n'
        '{"hours": <number>, "visit": <store>, "gladly": <true or false>}'
    )
    assert entries(form)["visit"]["visit"]["enum"] == ["Cafe", "Shop"]
    reply = form.reply([Rest(), Visit("Cafe", True), Visit("Cafe", True, 0.5)], "")
    assert reply["do"] == [
        {"rest": True},
        {"visit": "Cafe", "gladly": True},
        {"hours": 0.5, "visit": "Cafe", "gladly": True},
    ]
    Draft202012Validator(form.schema).validate(reply)
