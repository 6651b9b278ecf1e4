"""A run that was recorded before its tables had all of today's columns is read, and goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recorded import go_on, keep
from towns import Script, make, village

from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.social.actions import Follow
from econsim_mesa.domains.tables import LATER, TABLES, columns
from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.evidence.ledger_check import check_ledger
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.runs.step_reader import steps_of
from econsim_mesa.runs.store import SqliteStore
from econsim_mesa.society.records import Call, StepRecords

OLD = Call(0, "H0", 0, "k", "ok", "p", "{}", "m", 0.1, 1, "", 9, 9, None, "h:1", "r", "s")
NEW = OLD._replace(agent="H1", characters=900, cost=0.002)


def before(last: str) -> Callable[..., dict[str, Any]]:
    """Return the columns as they were when the calls ended with one of today's."""

    def made(table: str, *stressors: Any) -> dict[str, Any]:
        shape = columns(table, *stressors)
        names = list(shape)
        end = names.index(last) + 1 if table == "calls" else None
        return {name: shape[name] for name in names[:end]}

    return made


def test_what_was_added_later_may_be_missing(
    make_store: Callable[..., SqliteStore],
    fill: Callable[[int], StepRecords],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as then:
        then.setattr("econsim_mesa.runs.store.columns", before("server"))
        with make_store() as store:
            store.keep(OLD)
            store.commit(fill(0))
    assert [Call(*row) for row in load_run("run").rows("calls")] == [OLD]
    with SqliteStore.reopen(load_run("run").folder) as store:
        store.keep(NEW)
        store.commit(fill(1))
    run = load_run("run")
    assert [Call(*row)[:17] for row in run.rows("calls")] == [OLD[:17], NEW[:17]]
    assert list(run.calls.columns)[-1] == "server"


def test_what_was_always_there_may_not(
    make_store: Callable[..., SqliteStore],
    fill: Callable[[int], StepRecords],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as then:
        then.setattr("econsim_mesa.runs.store.columns", before("cached_tokens"))
        with make_store() as store:
            store.commit(fill(0))
    with pytest.raises(BadInput, match="its table calls has the columns"):
        load_run("run")


OF_LATER = {"rejections": "cause", "orders": "decided", "calls": "revision"}
"""Table -> the first column that runs did not have before orders could be meant for elsewhere."""
OF_THEN = [name for name in TABLES if name not in LATER]
"""Tables of a run before payments and who was shown what were recorded."""


def as_then(table: str, *stressors: Any) -> dict[str, Any]:
    """Return the columns of tables before reasons had causes."""
    shape = columns(table, *stressors)
    names = list(shape)
    return {name: shape[name] for name in names[: names.index(OF_LATER[table])]} if (
        table in OF_LATER
    ) else shape  # fmt: skip


def test_a_run_made_before_there_were_intentions_is_replayed_and_goes_on_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts = (PlaceOrder("Cafe", "Pie", 1, 1), Eat("Pie", 1), Follow("H1"), Follow("H1"))
    data = village(market__intentions=False, decider="utility")
    data["agents"]["Household"]["mixed"] = {"idle": 1}
    model = make(data, decider=Script({0: {"H0": acts}, 3: {"H0": acts}}))
    with monkeypatch.context() as then:
        then.setattr("econsim_mesa.runs.store.columns", as_then)
        then.setattr("econsim_mesa.runs.store.TABLES", {name: TABLES[name] for name in OF_THEN})
        keep(model, tmp_path / "run", until=6)
    path = tmp_path / "run" / "scenario.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    del written["market"]["intentions"], written["market"]["intention_steps"]
    path.write_text(json.dumps(written), encoding="utf-8")
    assert load_run(tmp_path / "run").scenario.market.intentions is False
    assert replay(tmp_path / "run") == 6
    branch, recorder = fork(tmp_path / "run", 6, {"decider": "utility"}, tmp_path / "branch")
    assert branch.config.market.intentions is False
    assert replay(go_on(branch, recorder, until=9)) == 9
    resumed, recorder = resume(tmp_path / "run", {"decider": "utility"})
    assert load_run(go_on(resumed, recorder, until=9)).steps == 9
    older = load_run(tmp_path / "run")
    assert "cause" not in older.fields("rejections")
    assert not LATER & older.tables.keys()
    assert list(check_ledger(older)) == []
    assert not any(step[table] for step in steps_of(older) for table in LATER)
    with pytest.raises(UnknownName, match="shown"):
        _ = older.shown
    assert replay(tmp_path / "run") == 9
