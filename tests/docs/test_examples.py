"""Each example of a part of one's own runs by itself, and by ``econsim run --with FILE.py``."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.cli import main
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.scenario.registry import own_registrations

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLES = DOCS / "examples"
LOTTERY = {"type": "lottery", "prize": 50_000, "when": {"every": "day"}}
KIOSK = {"Corner": {"at": [5, 5], "sells": {"Bread": {"stock": 50}}}}
SETTINGS: dict[str, dict[str, Any]] = {
    "own_event": {"events.+lottery": LOTTERY},
    "own_recommender": {"social.recommender": {"name": "popular", "suggestions": 2}},
    "own_store": {"agents.Kiosk": KIOSK},
    "own_action": {"gifts": {"most": 500}, "decider": "random"},
    "own_state": {"stress.stressors.loneliness": {"steps": 4}},
    "own_decider": {"decider": "habit"},
}
"""Example -> what a scenario says to have the part."""


def shows_it(name: str, run: Run) -> bool:
    """Whether the part did something in a run."""
    match name:
        case "own_event":
            return "lottery" in set(run.transfers.reason)
        case "own_recommender":
            return len(run.follows) > len(run.follows[run.follows.step < 0])
        case "own_store":
            return "Corner" in set(run.sales.store)
        case "own_action":
            return "gift" in set(run.transfers.reason)
        case "own_state":
            return bool(run.agents.loneliness.max() > 0)
        case _:
            return set(run.decisions[run.decisions.kind == "Household"].decider) == {"habit"}


def test_every_example_of_a_part_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("own_*.py")} == set(SETTINGS)
    pages = " ".join(path.read_text("utf-8") for path in (DOCS / "tutorials").glob("own-*.md"))
    assert set(re.findall(r"# include docs/examples/(own_\w+)\.py", pages)) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_an_example_runs_by_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with own_registrations():
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
    assert capsys.readouterr().out


@pytest.mark.parametrize("name", SETTINGS)
def test_an_example_is_named_on_commands(name: str, tmp_path: Path) -> None:
    """The copy is a file that no process has imported before."""
    file, out = tmp_path / f"{name}_copy.py", tmp_path / "run"
    file.write_bytes((EXAMPLES / f"{name}.py").read_bytes())
    settings = [f"--set={key}={json.dumps(value)}" for key, value in SETTINGS[name].items()]
    with_file = ["--with", str(file), "--quiet"]
    with own_registrations():
        words = ["run", "pizza_place", "--steps", "12", "--out", str(out), *settings]
        assert main([*words, *with_file]) == 0
        assert main(["replay", str(out), *with_file]) == 0
        assert shows_it(name, load_run(out))
