"""The size of prompts: a constant part for prefix caching, and a variable part that stays small."""

from __future__ import annotations

from statistics import mean
from typing import NamedTuple

import pytest

from econsim_mesa.prompts import load_template, render, system_prompt, template_names
from econsim_mesa.prompts.render import Prompt
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.view import observe


class Sizes(NamedTuple):
    """Prompts of some steps: all system texts of each kind, lengths of the variable part."""

    systems: dict[str, set[str]]
    variable: dict[int, list[int]]


@pytest.fixture(scope="module")
def sizes() -> Sizes:
    """All prompts of every fourth step of ``pizza_place``."""
    model = EconModel("pizza_place", seed=1)
    town, found = model.town, Sizes({}, {})
    for step in range(120):
        if step % 4 == 0 or step == 119:
            for kind, prompt in prompts(model):
                found.systems.setdefault(kind, set()).add(prompt.system)
                if kind == "Household":
                    found.variable.setdefault(step, []).append(len(prompt.user))
        model.step()
    assert not model.running
    assert town.t == 119
    return found


def prompts(model: EconModel) -> list[tuple[str, Prompt]]:
    """Return kind and prompt of everybody before the next step."""
    town, seed = model.town, model.run_seed
    t, records, deeds, last_step = town.t, town.records, town.outcomes, town.previous_outcomes
    town.begin(t + 1)
    view = observe(town)
    requests = Requests(view, range(town.roster.households + town.roster.stores))
    made = [(request.kind, render(request)) for request in requests]
    town.t, town.records, town.outcomes, town.previous_outcomes = t, records, deeds, last_step
    town.streams = type(town.streams)(seed)  # what was drawn to look is drawn again
    return made


def test_the_constant_part_is_the_same_for_all_agents_of_a_kind_and_all_steps(
    sizes: Sizes,
) -> None:
    assert {kind: len(texts) for kind, texts in sizes.systems.items()} == {
        "Household": 1,
        "Restaurant": 1,
        "Retailer": 1,
    }


def test_prompts_are_no_longer_than_promised(sizes: Sizes) -> None:
    lengths = [length for some in sizes.variable.values() for length in some]
    config = load_scenario("pizza_place")
    assert mean(lengths) <= 2500
    for name in template_names():
        system = system_prompt(config, "Household", load_template(name))
        assert len(system) + mean(lengths) <= 6100, name


def test_prompts_hardly_grow(sizes: Sizes) -> None:
    [system] = sizes.systems["Household"]
    early = len(system) + mean(n for step in (20, 24, 28) for n in sizes.variable[step])
    late = len(system) + mean(n for step in (112, 116, 119) for n in sizes.variable[step])
    assert late <= 1.10 * early


def test_looking_leaves_the_run_as_it_was() -> None:
    seen, plain = (EconModel("pizza_place", seed=2, steps=12) for _ in range(2))
    for _ in range(12):
        prompts(seen)
        seen.step()
        plain.step()
        assert seen.town.records.rows == plain.town.records.rows


def test_a_prompt_gives_each_part_and_the_parts_are_the_text() -> None:
    model = EconModel("two_towns", seed=1)
    for _ in range(10):
        model.step()
    for kind, prompt in prompts(model):
        assert list(prompt.parts) == ["persona", "memory", "stress", "observation", "posts"]
        if kind != "Household":
            assert prompt.parts["stress"] == prompt.parts["posts"] == ""
        assert prompt.user == "\n".join(filter(None, prompt.parts.values()))
        assert prompt.user.startswith("[you] ")
