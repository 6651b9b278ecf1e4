"""Arms of an ablation read the same: only the levels felt, and why, differ between them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from econsim_mesa.deciders.random import Random
from econsim_mesa.prompts import render, template_names
from econsim_mesa.prompts.render import Prompt
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests

STEPS = 24
"""With 30 households, of whom some sleep, more than 500 observations."""
ENTRY = re.compile(r"(\w+) (\d+): (.*?)(?=; \w+ \d+: |$)")
WORDS = re.compile(r"comfort|enough for|limit|target|fine|should|need| of \d")


class Reader:
    """Decides at random, whatever is felt, and keeps what households would be sent."""

    name = "reader"

    def __init__(self, scenario: Any) -> None:
        self._random, self.prompts = Random(scenario), list[Prompt]()

    def decide(self, requests: Requests) -> Any:
        households, _ = requests.split()
        self.prompts += map(render, households)
        return self._random.decide(requests)


def prompts(settings: dict[str, Any], name: str = "pizza_place") -> list[Prompt]:
    """Return the prompts of a town in which nobody acts on what is felt."""
    settings = {"stress.threshold": 10.0, **settings}
    reader = Reader(load_scenario(name, set=settings))
    model = EconModel(name, seed=5, set=settings, decider=reader)
    for _ in range(STEPS):
        model.step()
    return reader.prompts


def without_stress(prompt: Prompt) -> tuple[str, dict[str, str]]:
    return prompt.system, {**prompt.parts, "stress": ""}


@pytest.mark.parametrize("template", template_names())
def test_arms_differ_in_levels_and_reasons_only(template: str) -> None:
    style = {"llm.template": template}
    full = prompts(style)
    assert len(full) >= 500
    assert sum(bool(prompt.parts["stress"]) for prompt in full) > 250
    for mode in ("off", "frozen", "shuffled"):
        arm = prompts({**style, "stress.mode": mode})
        assert [*map(without_stress, arm)] == [*map(without_stress, full)]
        assert mode != "off" or not any(prompt.parts["stress"] for prompt in arm)


@pytest.mark.parametrize("hidden", ["hunger", "fatigue", "congestion", "money"])
def test_hiding_a_stressor_hides_its_level_and_reason_only(hidden: str) -> None:
    full, arm = prompts({}), prompts({"stress.hide": [hidden]})
    for with_it, without in zip(full, arm, strict=True):
        assert without_stress(with_it) == without_stress(without)
        entries = ENTRY.findall(with_it.parts["stress"])
        assert ENTRY.findall(without.parts["stress"]) == [
            entry for entry in entries if entry[0] != hidden
        ]


@pytest.mark.parametrize("name", ["pizza_place", "pizza_place_published", "two_towns"])
def test_reasons_name_no_target_and_advise_nothing(name: str) -> None:
    stress = [prompt.parts["stress"] for prompt in prompts({}, name)]
    felt = {reason for line in stress for *_, reason in ENTRY.findall(line)}
    assert len(felt) > 20
    assert not [reason for reason in felt if WORDS.search(reason)]


def test_what_reasons_count_of_the_present_is_told_without_stress_too() -> None:
    near = re.compile(r"\d+ others? within 1 cell")
    for prompt in prompts({}):
        for counted in near.findall(prompt.parts["stress"]):
            assert counted in prompt.parts["observation"]


def test_no_rule_speaks_of_what_is_felt_nor_hints_at_an_answer() -> None:
    [system] = {prompt.system for prompt in prompts({})}
    assert not re.search(
        r"crowded|hungry or|tired or|neighbours|purse|you are fine|think as", system
    )
