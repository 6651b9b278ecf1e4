"""The JSON Schema: what editors use agrees with what the loader takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from econsim_mesa.errors import UnknownName
from econsim_mesa.scenario import build_only_keys, bundled, json_schema, load_scenario, to_json
from econsim_mesa.scenario.registry import names

VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def nodes(schema: Any) -> list[dict[str, Any]]:
    if isinstance(schema, list):
        return [node for one in schema for node in nodes(one)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(node for one in schema.values() for node in nodes(one))]


def test_it_is_a_valid_schema_and_json() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json.loads(json.dumps(json_schema())) == json_schema()


@pytest.mark.parametrize("name", list(bundled()))
def test_bundled_scenarios_and_their_resolved_form_fit(name: str) -> None:
    VALIDATOR.validate(json.loads(bundled()[name].read_text(encoding="utf-8")))
    VALIDATOR.validate(json.loads(to_json(load_scenario(name))))


def test_remarks_are_left_out_wherever_they_stand(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    plain = load_scenario(write(raw))
    raw |= {"_comment": {"anything": [1]}, "_comment_2": "more"}
    raw["agents"]["Restaurant"]["_comment"] = "no store"
    raw["events"][0]["_comment when"] = None
    text = json.dumps(raw).replace('"_comment_2"', '"_comment": NaN, "_comment"')
    remarked = load_scenario(write(text))
    assert remarked == plain
    assert "_comment" not in to_json(remarked)
    VALIDATOR.validate(raw)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("steps", 0),
        ("events", [{"type": "salary"}]),
        ("events", [{"type": "sallary", "amount": 1}]),
        ("events", [{"amount": 1}]),
        ("events", [{"type": "salary", "amount": 1, "amuont": 2}]),
        ("stress", {"stressors": {"hungr": {}}}),
        ("stress", {"stressors": {"hunger": {"target": "x"}}}),
        ("social", {"recommender": {"name": "three_hop"}}),
        ("items", {"a.b": {"price": 1}}),
        ("exclusions", []),
    ],
)
def test_what_the_loader_refuses_the_schema_refuses(
    key: str, value: object, raw: dict[str, Any]
) -> None:
    assert VALIDATOR.is_valid(raw)
    assert not VALIDATOR.is_valid(raw | {key: value})


def test_every_registered_component_is_in_it() -> None:
    schema = json_schema()
    offered = schema["properties"]["events"]["items"]["oneOf"]
    types = [
        schema["$defs"][ref["$ref"].removeprefix("#/$defs/")]["properties"]["type"]["const"]
        for ref in offered
    ]
    assert types == names("event")
    stressors = schema["$defs"]["StressSpec"]["properties"]["stressors"]
    assert list(stressors["properties"]) == names("stressor")


def test_references_lead_somewhere_and_all_definitions_are_used() -> None:
    schema = json_schema()
    wanted = {node["$ref"].removeprefix("#/$defs/") for node in nodes(schema) if "$ref" in node}
    assert wanted == set(schema["$defs"])


def test_fields_are_described() -> None:
    schema = json_schema()
    silent = [
        f"{name}.{key}"
        for name, part in {"Scenario": schema, **schema["$defs"]}.items()
        for key, field in part.get("properties", {}).items()
        if "description" not in field and "$ref" not in field and "const" not in field
    ]
    assert not silent


def test_build_only_keys_are_marked_and_listed() -> None:
    keys = build_only_keys()
    for key in (
        "grid.width",
        "agents.Household.count",
        "agents.Household.cash",
        "items.*.price",
        "agents.Restaurant.*.at",
        "stress.stressors.hunger.window",
        "clock.start",
        "seed",
    ):
        assert key in keys
    for key in ("steps", "stress.mode", "events.*.percent", "agents.Retailer.*.acceptance"):
        assert key not in keys
    assert json_schema()["$defs"]["GridSpec"]["properties"]["width"]["read"] == "build"
    assert "read" not in json_schema()["properties"]["steps"]


def test_another_schema_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'scenario'"):
        json_schema("scenarios")
