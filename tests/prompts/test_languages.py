"""Nothing that agents read is said past the language: a language of one letter shows what is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from towns import village

from econsim_mesa.languages import known_texts, load_language
from econsim_mesa.prompts import render, system_prompt, template_of
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.prompts.system import rules_of
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.view import observe

NOTATION = re.compile(r"\{\w+\}|\[\w+\]")
LATIN = re.compile(r"[A-Za-z]{2,}")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def strange(text: str) -> str:
    """Return a text whose Latin letters are another letter, but for its notation."""
    parts = re.split(f"({NOTATION.pattern})", text)
    return "".join(
        part if NOTATION.fullmatch(part) else re.sub("[A-Za-z]", "\u0436", part) for part in parts
    )


def in_strange_words(scenario: Scenario) -> Scenario:
    labels = {text: strange(text) for text in known_texts()}
    prompts = {"files": {"labels.json": json.dumps(labels)}}
    return load_scenario(scenario, set={"prompts": prompts})


def names_of(model: EconModel) -> set[str]:
    scenario, roster = model.config, model.town.roster
    kinds = {"Restaurant", "Retailer"}
    return {*roster.names, *scenario.items, scenario.currency.name} - kinds


def english(text: str, names: set[str]) -> list[str]:
    """Return the words of a text in Latin letters that are no names, tags or quotations."""
    text = QUOTED.sub("", NOTATION.sub("", text))
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    return [word for word in LATIN.findall(text) if word != "id"]


class Town(NamedTuple):
    """A town after a day and more, and what its people were refused and posted."""

    model: EconModel
    texts: set[str]


@pytest.fixture(scope="module", params=["pizza_place", "two_towns", "village"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Return a town in strange words, in which much was refused."""
    source = request.param
    if source == "village":
        source = tmp_path_factory.mktemp("village") / "village.json"
        stressors = {name: {} for name in ("hunger", "fatigue", "congestion", "money", "sleep")}
        data = village(decider="random", stress__stressors=stressors, stress__threshold=0.0)
        source.write_text(json.dumps(data), encoding="utf-8")
    scenario = load_scenario(source, set={"stress.threshold": 0.0, "memory.characters": 4000})
    model, texts = EconModel(in_strange_words(scenario), seed=3), set()
    for _ in range(30):
        model.step()
        records = model.town.records
        texts |= {row.reason for row in records["rejections"]}
        if scenario.decider != "random":  # whose posts are words that mean nothing
            texts |= {row.text for row in records["posts"] if row.kind == "Household"}
    return Town(model, texts)


def prompts(model: EconModel) -> Iterator[str]:
    town = model.town
    town.begin(30)
    agents = [*range(town.roster.households), *(town.roster.store_number(0),)]
    for request in Requests(observe(town), agents):
        yield render(request).user


def test_no_line_of_a_prompt_is_said_past_the_language(town: Town) -> None:
    names = names_of(town.model)
    for text in prompts(town.model):
        assert "\u0436" in text
        assert english(text, names) == [], text


def test_no_reason_and_no_post_is_said_past_the_language(town: Town) -> None:
    names = names_of(town.model)
    assert town.texts
    assert [found for text in town.texts if (found := english(text, names))] == []


def test_no_rule_and_no_placeholder_is_said_past_the_language(town: Town) -> None:
    scenario, names = town.model.config, names_of(town.model) | {"true"}
    for kind in ("Household", "Store"):
        rules = {
            name: english(text, names)
            for name, text in rules_of(scenario, kind).items()
            if name != "sequence" and text != "yes"
        }
        assert {name: found for name, found in rules.items() if found} == {}
        form = "".join(ReplyForm.of(kind, scenario).lines.values())
        placeholders = re.findall("<(.*?)>", form)
        assert [found for part in placeholders if (found := english(part, names))] == []


def test_the_japanese_rules_hold_no_english_but_notation() -> None:
    scenario = load_scenario("pizza_place_ja")
    verbs = set(ReplyForm.of("Household", scenario).verbs) | set(
        ReplyForm.of("Store", scenario).verbs
    )
    words = {word for verb in verbs for word in verb.split("_")}
    notation = {"home", "id", "ANSWER", "JSON", "true", "null", *words}
    for kind in ("Household", "Store"):
        text = system_prompt(scenario, kind, template_of(scenario))
        assert set(english(text, {*scenario.items})) <= notation


def test_a_language_is_shared_and_english_has_no_labels() -> None:
    assert load_language("ja") is load_language("ja")
    assert load_language("en").say("at {store}") == "at {store}"
