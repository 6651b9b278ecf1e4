"""A domain outside the package: every part of it works, wherever a run goes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from towns import village

from econsim_mesa import EconModel, load_run
from econsim_mesa.evidence.ledger_check import check_ledger
from econsim_mesa.prompts import render
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.scenario.user_files import import_file
from econsim_mesa.society.requests import Requests

FILE = Path(__file__).parent / "library" / "library.py"
CLOSED = {"type": "library_closed", "when": {"between": [6, 12]}}


@pytest.fixture(scope="module", autouse=True)
def library() -> Iterator[ModuleType]:
    """Import the file as ``--with`` does."""
    with own_registrations():
        yield import_file(FILE)


def town(**changes: Any) -> dict[str, Any]:
    """Return a village with a library."""
    data = village(decider="utility", steps=30, **changes)
    data["items"]["Book"] = {"price": 10}
    data["library"] = {"at": [2, 2], "books": 2, "pull": 6.0}
    data["events"] = [*data.get("events", ()), CLOSED]
    data["stress"]["stressors"]["boredom"] = {}
    return data


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "town.json"
    path.write_text(json.dumps(town()), encoding="utf-8")
    return path


@pytest.mark.parametrize("decider", ["utility", "random"])
def test_books_are_borrowed_and_given_back(scenario: Path, tmp_path: Path, decider: str) -> None:
    steps = 30 if decider == "utility" else 400
    model = EconModel(scenario, seed=3, decider=decider, steps=steps, store=tmp_path / "run")
    while model.running:
        model.step()
    loans = load_run(tmp_path / "run").loans
    assert {"Library"} < set(loans.giver) | set(loans.taker)
    assert not loans.step.between(6, 11).any()
    replay(tmp_path / "run")


def test_a_run_is_resumed_and_forked(scenario: Path, tmp_path: Path) -> None:
    model = EconModel(scenario, seed=3, store=tmp_path / "run")
    for _ in range(9):
        model.step()
    model.store.close("stopped")
    resumed, _ = resume(tmp_path / "run")
    while resumed.running:
        resumed.step()
    replay(tmp_path / "run")
    forked, _ = fork(tmp_path / "run", 9, {"library.pull": -9.0}, tmp_path / "fork")
    while forked.running:
        forked.step()
    assert len(load_run(tmp_path / "fork").loans) < len(load_run(tmp_path / "run").loans)


def test_its_books_are_in_the_ledger_that_verify_adds_up(scenario: Path, tmp_path: Path) -> None:
    model = EconModel(scenario, seed=3, store=tmp_path / "run")
    while model.running:
        model.step()
    run = load_run(tmp_path / "run")
    assert not list(check_ledger(run))
    with sqlite3.connect(tmp_path / "run" / "run.sqlite") as database:
        database.execute("UPDATE loans SET quantity = 9 WHERE rowid = 1")
    assert list(check_ledger(load_run(tmp_path / "run")))


def test_it_is_seen_remembered_and_felt(scenario: Path, tmp_path: Path) -> None:
    model = EconModel(scenario, seed=3)
    for _ in range(5):
        model.step()
    prompts = [render(request) for request in Requests(model.look(), range(4))]
    assert all("[library] " in prompt.user for prompt in prompts)
    assert any("borrowed a book" in prompt.user for prompt in prompts)
    system = prompts[0].system
    assert "- borrow: borrow a book in the library" in system
    assert '"unfollow": [], "borrow": null or 1, "give_back": null or 1}' in system
    assert [household.stress["boredom"] for household in model.households] != [0.0] * 4
