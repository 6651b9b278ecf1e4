"""Runs in which not everybody is asked go on, fork and replay like all others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from recorded import content, go_on, keep, rows

from econsim_mesa.errors import EconSimError
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.reader import fingerprint
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.runs.store import DATABASE
from econsim_mesa.society.model import EconModel

STEPS, AT = 20, 8
HOUSEHOLD_STEPS = STEPS * 30


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = EconModel("pizza_place", seed=5, steps=STEPS, set={"attention": "on_change"})
    return keep(model, tmp_path_factory.mktemp("on change") / "run")


def decisions(folder: Path) -> int:
    return sum(kind == "Household" for _, _, kind, *_ in rows(folder, "decisions"))


@pytest.mark.parametrize("scenario", ["two_towns", "pizza_place_published"])
@pytest.mark.parametrize("decider", ["utility", "random"])
def test_a_replay_is_identical(scenario: str, decider: str, tmp_path: Path) -> None:
    settings = {"attention": "on_change"}
    model = EconModel(scenario, seed=3, steps=30, decider=decider, set=settings)
    assert replay(keep(model, tmp_path / "run")) == 30


def test_fewer_are_asked_and_a_replay_asks_the_same(run: Path) -> None:
    assert 0.3 * HOUSEHOLD_STEPS < decisions(run) < 0.7 * HOUSEHOLD_STEPS
    assert replay(run) == STEPS


def test_a_run_that_was_stopped_goes_on(run: Path, tmp_path: Path) -> None:
    settings = {"attention": "on_change"}
    model = EconModel("pizza_place", seed=5, steps=STEPS, set=settings, store=tmp_path / "run")
    for _ in range(AT):
        model.step()
    assert model.store is not None
    model.store.close("stopped")
    assert fingerprint(go_on(*resume(tmp_path / "run"))) == fingerprint(run)


@pytest.mark.parametrize("mode", ["every_step", "on_change"])
def test_a_fork_may_ask_otherwise(mode: str, run: Path, tmp_path: Path) -> None:
    folder = go_on(*fork(run, AT, {"attention": mode}, tmp_path / "fork"))
    assert content(folder, end=AT) == content(run, end=AT)
    later = [step for step, _, kind, *_ in rows(folder, "decisions") if kind == "Household"]
    everybody = mode == "every_step"
    assert (later.count(AT + 1) == 30) is everybody
    assert replay(folder) == STEPS


def test_who_was_asked_is_checked(run: Path, tmp_path: Path) -> None:
    folder = go_on(*fork(run, AT, {}, tmp_path / "fork"))
    with closing(sqlite3.connect(folder / DATABASE)) as database, database:
        database.execute(
            "DELETE FROM decisions WHERE rowid = (SELECT max(rowid) FROM decisions "
            "WHERE kind = 'Household' AND step = ?)",
            (AT,),
        )
    with pytest.raises(EconSimError):
        replay(folder)
