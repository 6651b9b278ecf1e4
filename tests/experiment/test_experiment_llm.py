"""Runs that call a model share slots and budget, and go on where a limit stopped them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from studies import study

from econsim_mesa import EconModel
from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.jobs import Job, open_run
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.run import ExperimentReport, run_experiment
from econsim_mesa.experiment.runner import ExperimentProgress
from econsim_mesa.experiment.tables import tables
from econsim_mesa.llm import loop
from econsim_mesa.mock import MockServer
from econsim_mesa.mock.latency import Latency
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.runs.recorder import Recorder

pytestmark = pytest.mark.soak  # studies of a language model

STEPS, HOUSEHOLDS, RUNS = 5, 4, 4
DAYS = {"clock.start": "2026-01-05T09:00", "clock.active": ["09:00", "21:00"]}
"""Nights are skipped, so that nobody sleeps and all are asked."""
CALLS = STEPS * HOUSEHOLDS * RUNS


@pytest.fixture(autouse=True)
def _no_loop_left() -> Iterator[None]:
    yield
    loop.stop()


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(window=0.0) as running:
        yield running


def asking(folder: Path, **settings: Any) -> Design:
    llm = {"llm.model": "mock", "llm.client": "direct", "llm.max_concurrency": 3}
    town = {"decider": "llm", "steps": STEPS, **DAYS, **llm, **settings}
    factors = {"stress.mode": ["on", "off"]}
    return study(folder, set=town, factors=factors, contrasts=[], hypotheses=[])


def make(design: Design, out: Path, server: MockServer, **more: Any) -> ExperimentReport:
    operations = {"base_url": server.base_url, **more.pop("operations", {})}
    return run_experiment(design, out, operations=operations, **more)


def calls_of(out: Path) -> int:
    return sum(len(load_run(run).calls) for run in (out / "runs").iterdir())


def test_all_runs_share_the_slots(tmp_path: Path, server: MockServer) -> None:
    seen: list[ExperimentProgress] = []
    report = make(asking(tmp_path), tmp_path / "out", server, watch=seen.append)
    assert not report.unfinished
    assert calls_of(tmp_path / "out") == CALLS
    assert 1 < server.stats()["most_in_flight"] <= 3
    assert f"{CALLS} calls, 0 in flight" in seen[-1].calls


def test_the_first_calls_before_all_are_built(
    tmp_path: Path, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside: list[Job] = []
    most, asked = 0, []

    def slowly(job: Job) -> tuple[EconModel, Recorder] | None:
        nonlocal most
        inside.append(job)
        most = max(most, len(inside))
        time.sleep(0.2)
        asked.append(server.stats()["requests"])
        inside.remove(job)
        return open_run(job)

    monkeypatch.setattr("econsim_mesa.experiment.jobs.open_run", slowly)
    assert not make(asking(tmp_path), tmp_path / "out", server).unfinished
    assert most == 1
    assert asked[0] == 0 < asked[2]  # of three slots, and so three runs at once


def test_a_stop_begins_no_further_run(
    tmp_path: Path, server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def slowly(job: Job) -> tuple[EconModel, Recorder] | None:
        begun.append(job.run)
        while not stopped.is_set():
            time.sleep(0.01)
        return open_run(job)

    def asked() -> bool:
        if begun:
            stopped.set()
        return stopped.is_set()

    stopped = threading.Event()
    monkeypatch.setattr("econsim_mesa.experiment.jobs.open_run", slowly)
    report = make(asking(tmp_path), tmp_path / "out", server, stop=asked)
    assert report.interrupted
    assert len(begun) == 1
    monkeypatch.undo()
    assert not make(asking(tmp_path), tmp_path / "out", server).unfinished


def test_one_budget_for_all_and_on_with_a_larger_one(tmp_path: Path, server: MockServer) -> None:
    design, out = asking(tmp_path), tmp_path / "out"
    first = make(design, out, server, operations={"max_calls": 30})
    assert {status for _, status, _ in first.unfinished} == {"incomplete"}
    assert all("a limit on calls" in message for _, _, message in first.unfinished)
    assert server.stats()["requests"] <= 30
    again = make(design, out, server, operations={"max_calls": 30})
    assert server.stats()["requests"] <= 30
    assert len(again.unfinished) == len(first.unfinished)
    last = make(design, out, server)
    assert not last.unfinished
    assert server.stats()["requests"] == CALLS  # no reply was paid twice
    other = make(design, tmp_path / "other", server)
    assert tables(design, last.measured) == tables(design, other.measured)


def test_the_same_whatever_the_slots(tmp_path: Path, server: MockServer) -> None:
    design = asking(tmp_path)
    for name, slots in (("one", 1), ("many", 64)):
        report = make(design, tmp_path / name, server, operations={"max_concurrency": slots})
        assert not report.unfinished
    for run in (tmp_path / "one" / "runs").iterdir():
        assert fingerprint(run) == fingerprint(tmp_path / "many" / "runs" / run.name)


def test_a_stop_cancels_calls(tmp_path: Path) -> None:
    seen: list[ExperimentProgress] = []
    with MockServer(window=0.0, latency=Latency(mean=0.3)) as slow:
        open_run = time.monotonic()
        report = make(
            asking(tmp_path, steps=200),
            tmp_path / "out",
            slow,
            watch=seen.append,
            stop=lambda: time.monotonic() > open_run + 1.5,
        )
        assert time.monotonic() < open_run + 15
    assert report.interrupted
    statuses = {load_run(run).meta["status"] for run in (tmp_path / "out" / "runs").iterdir()}
    assert statuses == {"interrupted"}
    assert [status for _, status, _ in report.unfinished].count("waiting") == 1  # three slots


def test_a_model_must_be_chosen(tmp_path: Path, server: MockServer) -> None:
    with pytest.raises(BadInput, match=r"set llm\.model"):
        make(asking(tmp_path, **{"llm.model": None}), tmp_path / "out", server)
