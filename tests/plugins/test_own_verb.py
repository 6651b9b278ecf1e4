"""A verb of one's own is told of in prompts, whatever keys the actions of the package have."""

from __future__ import annotations

from typing import ClassVar

import pytest

from econsim_mesa.prompts.system import system_prompt
from econsim_mesa.prompts.templates import load_template, template_names
from econsim_mesa.scenario import Frozen, load_scenario, register
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.society.action import HOUSEHOLD, Action
from econsim_mesa.society.domain import Domain


class Give(Action):
    """Named as a field of an offer of a swap."""

    verb: ClassVar[str] = "give"
    phases: ClassVar = {HOUSEHOLD: "swaps"}
    help = "give somebody in your cell something, for nothing."

    to: str


@pytest.mark.parametrize("template", template_names())
def test_a_verb_named_as_a_field_of_another_is_told_of(template: str) -> None:
    with own_registrations():

        @register("domain", "presents")
        class Presents(Domain):
            """Households give each other presents."""

            name: ClassVar[str] = "presents"
            actions = (Give,)

            class Parameters(Frozen):
                """Nothing can be set."""

        scenario = load_scenario("pizza_place", set={"presents": {}})
        told = system_prompt(scenario, "Household", load_template(template))
    assert "\n- give: give somebody in your cell something" in told
    assert '\n{"give": <text>}' in told
