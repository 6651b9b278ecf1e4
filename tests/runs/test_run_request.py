"""The scenario as given stands beside the one with every default written out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.run_request import (
    REQUEST,
    RunRequest,
    differences,
    read_request,
    write_request,
)
from econsim_mesa.scenario import load_scenario


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    assert read_request(tmp_path) is None
    for given in (
        RunRequest("town.json", {"name": "town"}, {"steps": 3}),
        RunRequest("town.json", None, {}, "0" * 64),
    ):
        write_request(tmp_path, given)
        assert read_request(tmp_path) == given


@pytest.mark.parametrize("content", ["[]", "{}", '{"source": "a", "content": 1, "more": 2}', "x"])
def test_what_says_nothing_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / REQUEST).write_text(content)
    with pytest.raises(BadInput):
        read_request(tmp_path)


def test_differences_give_the_scenario_back() -> None:
    base = load_scenario("pizza_place")
    changes = {"steps": 4, "stress.mode": "off",
               "agents.Household.mixed": {"random": 5, "utility": 25},
               "events": []}  # fmt: skip
    other = load_scenario(base, set=changes)
    found = differences(base, other)
    assert set(found) == {"steps", "stress.mode", "agents.Household.mixed", "events"}
    assert load_scenario(base, set=json.loads(json.dumps(found))) == other
    assert differences(base, base) == {}
