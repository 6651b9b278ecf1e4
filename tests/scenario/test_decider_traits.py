"""What deciders say of themselves, also those of a user's own and those that are not here."""

from __future__ import annotations

import subprocess
import sys

import pytest

from econsim_mesa.deciders.llm import Llm
from econsim_mesa.scenario.decider_traits import (
    DeciderTraits,
    decides_by_model,
    is_embedded,
    recorded_traits,
    traits,
    traits_of,
)
from econsim_mesa.scenario.registry import names, own_registrations, register


class Plain:
    """A decider of one's own that inherits nothing."""

    name = "plain"


class Outspoken:
    """One that inherits nothing, and says something of itself."""

    name, by_formula = "outspoken", True


def test_the_deciders_of_the_package_say_who_they_are() -> None:
    kinds = {name: traits_of(name) for name in names("decider")}
    assert all(kind.in_words for kind in kinds.values())
    assert {name for name, kind in kinds.items() if kind.by_formula} == {
        "utility", "random", "idle"
    }  # fmt: skip
    assert {name for name, kind in kinds.items() if kind.asks_model} == {
        "llm", "utility_llm_words"
    }  # fmt: skip
    assert [name for name, kind in kinds.items() if decides_by_model(kind)] == ["llm"]
    assert kinds["utility_llm_words"].acts_as == "utility"


def test_what_a_decider_does_not_say_is_the_default() -> None:
    assert traits(Plain) is traits(Plain()) is DeciderTraits
    for said in (traits(Outspoken), traits(Outspoken())):
        assert (said.by_formula, said.asks_model, said.in_words) == (True, False, "")


def test_a_function_may_make_a_decider() -> None:
    assert traits(lambda scenario: Plain()) is DeciderTraits


def test_what_is_not_installed_says_nothing() -> None:
    assert traits_of("gone") is DeciderTraits
    assert not is_embedded("gone")


def test_a_recorded_name_is_that_of_a_class_only_where_the_scenario_names_it() -> None:
    with own_registrations():

        @register("decider", "mine")
        class Mine(Llm):
            name = "mine"

        assert recorded_traits("mine", {"mine", "utility"}) is Mine
        assert recorded_traits("mine", {"utility"}) is DeciderTraits
        assert recorded_traits("llm", {"utility"}) is Llm


def test_an_embedded_decider_is_of_the_package() -> None:
    with own_registrations():
        register("decider", "outspoken")(Outspoken)
        assert traits_of("outspoken").by_formula
        assert not is_embedded("outspoken")
    assert is_embedded("random")
    assert not is_embedded("llm")


@pytest.mark.parametrize("decider", names("decider"))
def test_asking_takes_no_client_no_template_and_no_mesa(decider: str) -> None:
    code = f"""
import sys
from econsim_mesa.scenario.decider_traits import traits_of
traits_of({decider!r})
heavy = {{"mesa", "jinja2", "langchain_core", "openai", "httpx", "pandas", "networkx"}}
sys.exit(", ".join(heavy & set(sys.modules)) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
