"""Every text that the program says to agents has a label in every language that ships."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from importlib.resources import files
from string import Formatter

import pytest
from source_texts import PACKAGE, texts_of_source

from econsim_mesa.domains.roster import domains_of, verbs_of
from econsim_mesa.languages import (
    PARTS,
    label_problems,
    language_names,
    load_language,
    styles,
    template_text,
)
from econsim_mesa.mind.feelings import MEANING
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.action import HOUSEHOLD, STORE

OTHERS = [name for name in language_names() if name != "en"]
WORD = re.compile(r"[A-Za-z]{2,}")


def labels_of(language: str) -> dict[str, dict[str, str]]:
    path = files("econsim_mesa.languages").joinpath(language, "labels.json")
    groups: dict[str, dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return groups


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_source_has_a_label(language: str) -> None:
    labels = [text for group in labels_of(language).values() for text in group]
    missing = {text: file for text, file in texts_of_source().items() if text not in labels}
    assert not missing


@pytest.mark.parametrize("language", OTHERS)
def test_every_label_is_of_a_text_in_the_source_and_given_once(language: str) -> None:
    constants = set(texts_of_source())
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                constants.add(node.value)
    expired = {
        f"expired: {lack}{rest}"
        for lack in ("no stock", "capacity", "no seat", "closed")
        for rest in ("", " for the rest")
    }
    known = constants | expired
    texts = [text for group in labels_of(language).values() for text in group]
    assert [text for text in texts if text not in known] == []
    assert [text for text, count in Counter(texts).items() if count > 1] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_label_fills_in_what_its_text_does(language: str) -> None:
    labels = [pair for group in labels_of(language).values() for pair in group.items()]
    for text, said in labels:
        names = [
            sorted(name for _, name, *_ in Formatter().parse(one) if name is not None)
            for one in (text, said)
        ]
        assert set(names[0]) == set(names[1]), text


@pytest.mark.parametrize("language", OTHERS)
def test_what_is_put_together_at_run_time_has_labels(language: str) -> None:
    """Texts that stand in tables and class variables, which no call of ``say`` holds itself."""
    language_ = load_language(language)
    scenario = load_scenario("pizza_place")
    actions = [
        action
        for role in (HOUSEHOLD, STORE)
        for action in verbs_of(role, domains_of(scenario)).values()
    ]
    texts = {action.help for action in actions} | {action.absent for action in actions}
    texts |= set(MEANING.values()) | {*scenario.stress.stressors, "trust", "sleep", "overall"}
    assert {text for text in texts if text and language_.say(text) == text} == set()
    assert len({len(language_.say(text)) for text in MEANING.values()}) == 1


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("part", PARTS)
def test_a_template_tells_what_the_english_one_does(language: str, part: str) -> None:
    for style in styles(language):
        text, english = (template_text(name, style, part) for name in (language, "en"))
        for told in (r"\$\w+", r"^(?:\{\w+\} (?:- \w+:)?)", r"\[[a-z]+\]", r"ANSWER:", r'"\w+":'):
            found, wanted = (
                re.findall(told, one, re.MULTILINE | re.ASCII) for one in (text, english)
            )
            assert sorted(found) == sorted(wanted), (style, told)


def test_what_is_wrong_with_labels_is_said() -> None:
    assert list(label_problems({"nobody": "niemand", "economy": {"none": "nichts"}})) == []
    assert list(label_problems([])) == [
        'must be an object {"text of the program": "text of your own"}'
    ]
    problems = list(
        label_problems(
            {
                "nobodi": "x",
                "none": 3,
                "was at {place}": "in {store}",
                "slept": "{0.__class__}",
                "met {others}": "{others!r:>9}",
            }
        )
    )
    assert problems == [
        "the program says nothing like 'nobodi'; did you mean 'nobody'?",
        "'none': must be a text; found 3",
        "'was at {place}': nothing fills in {store}; it may hold {place}",
        "'slept': nothing fills in {0.__class__}; it may hold nothing",
        "'met {others}': nothing fills in {others!r:>9}; it may hold {others}",
    ]


def test_what_a_run_has_used_is_no_problem_later() -> None:
    labels = {"a text of earlier days": "x", "none": ""}
    unknown, empty = label_problems(labels)
    assert unknown.startswith("the program says nothing like 'a text of earlier days'; ")
    assert empty == "'none': is empty, and something must stand there"
    assert list(label_problems(labels, recorded=True)) == []
