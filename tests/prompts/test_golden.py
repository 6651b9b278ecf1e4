"""Prompts as golden files: what exactly one household and one store are sent.

After a wanted change: ``ECONSIM_UPDATE_GOLDEN=1 pytest tests/prompts``, and read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.prompts import load_template, render, system_prompt, template_names
from econsim_mesa.prompts.archive import prompt_hash
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.view import observe

GOLDEN = Path(__file__).parent / "golden"
STEPS = {"pizza_place": 8, "two_towns": 32}


PERSONA = {"agents.Household.persona": {"traits": ["thrift", "patience"]}}
WORDINGS: dict[str, dict[str, Any]] = {
    "brief": {"llm.template": "brief"},
    "formal": {"llm.template": "formal"},
    "story": {"llm.template": "story"},
    "reversed": {"llm.listing": "reversed"},
    "alphabetical": {"llm.listing": "alphabetical"},
    "numbers": {"llm.traits": "numbers", **PERSONA},
    "sentences": {"llm.traits": "sentences", **PERSONA},
}
"""Wordings and orders that an experiment may vary."""


def prompt_text(name: str, agent: str, settings: dict[str, Any] | None = None) -> str:
    """Return both messages that an agent is sent before a step."""
    model = EconModel(name, seed=7, set=settings or {})
    for _ in range(STEPS[name]):
        model.step()
    town = model.town
    town.begin(STEPS[name])
    [request] = Requests(observe(town), [town.roster.number[agent]])
    prompt = render(request)
    return f"{prompt.system}\n{'-' * 100}\n{prompt.user}\n"


@pytest.mark.parametrize(
    ("name", "agent"),
    [
        ("pizza_place", "H3"),
        ("pizza_place", "Pizza Place"),
        ("two_towns", "H8"),
        ("two_towns", "West Market"),
    ],
)
def test_a_prompt_is_as_it_was(name: str, agent: str) -> None:
    assert_golden(f"{name}-{agent.replace(' ', '_')}", prompt_text(name, agent))


@pytest.mark.parametrize("agent", ["H3", "Pizza Place"])
@pytest.mark.parametrize("wording", WORDINGS)
def test_a_wording_is_as_it_was(wording: str, agent: str) -> None:
    text = prompt_text("pizza_place", agent, WORDINGS[wording])
    assert_golden(f"pizza_place-{agent.replace(' ', '_')}-{wording}", text)


def assert_golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("ECONSIM_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_a_paraphrase_says_the_same_in_other_words() -> None:
    """Each template names all actions, all labels and all values, and shares few sentences."""
    default = load_template("default")
    for part in ("household", "store", "summary", "ask", "words"):
        was = getattr(default, part)
        for name in ("brief", "formal", "story"):
            text = getattr(load_template(name), part)
            for found in (r"\$\w+", r"^(\{\w+\} (?:- \w+:)?)", r"\[[a-z]+\]"):
                wanted = set(re.findall(found, was, re.MULTILINE))
                assert set(re.findall(found, text, re.MULTILINE)) == wanted, (name, part, found)
            assert re.findall(r"^\{\W.*\}$", text, re.M) == re.findall(r"^\{\W.*\}$", was, re.M)
            assert text.count("\nANSWER:") == (part not in ("ask", "words"))
            assert text.startswith("ANSWER:") == (part in ("ask", "words"))
            sentences = [one.strip() for one in re.split(r"[.:;\n]", was) if len(one) > 25]
            same = [one for one in sentences if one in text and not one.startswith(("{", '"'))]
            assert len(same) <= len(sentences) // 4, (name, part, same)


def test_a_listing_changes_the_order_and_nothing_else() -> None:
    given = prompt_text("pizza_place", "H3")
    for wording in ("reversed", "alphabetical"):
        text = prompt_text("pizza_place", "H3", WORDINGS[wording])
        assert text != given
        assert sorted(re.findall(r"[\w&]+", text)) == sorted(re.findall(r"[\w&]+", given))
    stores = re.compile(r"^- (Pizza Place|Daily Mart) ", re.MULTILINE)
    assert stores.findall(given) == ["Pizza Place", "Daily Mart"]
    for wording in ("reversed", "alphabetical"):
        text = prompt_text("pizza_place", "H3", WORDINGS[wording])
        assert stores.findall(text) == ["Daily Mart", "Pizza Place"]


def test_the_golden_household_shows_something_of_everything() -> None:
    text = (GOLDEN / "pizza_place-H3.txt").read_text() + (GOLDEN / "two_towns-H8.txt").read_text()
    user = "".join(part.split("-" * 100)[1] for part in text.split("You are one household")[1:])
    labels = re.findall(r"\[([a-z]+)\] ", load_template("default").household)
    assert {"memory", "stress", "plan", "posts"} <= set(labels)
    assert [label for label in labels if f"[{label}]" not in user] == ["next", "plan", "offers"]


def test_the_hash_of_prompts_names_all_that_they_are_made_from() -> None:
    assert template_names() == ["brief", "default", "formal", "story"]
    assert load_template("default") is load_template("default")

    def hashed(**changes: Any) -> str:
        return prompt_hash(
            load_scenario("pizza_place", set={"decider": "utility_llm_words", **changes})
        )

    changes: list[dict[str, Any]] = [{"llm.template": name} for name in template_names()]
    parts = {f"{part}.md": "ANSWER:" for part in ("household", "store", "summary", "ask", "words")}
    for name, text in {**parts, "labels.json": '{"none": "nothing"}'}.items():
        changes.append({"prompts": {"folder": "mine", "files": {name: text}}})
    assert len({hashed(**change) for change in changes}) == len(changes) == 10
    assert hashed() == hashed(**{"llm.template": "default"})
    assert len(hashed()) == 64


def test_every_name_in_a_template_is_filled_in() -> None:
    for name in ("pizza_place", "two_towns", "crowd"):
        model = EconModel(name, seed=1, households=5)
        for kind in ("Household", "Retailer"):
            for template in map(load_template, template_names()):
                text = system_prompt(model.config, kind, template)
                assert "$" not in text
                assert "None" not in text
