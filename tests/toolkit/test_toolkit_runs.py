"""Runs of a Mesa model: recorded, stopped and gone on with, made again without a network."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest
from small_model import Coins, by_prompt, says

import econsim_mesa
from econsim_mesa.errors import BadInput, RunIncomplete
from econsim_mesa.llm import TransportFault
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.comparison import Irreproducible
from econsim_mesa.toolkit import ModelRun, load_run, record, replay, resume, verify

TABLES = ("decisions", "results", "collected")


class Town(Coins):
    """The model that these tests record."""


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests change how people of the model reply."""
    monkeypatch.setattr(Town, "reply", staticmethod(by_prompt), raising=False)
    monkeypatch.setattr(Town, "settings", {"model": "m"}, raising=False)


@pytest.fixture
def run(tmp_path: Path) -> ModelRun:
    return record(Town, tmp_path / "run", steps=4, rng=7)


def content(run: ModelRun) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows that say what happened."""
    return {table: list(run.rows(table)) for table in TABLES}


def test_a_run_holds_what_happened(run: ModelRun) -> None:
    assert (run.steps, run.planned_steps, run.status) == (4, 4, "finished")
    assert run.parameters == {"rng": 7}
    assert len(run.table("decisions")) == len(run.table("calls")) == 20
    assert run.table("results")["words"].iloc[0] == "gave 1 to 2"
    sums = run.table("collected").query("name == 'Sum'")["value"]
    assert list(sums) == ["15"] * 4
    assert run.model is not None
    assert run.model.steps == 4
    assert (run.folder / "model.py").read_text() == Path(__file__).read_text()
    assert "4 of 4, finished" in run._repr_html_()
    assert not verify(run.folder)


def test_a_replay_makes_the_same_again_without_asking_anybody(
    run: ModelRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(request: Any) -> str:
        raise AssertionError(request)

    monkeypatch.setattr(Town, "reply", staticmethod(nobody))
    again = replay(run.folder, Town)
    assert again.model is not None
    assert run.model is not None
    assert [one.coins for one in again.model.agents] == [one.coins for one in run.model.agents]
    assert not verify(run.folder, Town)


def test_what_agents_report_is_there_to_be_read(run: ModelRun) -> None:
    collected = run.table("collected").query("source == 'agents' and step == 3")
    assert run.model is not None
    assert dict(zip(collected["agent"], collected["value"].astype(int), strict=True)) == {
        agent.unique_id: agent.coins for agent in run.model.agents
    }


def test_the_order_in_which_agents_acted_is_on_record(run: ModelRun) -> None:
    decisions = run.table("decisions")
    for _, step in decisions.groupby("step"):
        assert sorted(step["position"]) == list(range(5))
    assert len({tuple(step["position"]) for _, step in decisions.groupby("step")}) > 1


def test_a_replay_needs_no_settings_of_a_model(
    run: ModelRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Town, "settings", {})
    assert replay(run.folder, Town).steps == 4


def test_the_code_by_which_a_run_goes_on_is_kept_beside_that_of_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_off(tmp_path, monkeypatch, after=13)
    monkeypatch.setattr(Town, "reply", staticmethod(by_prompt))
    monkeypatch.setattr("econsim_mesa.toolkit.runs._source_of", lambda kind: "new code\n")
    run = resume(tmp_path / "run", Town)
    assert (run.folder / "model-from-2.py").read_text() == "new code\n"
    assert not verify(run.folder, Town)


def test_a_seed_is_drawn_and_kept_where_none_is_given(tmp_path: Path) -> None:
    run = record(Town, tmp_path / "run", steps=2)
    assert isinstance(run.parameters["rng"], int)
    assert replay(run.folder, Town).steps == 2


class Lucky(Town):
    """A model that draws random numbers past its own, as networkx does."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.luck = [random.random()]
        self.datacollector = mesa.DataCollector({"Luck": "luck"})

    def step(self) -> None:
        self.luck = [*self.luck, random.random(), float(np.random.random())]
        super().step()


def luck(run: ModelRun) -> list[float]:
    last = run.table("collected").query("name == 'Luck'")["value"].iloc[-1]
    drawn: list[float] = json.loads(last)
    return drawn


def test_random_numbers_that_are_not_the_models_come_out_the_same_too(tmp_path: Path) -> None:
    before = random.getstate()
    run = record(Lucky, tmp_path / "run", steps=3, rng=7)
    assert random.getstate() == before
    random.random()
    assert not verify(run.folder, Lucky)
    other = record(Lucky, tmp_path / "other", steps=3, rng=8)
    assert len({*luck(run), *luck(other)}) == 14


def break_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int) -> list[str]:
    """Record a run whose server fails after some replies; return the agents that were asked."""
    asked: list[str] = []

    def failing(request: Any) -> str | TransportFault:
        if len(asked) >= after:
            return TransportFault("http_400", retryable=False, status=400, body="full")
        asked.append(request.key)
        return by_prompt(request)

    monkeypatch.setattr(Town, "reply", staticmethod(failing))
    with pytest.raises(RunIncomplete):
        record(Town, tmp_path / "run", steps=4, rng=7)
    return asked


def test_a_run_that_stopped_goes_on_and_ends_as_if_it_had_not(
    run: ModelRun, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("stopped")
    asked = break_off(folder, monkeypatch, after=13)
    broken = load_run(folder / "run")
    assert (broken.steps, broken.status) == (2, "interrupted")
    again: list[str] = []

    def counting(request: Any) -> str:
        again.append(request.key)
        return by_prompt(request)

    monkeypatch.setattr(Town, "reply", staticmethod(counting))
    whole = resume(folder / "run", Town)
    assert (len(again), set(again) & set(asked)) == (7, set())
    assert content(whole) == content(run)
    assert not verify(whole.folder, Town)


def test_a_run_can_be_made_longer_and_its_limits_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Town, "settings", {"model": "m", "max_calls": 12})
    with pytest.raises(RunIncomplete, match="limit"):
        record(Town, tmp_path / "run", steps=4, rng=7)
    with pytest.raises(RunIncomplete):
        resume(tmp_path / "run", Town, steps=6, llm={"max_calls": 17})
    with pytest.raises(RunIncomplete):  # a limit that was raised stays so
        resume(tmp_path / "run", Town, steps=6)
    assert load_run(tmp_path / "run").steps == 3
    run = resume(tmp_path / "run", Town, steps=6, llm={"max_calls": 100})
    assert (run.steps, run.status) == (6, "finished")
    with pytest.raises(BadInput, match="there is nothing to resume"):
        resume(tmp_path / "run", Town)


def test_failures_on_record_are_failures_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Town, "settings", {"model": "m", "max_calls": 12, "on_failure": "idle"})
    run = record(Town, tmp_path / "run", steps=4, rng=7)
    outcomes = run.table("decisions")["outcome"].value_counts().to_dict()
    assert outcomes == {"accepted": 12, "over_budget": 8}
    assert replay(run.folder, Town).steps == 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda town: setattr(town.minds, "_observe", lambda agent: "nothing"), "field prompt"),
        (lambda town: town.random.random(), "field value of table collected"),
        (lambda town: setattr(next(iter(town.agents)), "coins", 4), "field prompt"),
        (lambda town: setattr(town, "running", False), "step 0, the model, field step"),
    ],
)
def test_a_model_that_is_another_one_now_is_told_by_its_first_difference(
    run: ModelRun, change: Callable[[Any], object], words: str
) -> None:
    class Other(Town):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            change(self)

    with pytest.raises(Irreproducible, match=words):
        replay(run.folder, Other)
    findings = verify(run.folder, Other)
    assert [one.kind for one in findings] == [Kind.irreproducible]


def test_what_was_changed_after_the_seal_is_found(run: ModelRun) -> None:
    (run.folder / "model.py").write_text("x = 1\n")
    assert [one.kind for one in verify(run.folder)] == [Kind.tampered]


def test_a_reply_that_was_changed_with_its_lists_is_found_by_the_replay(run: ModelRun) -> None:
    from econsim_mesa.runs.store import SqliteStore
    from econsim_mesa.toolkit.runs import _close

    with sqlite3.connect(run.folder / "run.sqlite") as connection:
        reply = says({"rest": True}, thought="bought")
        connection.execute("UPDATE calls SET reply = ? WHERE rowid = 3", (reply,))
    connection.close()
    _close(run.folder, SqliteStore.reopen(run.folder), "finished")
    assert not verify(run.folder)
    assert [one.kind for one in verify(run.folder, Town)] == [Kind.irreproducible]


class Unseeded(mesa.Model):
    """A model that takes no seed."""

    def __init__(self, n: int = 1) -> None:
        super().__init__()


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        (Unseeded, {}, "takes no seed"),
        (Town, {"n": object()}, "parameter n is object"),
        (Town, {"n": (1, 2)}, "parameter n is tuple"),
        (Town, {"n": float("nan")}, "parameter n is float"),
    ],
)
def test_what_cannot_be_made_again_is_not_recorded(
    tmp_path: Path, kind: Any, parameters: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        record(kind, tmp_path / "run", steps=1, **parameters)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="is not empty"):
        record(Town, tmp_path, steps=1)
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_error_of_the_model_leaves_whole_steps(tmp_path: Path) -> None:
    class Failing(Town):
        def step(self) -> None:
            super().step()
            if self.steps == 3:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record(Failing, tmp_path / "run", steps=4, rng=7)
    run = load_run(tmp_path / "run")
    assert (run.steps, run.status) == (2, "failed")
    findings = verify(run.folder, Town)
    assert [one.kind for one in findings] == [Kind.incomplete]
    assert "failed after 2 of 4 steps; go on by resume" in str(findings[0])
    assert resume(tmp_path / "run", Town).steps == 4


def test_the_run_of_a_model_and_that_of_a_town_are_told_apart(
    run: ModelRun, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=r"read it by load_run of econsim_mesa\.toolkit"):
        econsim_mesa.load_run(run.folder)
    town = econsim_mesa.EconModel("pizza_place", store=str(tmp_path / "town"), steps=1)
    town.run_model()
    with pytest.raises(BadInput, match=r"read it by econsim_mesa\.load_run"):
        load_run(tmp_path / "town")


def test_a_broken_description_is_damage(run: ModelRun) -> None:
    made = json.loads((run.folder / "model.json").read_text())
    del made["steps"]
    (run.folder / "model.json").write_text(json.dumps(made))
    with pytest.raises(BadInput, match=r"model\.json"):
        load_run(run.folder)


def test_a_model_that_cannot_be_made_leaves_a_run_that_says_so(tmp_path: Path) -> None:
    class Unmade(Town):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record(Unmade, tmp_path / "run", steps=4, rng=7)
    findings = verify(tmp_path / "run")
    assert ["failed after 0 of 4 steps" in str(one) for one in findings] == [True]


@pytest.mark.parametrize("content", [None, b"\xff no such thing"])
def test_a_notebook_shows_in_one_line_that_a_run_is_damaged(
    run: ModelRun, content: bytes | None
) -> None:
    file = run.folder / "run.sqlite"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    shown = run._repr_html_()
    assert "damaged run of" in shown
    assert shown.count("<tr>") == 1


def recorded(folder: str, n: int, luck: int, **_: Any) -> mesa.Model:
    """Record a run of a sweep in a folder of its own, and return its model for Mesa."""
    model = record(Town, f"{folder}/n{n}-luck{luck}", steps=2, n=n, rng=luck).model
    assert model is not None
    model.running = False
    return model


def test_each_run_of_a_sweep_in_two_processes_has_its_own_record(tmp_path: Path) -> None:
    sweep = {"folder": str(tmp_path), "n": [5, 6], "luck": [1, 2]}
    rows = mesa.batch_run(recorded, sweep, number_processes=2, display_progress=False)
    sums = {(row["n"], row["luck"]): row["Sum"] for row in rows}
    assert sums == {(n, luck): 3 * n for n in (5, 6) for luck in (1, 2)}
    for n, luck in sums:
        run = load_run(tmp_path / f"n{n}-luck{luck}")
        assert (run.steps, run.status, run.parameters) == (2, "finished", {"n": n, "rng": luck})
        assert not verify(run.folder, Town)


def test_one_recording_holds_one_model(tmp_path: Path) -> None:
    class Two(Town):
        def __init__(self, rng: int | None = None) -> None:
            super().__init__(rng=rng)
            self.other = Town(rng=1)

    with pytest.raises(BadInput, match="a recording holds one model"):
        record(Two, tmp_path / "run", steps=1)
