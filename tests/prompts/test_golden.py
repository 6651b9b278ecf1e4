"""Prompts as golden files: what exactly one household and one store are sent.

After a wanted change: ``ECONSIM_UPDATE_GOLDEN=1 pytest tests/prompts``, and read the difference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from econsim_mesa.model import EconModel
from econsim_mesa.observation import Requests, observe
from econsim_mesa.prompts import load_template, render, system_prompt, template_names

GOLDEN = Path(__file__).parent / "golden"
STEPS = {"pizza_place": 8, "two_towns": 32}


def prompt_text(name: str, agent: str) -> str:
    """Return both messages that an agent is sent before a step."""
    model = EconModel(name, seed=7)
    for _ in range(STEPS[name]):
        model.step()
    town = model.town
    town.begin(STEPS[name])
    [request] = Requests(observe(town), [town.who.number[agent]])
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
    path = GOLDEN / f"{name}-{agent.replace(' ', '_')}.txt"
    text = prompt_text(name, agent)
    if os.environ.get("ECONSIM_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_the_golden_household_shows_something_of_everything() -> None:
    text = (GOLDEN / "pizza_place-H3.txt").read_text() + (GOLDEN / "two_towns-H8.txt").read_text()
    user = "".join(part.split("-" * 100)[1] for part in text.split("You are one household")[1:])
    labels = re.findall(r"\[([a-z]+)\] ", load_template("default").household)
    assert {"you", "stress", "here", "posts"} <= set(labels)
    assert [label for label in labels if f"[{label}]" not in user] == ["offers"]


def test_the_hash_of_a_template_names_its_texts() -> None:
    assert "default" in template_names()
    template = load_template("default")
    assert len(template.hash) == 64
    for part in ("household", "store"):
        changed = type(template)(**{**vars(template), part: getattr(template, part) + " "})
        assert changed.hash != template.hash
    assert load_template("default") is template


def test_every_name_in_a_template_is_filled_in() -> None:
    for name in ("pizza_place", "two_towns", "crowd"):
        model = EconModel(name, seed=1, households=5)
        for kind in ("Household", "Retailer"):
            text = system_prompt(model.config, kind, load_template("default"))
            assert "$" not in text
            assert "None" not in text
