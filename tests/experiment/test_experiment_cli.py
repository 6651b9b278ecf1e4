"""``experiment`` on the command line: tables for people, JSON alone, and one line for a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from studies import write

from econsim_mesa.cli import main
from econsim_mesa.cli.experiment_tables import hypothesis_table
from econsim_mesa.mock import MockServer


def test_tables_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = str(write(tmp_path))
    words = ["experiment", study, "--set", "replicates=1", "--workers", "1"]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert len(out.splitlines()) <= 25
    for part in ("A study for tests", "4 of 4 runs", "decided by utility, which is no language"):
        assert part in out
    assert main([*words, "--full"]) == 0
    full = capsys.readouterr().out
    assert max(map(len, full.splitlines())) <= 100
    for part in ("units Cafe", "stress on, feed blocked", "paired by seed"):
        assert part in full
    for part in ("hypotheses, registered", "4 of 4 runs", "by utility: no language model"):
        assert part in full
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("study-")
    assert main(["experiment", study, "--set", "replicates=1", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == str(folder)
    assert told["runs"] == {"planned": 4, "finished": 4}
    assert told["tables"]["runs"][0]["stress.mode"] == "on"
    assert len(list(Path("runs").iterdir())) == 1


def test_options_of_run_reach_the_scenario(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["experiment", str(write(tmp_path)), "--workers", "0", "--out", "here", "--quiet"]
    more = ["--set", "set.agents.Household.count=3", "--set", "replicates=1", "--seed", "9"]
    assert main([*words, *more, "--steps", "4", "--decider", "idle"]) == 0
    assert capsys.readouterr().out == "here\n"
    scenario = json.loads(Path("here/runs/mode-on.feed-on.s9/scenario.json").read_text())
    assert scenario["steps"] == 4
    assert scenario["seed"] == 9
    assert scenario["decider"] == "idle"
    assert scenario["agents"]["Household"]["count"] == 3


def test_a_path_that_only_the_scenario_has_is_the_scenarios(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["experiment", str(write(tmp_path)), "--workers", "0", "--out", "here", "--json"]
    more = ["--set", "replicates=1", "--set", "steps=3", "--set", "stress.mode=frozen"]
    assert main([*words, *more, "--set", "agents.Household.count=2"]) == 0
    told = capsys.readouterr().err
    assert "steps: taken as a setting of the scenario" in told
    assert "agents.Household.count: taken as a setting of the scenario" in told
    assert "stress.mode: a factor of the experiment; its runs have on, off as before" in told
    assert "replicates" not in told
    scenario = json.loads(Path("here/runs/mode-on.feed-on.s1/scenario.json").read_text())
    assert (scenario["steps"], scenario["agents"]["Household"]["count"]) == (3, 2)
    for typo in ("repliactes=1", "stepz=3", "agentz.Household.count=2"):
        assert main([*words, "--set", typo, "--dry-run"]) == 2
        assert typo.partition("=")[0].partition(".")[0] in capsys.readouterr().err


def test_without_a_finished_run_there_is_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asking = {"decider": "llm", "llm.model": "mock", "llm.client": "direct"}
    study = str(write(tmp_path, set=asking))
    with MockServer(window=0.0) as server:
        words = ["experiment", study, "--base-url", server.base_url, "--max-calls", "1"]
        assert main(words) == 3
    told = capsys.readouterr()
    assert told.out == ""
    assert "0 of 8 runs are finished" in told.err


def test_a_dry_run_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["experiment", str(write(tmp_path)), "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    counted = {"conditions": 4, "runs": 8, "steps": 240, "runs_that_call_a_model": 0}
    assert {name: told[name] for name in counted} == counted
    assert told["calls"] == 0
    assert not Path("runs").exists()


def test_a_dry_run_says_what_all_runs_may_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prices = {"mock": {"input": 1, "cached": 0.1, "output": 4}}
    asking = {"decider": "llm", "llm.model": "mock", "llm.prices": prices}
    path = str(write(tmp_path, set=asking))
    assert main(["experiment", path, "--dry-run", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    changes = (f"{key}={json.dumps(value)}" for key, value in asking.items())
    words = [word for change in changes for word in ("--set", change)]
    assert main(["run", str(tmp_path / "village.json"), "--dry-run", "--json", *words]) == 0
    one = json.loads(capsys.readouterr().out)
    runs = told["runs"]
    assert told["runs_that_call_a_model"] == runs
    assert told["calls"] == runs * one["calls"] > 0
    assert told["cost"]["high"] == pytest.approx(runs * one["cost"]["high"], rel=0.05)
    tokens = told["input_tokens"]["high"], told["output_tokens"]["high"]
    assert told["cost"]["high"] == pytest.approx((tokens[0] + 4 * tokens[1]) / 1e6, rel=0.01)
    assert 0 < told["cost"]["low"] < told["cost"]["high"]
    assert main(["experiment", path, "--dry-run"]) == 0
    assert f"at most {told['calls']:,}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pizza_plac"], "did you mean 'pizza_place'?"),
        (["no_such.json"], "no such file"),
        (["pizza_place", "--set", "replicates=0"], "$.replicates"),
        (["pizza_place", "--set", "set.stepz=1"], "$.set.stepz"),
        (["pizza_place", "--workers", "-1"], "0 or more"),
        (["pizza_place", "--workers", "0", "--engine", "ray"], "1 or more with --engine ray"),
    ],
)
def test_bad_input_is_one_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["experiment", *words]) == 2
    err = capsys.readouterr().err
    assert says in err
    assert "Traceback" not in err


def test_a_hypothesis_asked_of_each_model_says_of_which() -> None:
    asked = {"hypothesis": "One.", "measure": "units", "expected": "more", "found": "4"}
    asked |= {"verdict": "holds", "stress.mode": "on"}
    rows = [asked | {"llm.model": model} for model in "ab"]

    def printed(some: list[dict[str, str]]) -> str:
        console = Console(width=100)
        with console.capture() as output:
            console.print(hypothesis_table(some))
        return output.get()

    assert "One. [model a]" in printed(rows)
    assert "One. [model b]" in printed(rows)
    assert "[" not in printed(rows[:1])
