"""No number in a prompt stands without its unit, or under a legend that gives it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from econsim_mesa import EconModel
from econsim_mesa.prompts import render, template_names
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.society.requests import Requests

STEPS = {"crowd": 3, "two_towns": 40}
TOWNS = ("pizza_place", "pizza_place_quiet", "pizza_place_published", "two_towns", "crowd")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
TIMES = re.compile(r"\d\d:\d\d|\b\d+ [A-Z][a-z]{2} \d{4}\b")
CELLS = re.compile(r"(?<![\w,.])\d+,\d+(?![\w,])")
NUMBER = re.compile(r"(?<![\w.,])[-+]?\d+(?:\.\d+)?")
UNITS = (
    "minutes|minute|hours|hour|steps|step|cells|cell|x|by|others|other|households|household|characters|"
    "nutrition points|points|times|of them|left|average items|standard deviations"
)
"""Units that stand behind a number; ``x`` and ``by`` stand between the sides of a grid."""
ONE_OF_MANY = re.compile(r"(?<![\w.,])1 (?:minutes|hours|steps|cells|others|households|times)\b")
PER_ITEM = re.compile(r"price|nutrition points|Nutrition points|costs|charge")
"""What a legend says of the number after an item."""


def unexplained(text: str, scenario: Scenario, legend: str) -> list[str]:
    """Return what is around numbers whose unit is said neither by them nor by the legend.

    A legend speaks of the number after an item; levels of stress have one of their own.
    """
    stores = [name for _, name, _ in scenario.agents.stores()]
    names = "|".join(map(re.escape, sorted(scenario.items, key=len, reverse=True)))
    currency = re.escape(scenario.currency.name)
    text = QUOTED.sub("...", text)
    for store in sorted(stores, key=len, reverse=True):
        text = text.replace(store, "Store")
    text = CELLS.sub("cell", TIMES.sub("time", text))
    faults = ONE_OF_MANY.findall(text)
    for match in NUMBER.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        is_counted = re.match(rf"(?:%| %| (?:{UNITS}|{currency}|{names})(?!\w))", after)
        is_id = before.endswith("id ")
        is_level = re.search(r"(?:\[stress\]|;) \w+ $", before) and after.startswith(": ")
        is_range = after.startswith(" to ")
        is_of_item = re.search(rf"(?:{names}) $", before) and PER_ITEM.search(legend)
        is_of_nothing = after.startswith((" to 100,", ","))
        if not (is_counted or is_id or is_level or is_range or is_of_item or is_of_nothing):
            faults.append(before[-30:] + match[0] + after[:30])
    return faults


def system_faults(system: str, scenario: Scenario) -> list[str]:
    """Return the faults of a system prompt; a line of a list goes with the line above the list."""
    rules, _, _ = system.partition("\nANSWER:")
    faults, heading = [], ""
    for line in rules.split("\n"):
        heading = heading if line.startswith("- ") else line
        faults += unexplained(line, scenario, heading + line)
    return faults


@pytest.mark.parametrize("template", template_names())
@pytest.mark.parametrize("name", TOWNS)
def test_every_number_has_its_unit(name: str, template: str) -> None:
    settings: dict[str, Any] = {"stress.threshold": 5.0, "llm.template": template}
    model = EconModel(name, seed=2, set=settings, **({"households": 60} if name == "crowd" else {}))
    everybody = range(len(model.households) + len(model.stores))
    for _ in range(STEPS.get(name, 14)):
        model.step()
    faults = set[str]()
    for request in Requests(model.look(), everybody):
        prompt = render(request)
        legend = re.search(r"^(.*item.*(?:price|costs).*)$", prompt.system, re.MULTILINE)
        assert legend is not None
        assert model.config.currency.name in legend[1]
        for line in prompt.user.split("\n"):
            if not line.startswith("{"):
                faults.update(unexplained(line, model.config, legend[1]))
        faults.update(system_faults(prompt.system, model.config))
    assert not faults


@pytest.mark.parametrize(
    "line",
    ["[cash] 450", "[body] last meal 9; walked 2.3 cells lately", "[near] 7 around",
     "[known] Shop: 3 away", "[goods] Pie 2", "[near] 1 others within 2 cells"],
)  # fmt: skip
def test_the_check_sees_a_number_without_its_unit(line: str) -> None:
    assert unexplained(line, load_scenario("pizza_place"), "")
