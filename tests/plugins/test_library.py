"""A domain outside the package: every part of it works, wherever a run goes."""

from __future__ import annotations

import ast
import importlib.util
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from econsim_mesa.visualization.activity_feed import FeedFilter, newest_entries
from econsim_mesa.visualization.agent_history import goods_held, newest_decisions
from econsim_mesa.visualization.components.charts import first_choice
from econsim_mesa.visualization.components.side_panel import described
from econsim_mesa.visualization.components.town import town_scene
from econsim_mesa.visualization.live import Live
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.run_charts import all_charts
from mesa.batchrunner import batch_run
from reading_town import FILE, town
from towns import Script

from econsim_mesa import EconModel, load_run
from econsim_mesa.cli import main
from econsim_mesa.domains.economy.actions import AnswerProposal, Propose
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.evidence.coherence import check_all
from econsim_mesa.evidence.ledger_check import check_ledger
from econsim_mesa.evidence.verify import verify
from econsim_mesa.experiment.export import export
from econsim_mesa.mock import MockServer
from econsim_mesa.prompts import render
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.scenario import load_scenario
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.scenario.user_files import import_file
from econsim_mesa.society.requests import Requests

ROOT = Path(__file__).parents[2]
MOST_LINES = 250
STUDY: dict[str, Any] = {
    "format": 1,
    "name": "books",
    "title": "What more books do",
    "scenario": "town.json",
    "set": {"steps": 14},
    "factors": {"library.books": [1, 3]},
    "replicates": 3,
    "contrasts": [{"name": "more", "a": {"library.books": 3}, "b": {"library.books": 1}}],
    "hypotheses": [
        {
            "statement": "Where there are more books, more are lent.",
            "contrast": "more",
            "measure": "books lent",
            "expected": "positive",
            "refuted_by": "An interval below 0.",
        }
    ],
    "plan": {"outcome": {"store": "Cafe"}},
}


@pytest.fixture(scope="module", autouse=True)
def library() -> Iterator[ModuleType]:
    """Import the file as ``--with`` does."""
    with own_registrations():
        yield import_file(FILE)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "town.json"
    path.write_text(json.dumps(town()), encoding="utf-8")
    return path


@pytest.mark.parametrize("decider", ["utility", "random"])
def test_books_are_borrowed_and_given_back(scenario: Path, tmp_path: Path, decider: str) -> None:
    many = {"steps": 300, "agents.Household.count": 20, "library.books": 20}
    changes = many if decider == "random" else {}
    model = EconModel(scenario, seed=3, decider=decider, set=changes, store=tmp_path / "run")
    while model.running:
        model.step()
    loans = load_run(tmp_path / "run").loans
    assert "Library" in set(loans.giver)
    assert "Library" in set(loans.taker)
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


def test_who_got_a_book_is_asked_where_attention_is_on_change(
    scenario: Path, library: ModuleType
) -> None:
    borrows = {step: {"H0": [library.Borrow(5)]} for step in range(1, 12)}
    script = Script({0: {"H0": [MoveTo("Library")]}, **borrows})
    settings = {"attention": "on_change", "stress.mode": "off"}
    model = EconModel(scenario, seed=3, decider=script, set=settings)
    while not model.town.records["loans"]:
        model.step()
    lent = model.town.t
    model.step()
    assert "H0" in script.asked[lent + 1]


def test_its_books_are_in_the_ledger_that_verify_adds_up(scenario: Path, tmp_path: Path) -> None:
    model = EconModel(scenario, seed=3, store=tmp_path / "run")
    while model.running:
        model.step()
    run = load_run(tmp_path / "run")
    assert not list(check_ledger(run))
    with closing(sqlite3.connect(tmp_path / "run" / "run.sqlite")) as database, database:
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
    assert '\n{"borrow": <whole number>}\n{"give_back": <id>}' in system
    assert [household.stress["boredom"] for household in model.households] != [0.0] * 4


def test_the_local_test_server_takes_its_plans(scenario: Path, tmp_path: Path) -> None:
    expected = EconModel(scenario, seed=3)
    with MockServer(window=0.0) as server:
        llm = {"model": "mock", "base_url": server.base_url, "client": "direct"}
        settings = {"decider": "llm", **{f"llm.{name}": value for name, value in llm.items()}}
        model = EconModel(scenario, seed=3, set=settings, store=tmp_path / "run")
        loans = 0
        while model.running:
            model.step()
            expected.step()
            assert model.town.records["loans"] == expected.town.records["loans"]
            loans += len(model.town.records["loans"])
    assert loans > 5
    replay(tmp_path / "run")


def test_a_book_that_was_swapped_away_cannot_be_given_back(tmp_path: Path) -> None:
    path = tmp_path / "town.json"
    path.write_text(json.dumps(town(agents__Household__count=2)), encoding="utf-8")
    library = import_file(FILE)
    swap = Propose("H1", "Book", 1, "coin", 1, 3)
    script = Script(
        {
            **{step: {"H0": [MoveTo("Library")], "H1": [MoveTo("Library")]} for step in range(12)},
            12: {"H0": [library.Borrow(5), swap]},
            13: {"H1": [AnswerProposal(0, accept=True)]},
            14: {"H0": [library.GiveBack(0)]},
        }
    )
    model = EconModel(path, seed=3, decider=script, store=tmp_path / "run")
    model.run_model()
    run = load_run(tmp_path / "run")
    assert list(run.rejections.reason) == ["no longer has the book"]
    assert not list(check_ledger(run))


def test_it_is_checked_for_coherence(scenario: Path) -> None:
    table = check_all(load_scenario(scenario), (1, 2, 3), only=("feasibility",))
    assert [row.check for row in table.rows] == ["feasibility"]


def test_an_experiment_varies_it_and_is_verified(scenario: Path, tmp_path: Path) -> None:
    path = tmp_path / "study.json"
    path.write_text(json.dumps(STUDY), encoding="utf-8")
    out = tmp_path / "study"
    words = ["experiment", str(path), "--out", str(out), "--workers", "1", "--quiet"]
    assert main([*words, "--with", str(FILE)]) == 0
    tables = json.loads((out / "tables.json").read_text(encoding="utf-8"))
    (hypothesis,) = tables["hypotheses"]
    assert hypothesis["verdict"] == "supported"
    assert not verify(out, replay=True).findings
    if importlib.util.find_spec("pyarrow"):
        assert "loans" in {file.path.stem for file in export(out)}


def test_it_is_on_the_page(scenario: Path, tmp_path: Path) -> None:
    run = Live.begin(load_scenario(scenario), tmp_path / "run")
    for step in range(-1, 20):
        run.next(step)
    live = newest_entries(run.history.frame(), FeedFilter(kinds=("loan",)))
    run.close()
    replayed = Replay.open(tmp_path / "run").history
    frame = replayed.frame()
    assert newest_entries(frame, FeedFilter(kinds=("loan",))) == live
    assert {entry.text for entry in live} == {"borrows a book", "gives back a book"}
    assert {entry.other for entry in live} == {"Library"}
    places = town_scene(frame.scene)["stores"]
    assert [place["name"] for place in places] == ["Cafe", "Shop", "Library"]
    assert described(frame.scene, "Library") == "Library, at 2,2"
    recorded = load_run(tmp_path / "run")
    charts = {chart.title: chart for chart in all_charts(frame, first_choice(frame.scene))}
    (line,) = charts["Books lent"].lines
    assert charts["Books lent"].unit == "books a day"
    assert sum(value or 0 for value in line.values) == (recorded.loans.giver == "Library").sum()
    taker = live[-1].agent
    decisions = newest_decisions(recorded, taker, live[-1].step, frame.scene)
    assert decisions[0].actions[0].text == "borrow a book for 5 steps"
    assert goods_held(recorded, taker, live[-1].step, frame.scene)["Book"] == 1


def test_batch_run_sweeps_over_it(scenario: Path) -> None:
    rows = batch_run(
        EconModel,
        parameters={
            "config": str(scenario),
            "set": [{"library.books": 1}, {"library.books": 3}],
            "rng": [3],
        },
        number_processes=1,
        data_collection_period=1,
        display_progress=False,
    )
    lent = {(row["RunId"], row["Step"]): row["books lent"] for row in rows}
    few, many = (sum(count for (run, _), count in lent.items() if run == each) for each in (0, 1))
    assert 0 < few < many


def test_nothing_in_the_package_knows_of_it(library: ModuleType) -> None:
    verbs = {action.verb for action in library.LendingLibrary.actions}
    names = {"LendingLibrary", "library_closed", "boredom", *(f'"{verb}"' for verb in verbs)}
    for folder in ("econsim_mesa", "visualization"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert [name for name in names if name in text] == [], path


def test_it_is_small() -> None:
    """Lines that are neither blank nor of docstrings; the formatter keeps their length."""
    source = FILE.read_text(encoding="utf-8")
    texts = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    described = {line for text in texts for line in range(text.lineno, text.end_lineno + 1)}
    lines = [
        line
        for number, line in enumerate(source.splitlines(), 1)
        if line.strip() and number not in described
    ]
    assert len(lines) <= MOST_LINES
