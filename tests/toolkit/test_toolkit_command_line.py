"""Runs of a Mesa model on the command line, with the file that holds its class."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_model import Coins

from econsim_mesa.cli import main
from econsim_mesa.errors import RunIncomplete
from econsim_mesa.scenario.user_files import imported_anew
from econsim_mesa.toolkit import record

FILE = str(Path(__file__).with_name("small_model.py"))


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(record(Coins, tmp_path / "run", steps=3, rng=2).folder)


@pytest.mark.parametrize("words", [["replay"], ["verify", "--replay"], ["verify"]])
def test_a_run_is_made_again_by_the_class_in_a_file(
    folder: str, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    command, *options = words
    assert main([command, folder, *options, "--with", FILE, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said.get("steps", 3) == 3
    assert said.get("findings", []) == []


def test_what_is_sound_of_a_run_is_no_more_than_what_was_checked(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", folder]) == 0
    said = capsys.readouterr().out
    assert "files as sealed, the crate follows from the records (" in said


def test_without_the_file_one_line_says_what_to_do(
    folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with imported_anew():
        assert main(["replay", folder]) == 2
    assert "the Mesa model Coins; name the file with that class: --with" in capsys.readouterr().err


def test_a_run_goes_on_with_other_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Coins, "settings", {"model": "m", "max_calls": 7})
    with pytest.raises(RunIncomplete):
        record(Coins, tmp_path / "run", steps=3, rng=2)
    folder = str(tmp_path / "run")
    assert main(["resume", folder, "--with", FILE, "--set", "market.ttl=3"]) == 2
    assert "market.ttl is a setting of towns" in capsys.readouterr().err
    assert main(["resume", folder, "--with", FILE, "--max-calls", "50"]) == 0
    assert "3 of 3 steps, finished" in capsys.readouterr().out
