"""Loading: bundled names, paths, objects; the resolved scenario is complete and stable."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import econsim_mesa
from econsim_mesa.errors import ScenarioError
from econsim_mesa.scenario import Scenario, bundled, load_scenario, to_json

ROOT = Path(econsim_mesa.__file__).parents[1]
NAMES = [
    "crowd",
    "pizza_place",
    "pizza_place_ja",
    "pizza_place_published",
    "pizza_place_quiet",
    "two_towns",
]


def test_the_bundled_scenarios_are_there() -> None:
    assert list(bundled()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_bundled_scenario_loads_and_its_resolved_form_gives_it_back(
    name: str, write: Callable[[object], Path]
) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.exclusions
    assert scenario.data_sources
    text = to_json(scenario)
    assert text.endswith("}\n")
    again = load_scenario(write(text))
    assert again == scenario
    assert to_json(again) == text


def test_every_default_is_written_out() -> None:
    data = json.loads(to_json(load_scenario("pizza_place")))
    assert data["market"]["max_ttl"] == 24
    assert data["agents"]["Restaurant"]["Pizza Place"]["partial_fill"] is False
    assert data["agents"]["Government"] is None
    assert data["choice"]["go"]["distance"]["source"]
    assert list(data) == [field.alias or name for name, field in Scenario.model_fields.items()]


def test_a_path_a_string_and_an_object_give_the_same() -> None:
    path = bundled()["pizza_place"]
    scenario = load_scenario(path)
    assert load_scenario(str(path)) == load_scenario("pizza_place") == scenario
    assert load_scenario(scenario) is scenario
    assert load_scenario(scenario, steps=5) == load_scenario("pizza_place", steps=5)


def test_an_object_is_checked_as_well() -> None:
    scenario = load_scenario("pizza_place")
    torn = scenario.model_copy(update={"decider": "nobody"})
    with pytest.raises(ScenarioError, match="unknown decider 'nobody'"):
        load_scenario(torn)


def test_a_file_in_the_present_folder_is_found_by_its_name(
    raw: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "mine").write_text(json.dumps(raw))
    assert load_scenario("mine").name == "pizza_place"


def test_a_byte_order_mark_does_no_harm(raw: dict[str, Any], write: Callable[..., Path]) -> None:
    assert load_scenario(write(b"\xef\xbb\xbf" + json.dumps(raw).encode())).steps == 120


def test_text_of_every_script_survives(raw: dict[str, Any], write: Callable[..., Path]) -> None:
    raw["title"] = 'ピザ \U0001f355 \\ " \u2028'
    scenario = load_scenario(write(raw))
    assert load_scenario(write(to_json(scenario))).title == raw["title"]


def test_a_scenario_is_frozen_and_can_be_pickled() -> None:
    scenario = load_scenario("two_towns")
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    with pytest.raises(ValueError, match="frozen"):
        scenario.steps = 3  # type: ignore[misc]


def test_loading_needs_no_mesa_pandas_or_langchain(tmp_path: Path) -> None:
    code = (
        "import sys; from econsim_mesa.scenario import load_scenario, json_schema\n"
        "load_scenario('two_towns'); json_schema()\n"
        "print(sorted({'mesa', 'pandas', 'langchain_core', 'openai'} & set(sys.modules)))"
    )
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environment,
    )
    assert done.stdout.strip() == "[]"


def test_equal_scenarios_give_equal_text_whatever_the_hash_seed(tmp_path: Path) -> None:
    code = "from econsim_mesa.scenario import *; print(to_json(load_scenario('two_towns')))"
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=dict(os.environ, PYTHONPATH=str(ROOT), PYTHONHASHSEED=seed),
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
