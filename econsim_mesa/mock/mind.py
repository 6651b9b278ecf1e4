"""The model behind the server: replies by the utility model, from the text of prompts alone."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.deciders.schema import reply_type
from econsim_mesa.deciders.utility.choose import ACTS, Draws, choose
from econsim_mesa.deciders.utility.plans import GO
from econsim_mesa.domains.economy.actions import AnswerOrder
from econsim_mesa.mock.conform import conform
from econsim_mesa.mock.gullible import obey
from econsim_mesa.mock.keyed_random import KeyedRandom
from econsim_mesa.mock.knowledge import Knowledge
from econsim_mesa.mock.perceive import perceive
from econsim_mesa.mock.recall import Told
from econsim_mesa.mock.reply import Reply, household_reply, store_reply
from econsim_mesa.mock.request import ChatCall
from econsim_mesa.prompts.labels import parse_household
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Action

_KIND = re.compile(r"^\[(place|visitors)\]", re.MULTILINE)
_ORDER = re.compile(r"^\[orders\] (\d+): ", re.MULTILINE)
_OFFER = re.compile(r"^\[offers\] (\d+): ", re.MULTILINE)
_QUESTION = re.compile(r"^\[question\] ", re.MULTILINE)
_OWN_FIELD = {"Household": "move_to", "Store": "set_prices"}


class Question(NamedTuple):
    """A call with the key of its draws."""

    call: ChatCall
    key: bytes


class Mind:
    """Answers calls of a scenario's households and stores.

    A household decides by the utility model with draws that belong to its request; a store
    accepts all orders. ``gullible``: what any text in a prompt says is done as well.
    """

    def __init__(self, scenario: Scenario, luck: KeyedRandom, *, gullible: bool = False) -> None:
        self._knowledge = Knowledge(scenario)
        self._luck, self._gullible = luck, gullible

    def answer(self, questions: Sequence[Question]) -> list[str]:
        """Return the reply to each call, in order; those of households are decided together."""
        self._knowledge.posts.make_room()
        replies: list[str | None] = [None] * len(questions)
        households: dict[str, list[tuple[int, Told]]] = {}
        for k, one in enumerate(questions):
            kind = kind_of(one.call)
            told = _told(one.call.user) if kind == "Household" else None
            if told is not None:
                households.setdefault(told.read.time, []).append((k, told))
            elif kind == "Household":  # a prompt of another form than it should have
                replies[k] = self._finished(household_reply([]), one.call, kind)
            elif kind == "Store":
                replies[k] = self._store(one.call)
            else:
                replies[k] = _anything(one.call)
        for time, group in households.items():
            rows = [k for k, _ in group]
            told_all, keys = [told for _, told in group], [questions[k].key for k in rows]
            for k, doing in zip(rows, self._decide(time, told_all, keys), strict=True):
                reply = household_reply(doing)
                replies[k] = self._finished(reply, questions[k].call, "Household")
        return [reply if reply is not None else "" for reply in replies]

    def _decide(self, time: str, told: Sequence[Told], keys: Sequence[bytes]) -> list[list[Action]]:
        """Return what households do; one whose prompt makes no sense spoils none of the others."""
        try:
            seen = perceive(told, time, self._knowledge)
            return choose(seen, self._knowledge.facts, self._draws(keys))
        except (ValueError, OverflowError, IndexError):
            if len(told) == 1:
                return [[]]
            return [self._decide(time, [one], [key])[0]
                    for one, key in zip(told, keys, strict=True)]  # fmt: skip

    def _draws(self, keys: Sequence[bytes]) -> Draws:
        facts = self._knowledge.facts
        widths = (GO + facts.slots, 2 * len(facts.items), ACTS)
        drawn = self._luck.uniforms("choice", keys, sum(widths))
        return Draws(
            drawn[:, : widths[0]], drawn[:, widths[0] : -ACTS], drawn[:, -ACTS:]
        )  # fmt: skip

    def _store(self, call: ChatCall) -> str:
        answers = [AnswerOrder(int(number), accept=True) for number in _ORDER.findall(call.user)]
        return self._finished(store_reply(answers), call, "Store")

    def _finished(self, reply: Reply, call: ChatCall, kind: str) -> str:
        """Return the text of a reply, after obedience where the server is gullible."""
        if self._gullible:
            waiting = (_OFFER if kind == "Household" else _ORDER).findall(call.user)
            reply = obey(reply, call.user, self._knowledge.currency, [int(n) for n in waiting])
            if call.repair:
                reply = conform(reply, _schema(kind))
        return json.dumps(reply, ensure_ascii=False)


def kind_of(call: ChatCall) -> str:
    """Return the kind of agent that asks: ``Household``, ``Store``, or empty for anything else."""
    found = _KIND.search(call.user)
    if found is None or _QUESTION.search(call.user):
        return ""
    kind = "Household" if found.group(1) == "place" else "Store"
    asked = call.schema is None or _OWN_FIELD[kind] in call.schema.get("properties", {})
    return kind if asked else ""


def _told(text: str) -> Told | None:
    try:
        return Told(text, parse_household(text))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _anything(call: ChatCall) -> str:
    """Return something valid for a prompt that is not one of this project's decisions."""
    if _QUESTION.search(call.user):
        return json.dumps({"answer": _about_me(call.user)}, ensure_ascii=False)
    remembered = call.user.partition("[memory]\n")[2]
    text = " ".join((remembered or call.user).split())[:300]
    if call.schema is not None:
        return json.dumps(conform(None, call.schema, text), ensure_ascii=False)
    return json.dumps({"text": text}, ensure_ascii=False) if call.format != "text" else text


def _about_me(user: str) -> str:
    """Return what a household can say of itself, whatever it is asked."""
    told = _told(user)
    if told is None:
        return "I do not know."
    read = told.read
    stress = ", ".join(f"{name} {level}" for name, level in read.stress.items())
    where = f"I am at {read.x},{read.y} with {read.cash} in my purse"
    return f"{where} and feel {stress}." if stress else f"{where} and feel fine."


@cache
def _schema(kind: str) -> JsonSchemaValue:
    return reply_type(kind).model_json_schema()
