from __future__ import annotations

import json
from typing import Any

import pytest
from asking import body, household_prompts, store_prompt
from hypothesis import given
from hypothesis import strategies as st

from econsim_mesa.deciders.replies import read_reply
from econsim_mesa.deciders.schema import reply_type
from econsim_mesa.mock.keyed_random import KeyedRandom
from econsim_mesa.mock.mind import Mind, Question, kind_of
from econsim_mesa.mock.request import ChatCall, read_call
from econsim_mesa.prompts import Prompt
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.model import EconModel

ORDERS = "[orders] 12: H3 wants 1 Pizza at 2000\n[orders] 15: H9 wants 2 Soda at 150"


def calls(prompts: list[Prompt], **changes: Any) -> list[ChatCall]:
    return [read_call(json.dumps(body(one, **changes)).encode(), ()) for one in prompts]


def questions(prompts: list[Prompt], **changes: Any) -> list[Question]:
    return [Question(call, call.content) for call in calls(prompts, **changes)]


@pytest.fixture(scope="module")
def mind() -> Mind:
    return Mind(load_scenario("pizza_place"), KeyedRandom(1))


def test_every_reply_is_valid_and_its_thought_names_what_it_does(
    mind: Mind, prompts: list[list[Prompt]]
) -> None:
    done: set[str] = set()
    for step in prompts:
        for text in mind.answer(questions(step)):
            reply = reply_type("Household").model_validate_json(text)
            if reply.move_to:
                assert ("go home" if reply.move_to == "home" else reply.move_to) in reply.thought
            for order in reply.order:
                assert f"order {order.quantity} {order.item} at {order.store}" in reply.thought
            for meal in reply.eat:
                assert f"eat {meal.quantity} {meal.item}" in reply.thought
            assert (reply.post is None) != ("post" in reply.thought)
            done |= {key for key, value in dict(reply).items() if value}
    assert done >= {"thought", "move_to", "order", "eat", "post", "follow"}


def test_a_reply_belongs_to_its_request_whatever_is_decided_with_it(
    mind: Mind, prompts: list[list[Prompt]]
) -> None:
    asked = [one for step in prompts[5:15] for one in questions(step)]
    together = mind.answer(asked)
    alone = [mind.answer([one])[0] for one in reversed(asked)]
    assert together == alone[::-1]
    assert Mind(load_scenario("pizza_place"), KeyedRandom(1)).answer(asked[::-1])[::-1] == together


def test_seeds_and_system_texts_change_the_draws(mind: Mind, prompts: list[list[Prompt]]) -> None:
    asked = [one for step in prompts[5:12] for one in step]
    first = mind.answer(questions(asked))
    assert mind.answer(questions(asked)) == first
    assert mind.answer(questions(asked, seed=8)) != first
    assert mind.answer(questions([Prompt("Other.", one.parts) for one in asked])) != first
    assert Mind(load_scenario("pizza_place"), KeyedRandom(2)).answer(questions(asked)) != first


def test_households_of_several_times_are_answered_in_one_batch(
    mind: Mind, prompts: list[list[Prompt]]
) -> None:
    mixed = [step[3] for step in prompts]
    assert mind.answer(questions(mixed)) == [mind.answer(questions([one]))[0] for one in mixed]


def test_decisions_are_those_of_the_model_and_not_noise(mind: Mind) -> None:
    """Who has not eaten for long and has food eats more often than who has just eaten."""
    place = "[now] 2025-12-19T19:00 Fri\n[place] 5,5; home 5,5; you are at home\n"
    rest = "[cash] 5000\n[goods] Rice 3\n[near] 0 others around\n[social] you follow nobody"

    def eaters(hours: int) -> int:
        user = f"[you] H1\n{place}[body] last meal {hours} h ago; walked 0.0 cells lately\n{rest}"
        asked = [Prompt("", {"all": user})]
        replies = [mind.answer(questions(asked, seed=seed))[0] for seed in range(200)]
        return sum(bool(reply_type("Household").model_validate_json(one).eat) for one in replies)

    assert eaters(12) > eaters(0) + 50


def test_a_store_accepts_all_orders() -> None:
    prompt = store_prompt(EconModel("pizza_place", seed=1))
    asked = Prompt(prompt.system, {"all": f"{prompt.user}\n{ORDERS}"})
    mind = Mind(load_scenario("pizza_place"), KeyedRandom(1))
    text = mind.answer(questions([asked], kind="Store"))[0]
    reply = reply_type("Store").model_validate_json(text)
    assert [(one.id, one.accept) for one in reply.react] == [(12, True), (15, True)]
    assert "accept number 12" in reply.thought
    quiet = reply_type("Store").model_validate_json(
        mind.answer(questions([prompt], kind="Store"))[0]
    )
    assert (quiet.react, quiet.set_prices, quiet.post) == ((), (), None)


def test_offers_are_taken_when_they_are_worth_it(mind: Mind, prompts: list[list[Prompt]]) -> None:
    user = f"{prompts[3][0].user}\n[offers] 4: H2 gives 3 Rice for 10 yen"
    user += "\n[offers] 5: H2 gives 1 Soda for 2 Rice"
    reply = reply_type("Household").model_validate_json(
        mind.answer(questions([Prompt("", {"all": user})]))[0]
    )
    assert [(one.id, one.accept) for one in reply.react] == [(4, True), (5, False)]


def test_a_repair_turn_is_answered_again_and_validly(
    mind: Mind, prompts: list[list[Prompt]]
) -> None:
    prompt = prompts[10][2]
    data = body(prompt)
    first = mind.answer(questions([prompt]))
    data["messages"] += [
        {"role": "assistant", "content": "What?"},
        {"role": "user", "content": "Your answer could not be used: it is not JSON"},
    ]
    call = read_call(json.dumps(data).encode(), ())
    assert call.repair
    assert mind.answer([Question(call, call.content)]) == first
    reply_type("Household").model_validate_json(first[0])


def test_other_questions_get_something_that_fits_their_schema(mind: Mind) -> None:
    schema = {"type": "object", "properties": {"summary": {"type": "string", "maxLength": 40}}}
    asked = {
        "model": "any",
        "messages": [{"role": "user", "content": "[you] H1\n[memory]\nTue 10:00 ate 1 Soup"}],
        "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
    }
    call = read_call(json.dumps(asked).encode(), ())
    assert kind_of(call) == ""
    assert json.loads(mind.answer([Question(call, b"")])[0]) == {"summary": "Tue 10:00 ate 1 Soup"}


@pytest.mark.parametrize(
    "wrong",
    [
        "[place] nowhere",
        "[place] 1,1; home 2,2\n[cash] lots",
        f"[now] 2025-12-19T19:00 Fri\n[place] 1,1; home 2,2\n[goods] Rice {10**30}",
        "[now] yesterday\n[place] 1,1; home 2,2",
        "[now] 2025-12-19T19:00 Fri\n[place] 999999,1; home 2,2",
        '[place] 1,1; home 2,2\n[posts]\n{"id": 1}',
        "[now] 2025-12-19T19:00 Fri\n[place] 1,1; home 2,2\n[here] Nowhere: Gold 1; 0 others here",
    ],
)
def test_a_prompt_that_makes_no_sense_spoils_none_of_the_others(
    wrong: str, mind: Mind, prompts: list[list[Prompt]]
) -> None:
    good = prompts[9]
    texts = mind.answer(questions([*good[:3], Prompt("", {"all": wrong}), *good[3:6]]))
    reply_type("Household").model_validate_json(texts.pop(3))
    assert texts == mind.answer(questions(good[:6]))


@given(st.lists(st.sampled_from(["[place] ", "1,1; home 2,2", "\n", "[now] 2026-01-01T10:00 x",
                                 "[known] A: 1 away", "{", "[goods] Rice -1", "[cash] 1",
                                 "[posts]\n", '{"id":1,"by":"x","age":1,"text":"y"}']), max_size=14)
       .map("".join) | st.text(max_size=200))  # fmt: skip
def test_no_text_breaks_it(text: str) -> None:
    mind = _shared()
    [reply] = mind.answer(questions([Prompt("", {"all": f"[place] 1,1; home 2,2\n{text}"})]))
    read_reply(reply, "Household")


_MINDS: list[Mind] = []


def _shared() -> Mind:
    if not _MINDS:
        _MINDS.append(Mind(load_scenario("pizza_place"), KeyedRandom(1)))
    return _MINDS[0]


def test_what_a_large_town_lists_only_in_part_is_answered() -> None:
    mind = Mind(load_scenario("crowd", households=20), KeyedRandom(1))
    for step in household_prompts("crowd", 3, households=20):
        for text in mind.answer(questions(step)):
            reply_type("Household").model_validate_json(text)
