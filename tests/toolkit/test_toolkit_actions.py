"""Functions and classes as actions: what a model may say, and what is refused of them."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any, Literal

import mesa
import pytest
from pydantic import Field

from econsim_mesa.deciders.replies import read_reply
from econsim_mesa.errors import BadInput
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.toolkit.actions import read_actions


def plain(agent: Any, where: Literal["north", "south"], far: bool = False) -> None:
    """Walk somewhere.

    More words that agents are not told.
    """


def bounded(agent: Any, amount: Annotated[int, Field(ge=1, le=9)], share: float) -> None: ...


def meet(agent: Any, friend: mesa.Agent, gift: int | None = None) -> None:
    """Meet a friend."""


@dataclasses.dataclass
class OfferJob:
    """Offer somebody a job."""

    to: mesa.Agent
    wage: int = 10

    def apply(self, agent: Any) -> str:
        return f"{agent} offers {self.to} {self.wage}"


def lines(*actions: Any) -> dict[str, str]:
    """Return the forms of entries as a prompt shows them."""
    read = read_actions(actions)
    return ReplyForm("Decision", {verb: action.row for verb, action in read.items()}).lines


def test_the_form_of_each_kind_of_parameter() -> None:
    assert lines(plain, bounded, meet, OfferJob) == {
        "plain": '{"plain": <north or south>}\n{"far": <true or false>, "plain": <north or south>}',
        "bounded": '{"bounded": <1 to 9>, "share": <number>}',
        "meet": '{"meet": <name>}\n{"gift": <whole number>, "meet": <name>}',
        "offer_job": '{"offer_job": <name>}\n{"wage": <whole number>, "offer_job": <name>}',
    }


def test_what_agents_are_told_is_the_first_line_of_a_docstring() -> None:
    helps = {verb: action.row.help for verb, action in read_actions([plain, bounded]).items()}
    assert helps == {"plain": "Walk somewhere.", "bounded": "bounded"}


def test_an_object_of_a_class_is_made_and_applied() -> None:
    action = read_actions([OfferJob])["offer_job"]
    assert action.agents == {"to": (mesa.Agent,)}
    assert action.apply("A", {"to": "B", "wage": 3}) == "A offers B 3"
    assert action.apply("A", {"to": "B", "wage": None}) == "A offers B 10"


class Buyer(mesa.Agent): ...


class Seller(mesa.Agent): ...


def trade(agent: Buyer, at: Seller, witness: Buyer | Seller | None = None) -> None: ...
def shout(agent: Any) -> None: ...
def friends(agent: Any, names: list[Buyer]) -> None: ...


class Ask:
    """It has no fields."""

    def apply(self, agent: Seller) -> None: ...


def test_type_hints_say_whose_an_action_is_and_whom_it_names() -> None:
    read = read_actions([trade, shout, Ask])
    assert read["trade"].agents == {"at": (Seller,), "witness": (Buyer, Seller)}
    whose = {verb: action.by for verb, action in read.items()}
    assert whose == {"trade": (Buyer,), "shout": (mesa.Agent,), "ask": (Seller,)}


def bounds(
    agent: Any,
    low: Annotated[int, Field(ge=1)],
    high: Annotated[int, Field(le=9)],
    inner: Annotated[float, Field(gt=0, lt=0.5)],
    lone: Annotated[int, Field(ge=-3)] = 0,
) -> None: ...


def test_a_prompt_says_the_bounds_of_a_number_that_has_only_some() -> None:
    one, all_of_it = lines(bounds)["bounds"].splitlines()
    assert one == (
        '{"bounds": <whole number, at least 1>, "high": <whole number, at most 9>, '
        '"inner": <number, more than 0, less than 0.5>}'
    )
    assert all_of_it.startswith('{"lone": <whole number, at least -3>, "bounds": ')


def say_why(agent: Any, why: str, short: Annotated[str, Field(max_length=5)] = "") -> None: ...


def test_decoding_ends_a_text_that_has_no_limit_and_a_longer_one_is_read() -> None:
    form = ReplyForm("Decision", {"say_why": read_actions([say_why])["say_why"].row})
    entry = form.schema["properties"]["do"]["items"]["anyOf"][1]["properties"]
    limits = {key: column["maxLength"] for key, column in entry.items()}
    assert limits == {"short": 5, "say_why": 200}
    said = {"thought": "", "do": [{"say_why": "so " * 200}]}
    assert len(read_reply(json.dumps(said), form).actions[0].why) > 500


def tip(agent: Any, coins: int = 1, why: str | None = None) -> None:
    """Leave a tip."""


def test_a_verb_keeps_its_name_where_all_may_be_left_out() -> None:
    form = ReplyForm("Decision", {"tip": read_actions([tip])["tip"].row})
    assert form.lines["tip"].splitlines()[0] == '{"tip": true}'
    read = [
        read_reply(json.dumps({"thought": "", "do": [entry]}), form).actions[0]
        for entry in ({"tip": True}, {"tip": 3}, {"tip": True, "coins": 3}, {"tip": {"why": "x"}})
    ]
    assert read == [(None, None), (3, None), (3, None), (None, "x")]


def no_hint(agent: Any, amount) -> None: ...  # type: ignore[no-untyped-def]
def wide(agent: Any, *names: str) -> None: ...
def nested(agent: Any, names: list[str]) -> None: ...
def reserved(agent: Any, verb: str) -> None: ...
def nothing() -> None: ...


class NoApply:
    """It has no method apply."""


@pytest.mark.parametrize(
    ("actions", "words"),
    [
        ([no_hint], "no_hint: amount has no type hint; write amount: int"),
        ([wide], r"\*names: .* cannot be told by its name"),
        ([nested], "nested: names cannot be of type list"),
        ([friends], "friends: names cannot be of type list"),
        ([reserved], "cannot be called 'verb'; rename it"),
        ([nothing], "its first parameter is the agent"),
        ([NoApply], r"NoApply has no method apply\(self, agent\)"),
        ([lambda agent: None], "has no name; write it as a function"),
        ([plain, plain], "two of them are called 'plain'"),
        ([], "give a list of functions or classes"),
        (plain, "give a list of functions or classes"),
    ],
)
def test_what_cannot_be_an_action_is_refused_in_words(actions: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_actions(actions)
