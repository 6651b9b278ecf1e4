"""The registry: a user's own component is named in a scenario, never imported by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from econsim_mesa.errors import BadInput, ScenarioError, UnknownName
from econsim_mesa.scenario import (
    Event,
    Firing,
    Frozen,
    json_schema,
    load_scenario,
    lookup,
    register,
    registry,
    to_json,
)
from econsim_mesa.scenario.user_files import import_file, imported_files


@pytest.fixture(autouse=True)
def _own_names() -> Iterator[None]:
    with registry.own_registrations():
        yield


def rain() -> type[Event]:
    class Rain(Event):
        """Rain."""

        type: Literal["rain"] = "rain"
        hours: int
        """How long."""

        def apply(self, town: Any, firing: Firing) -> str:
            return "rain"

    return register("event", "rain")(Rain)


@pytest.mark.parametrize("kind", ["event", "stressor", "recommender"])
def test_every_built_in_name_leads_to_a_class_that_says_what_it_is(kind: str) -> None:
    for name in registry.names(kind):
        component = lookup(kind, name)
        assert component.__doc__
        assert issubclass(registry.parameters_type(kind, name), Frozen)


def test_a_registered_event_is_loaded_dumped_and_in_the_schema(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    kind = rain()
    raw["events"].append({"type": "rain", "hours": 3})
    scenario = load_scenario(write(raw))
    assert isinstance(scenario.events[-1], kind)
    assert load_scenario(write(to_json(scenario))) == scenario
    assert "Rain" in json_schema()["$defs"]
    raw["events"][-1]["hour"] = 2
    with pytest.raises(ScenarioError, match=r"did you mean 'hours'\? @ \$\.events\[6\]\.hour"):
        load_scenario(write(raw))


def test_a_registered_stressor_takes_its_place(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    @register("stressor", "noise")
    class Noise:
        class Parameters(Frozen):
            """Parameters."""

            loud: float = 1.0
            """How loud."""

    raw["stress"]["stressors"]["noise"] = {"loud": 2}
    raw["stress"]["hide"] = ["noise"]
    assert load_scenario(write(raw)).stress.stressors["noise"] == Noise.Parameters(loud=2.0)
    changed = load_scenario(write(raw), set={"stress.stressors.noise.loud": 3})
    assert changed.stress.stressors["noise"] == Noise.Parameters(loud=3.0)


def test_a_registered_kind_of_store_may_stand_in_a_scenario(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    @register("store", "Bakery")
    class Bakery:
        pass

    raw["agents"]["Bakery"] = {"Corner": {"at": [5, 5], "sells": {"Bread": {"stock": 5}}}}
    scenario = load_scenario(write(raw), set={"agents.Bakery.Corner.cash": 5})
    kind, name, store = scenario.agents.stores()[-1]
    assert (kind, name, store.cash) == ("Bakery", "Corner", 5)
    assert load_scenario(write(to_json(scenario))) == scenario
    stores = raw["agents"].pop("Bakery")
    assert (
        load_scenario(write(raw), set={"agents.Bakery": stores}).agents.stores()[-1][1] == "Corner"
    )


def test_a_taken_name_and_an_unknown_kind_are_refused() -> None:
    rain()
    with pytest.raises(BadInput, match="already registered"):
        rain()
    with pytest.raises(BadInput, match="already registered"):
        register("event", "salary")(int)
    with pytest.raises(UnknownName, match="did you mean 'event'"):
        register("evnt", "x")
    with pytest.raises(UnknownName, match="did you mean 'hunger'"):
        lookup("stressor", "hungry")


def test_braces_in_a_users_text_stay_as_they_are(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    raw["events"][0]["type"] = "{0} {x}"
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(raw))
    assert "unknown event '{0} {x}'" in str(caught.value)


def test_a_users_file_registers_anew_where_registrations_begin_anew(tmp_path: Path) -> None:
    file = tmp_path / "own_recommender_file.py"
    file.write_text(
        "from econsim_mesa.scenario import register\n"
        "@register('recommender', 'nobody')\n"
        "class Nobody:\n"
        "    '''Suggests nobody.'''\n",
        encoding="utf-8",
    )
    for _ in range(2):
        with registry.own_registrations():
            module = import_file(file)
            assert import_file(file) is module
            assert lookup("recommender", "nobody") is module.Nobody
            with registry.own_registrations():
                assert import_file(file) is not module
            assert imported_files() == {file: module}
        assert not imported_files()
