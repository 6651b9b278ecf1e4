"""A run that was recorded before its tables had all of today's columns is read, and goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from econsim_mesa.domains.tables import columns
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.reader import load_run
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
