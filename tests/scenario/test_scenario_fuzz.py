"""Whatever a file holds, loading gives a scenario or a ScenarioError, and nothing else."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario import bundled, load_scenario, parse_assignment, to_json

ORIGINALS = [json.loads(bundled()[name].read_text()) for name in ("pizza_place", "two_towns")]
DATES = ["2025-12-23T00:00", "0001-01-01T00:00", "9999-12-31T23:59", "2025-02-30", "25:00", "09:00"]
WORDS = st.sampled_from([*DATES, "Pizza", "Pizza Place", "H3", "day", "on", "two_hop", "\ud800"])
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.integers(-2, 12)
    | st.floats()
    | st.text(max_size=8)
    | WORDS
)
VALUES = st.recursive(
    SCALARS,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(st.text(max_size=5) | WORDS, inside, max_size=3)
    ),
    max_leaves=6,
)


def places(data: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) in raw data."""
    inside = enumerate(data) if isinstance(data, list) else getattr(data, "items", tuple)()
    return [place for key, value in inside for place in [(data, key), *places(value)]]


@st.composite
def mutants(draw: st.DrawFn) -> Any:
    data = deepcopy(draw(st.sampled_from(ORIGINALS)))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(places(data)))
        act = draw(st.sampled_from(["set", "delete", "rename", "copy"]))
        if act == "set":
            container[key] = draw(VALUES)
        elif act == "delete":
            del container[key]
        elif act == "copy":
            other, there = draw(st.sampled_from(places(data)))
            container[key] = deepcopy(other[there])
        elif isinstance(container, dict):
            container[draw(st.text(max_size=6) | WORDS)] = container.pop(key)
    return data


def readable(error: ScenarioError) -> None:
    assert error.problems
    assert all(line.isprintable() for line in str(error).split("\n"))


def attempt(path: Path) -> None:
    try:
        scenario = load_scenario(path)
    except ScenarioError as error:
        readable(error)
        return
    path.write_text(to_json(scenario), encoding="utf-8")
    assert load_scenario(path) == scenario


def file() -> Path:
    return Path("fuzz.json")  # in the test's own folder


@pytest.mark.soak
@settings(max_examples=400)
@given(mutants())
def test_mutated_scenarios(data: Any) -> None:
    file().write_text(json.dumps(data), encoding="utf-8")
    attempt(file())


@settings(max_examples=150)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]:,"\\u0dN1e9-. ', max_size=40))
def test_any_bytes(content: bytes | str) -> None:
    file().write_bytes(content if isinstance(content, bytes) else content.encode())
    attempt(file())


PATHS = ["steps", "grid.closed", "events.2.when", "agents", "items.Pizza", "stress.stressors.x"]


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(PATHS) | st.text(max_size=12), VALUES, max_size=3))
def test_any_overrides(changes: dict[str, Any]) -> None:
    try:
        load_scenario("pizza_place", set=changes)
    except ScenarioError as error:
        readable(error)


@given(st.text(max_size=30))
def test_any_assignment(text: str) -> None:
    try:
        key, _ = parse_assignment(text)
    except ScenarioError:
        assert not text.partition("=")[0].strip() or "=" not in text
    else:
        assert key == text.partition("=")[0].strip()
