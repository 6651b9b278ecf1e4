"""``econsim check`` prints a table, JSON, and keeps what it found with a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from econsim_mesa.cli import main

SMALL = ["check", "pizza_place", "--set", "agents.Household.count=12", "--seeds", "3"]


def test_the_table_names_rule_value_result_and_control(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "run"
    out.mkdir()
    assert main([*SMALL, "--only", "price", "--only", "nights", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "price" in shown
    assert "passed" in shown
    assert "failed" in shown
    assert "nights are skipped" in shown
    assert json.loads((out / "coherence.json").read_text())["decider"] == "utility"
    assert "coherence.json" in (out / "derived.sha256").read_text()


def test_json_is_alone_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--only", "price", "--decider", "random", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["decider"] == "random"
    assert told["rows"][0]["status"] == "failed"


def test_bad_input_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--only", "nonsense"]) == 2
    assert main([*SMALL, "--out", "nowhere"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 2
