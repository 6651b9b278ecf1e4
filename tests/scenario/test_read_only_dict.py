"""Mappings that nobody can change, as a scenario holds them."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from econsim_mesa.scenario import load_scenario
from econsim_mesa.scenario.base import ReadOnlyDict


@pytest.mark.parametrize(
    "change",
    [
        lambda mapping: mapping.__setitem__("a", 2),
        lambda mapping: mapping.__delitem__("a"),
        lambda mapping: mapping.__ior__({"b": 1}),
        lambda mapping: mapping.update(b=1),
        lambda mapping: mapping.pop("a"),
        lambda mapping: mapping.popitem(),
        lambda mapping: mapping.setdefault("b", 1),
        lambda mapping: mapping.clear(),
    ],
)
def test_a_mapping_refuses_each_change(change: Callable[[Any], Any]) -> None:
    mapping = ReadOnlyDict({"a": 1})
    with pytest.raises(TypeError, match="can be read only"):
        change(mapping)
    assert mapping == {"a": 1}


def test_a_mapping_is_copied_and_written_like_a_dict() -> None:
    mapping = ReadOnlyDict({"a": {"b": 1}})
    for other in (copy.copy(mapping), copy.deepcopy(mapping), pickle.loads(pickle.dumps(mapping))):
        assert type(other) is ReadOnlyDict
        assert other == mapping
    assert json.dumps(mapping) == '{"a": {"b": 1}}'
    assert mapping | {"c": 2} == {"a": {"b": 1}, "c": 2}


def test_mappings_of_a_scenario_are_read_only() -> None:
    scenario = load_scenario("pizza_place")
    for mapping in (scenario.items, scenario.stress.weights, scenario.agents.Restaurant):
        assert type(mapping) is ReadOnlyDict
    assert load_scenario(scenario) == scenario
