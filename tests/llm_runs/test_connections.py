"""Connections last as long as the run, or the experiment that shares them, and no longer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from canary import files_with
from llm_town import CANARY, asking, econsim, run_small
from recorded import keep
from stranger import Listening

from econsim_mesa.llm import loop
from econsim_mesa.llm.budget import Account, Caps, Usage
from econsim_mesa.llm.pool import Pool
from econsim_mesa.llm.slots import LocalSlots
from econsim_mesa.mock import MockServer
from econsim_mesa.society.model import EconModel


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> list[aiohttp.ClientSession]:
    """All sessions that the code opens to a server."""
    opened: list[aiohttp.ClientSession] = []

    def noting(**options: Any) -> aiohttp.ClientSession:
        opened.append(real(**options))
        return opened[-1]

    real = aiohttp.ClientSession
    monkeypatch.setattr("econsim_mesa.llm.http_client.aiohttp.ClientSession", noting)
    return opened


def assert_closed(sessions: list[aiohttp.ClientSession], count: int) -> None:
    assert [one.closed for one in sessions] == [True] * count
    assert loop.open_transports() == 0  # nothing is kept of them


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_finished_run_has_closed_them(
    client: str, sessions: list[aiohttp.ClientSession], tmp_path: Path
) -> None:
    with MockServer() as server:
        for seed in (1, 2):
            keep(EconModel(asking(server.base_url, client, steps=3), seed=seed), Path(f"{seed}"))
        EconModel(asking(server.base_url, client, steps=2), seed=1).run_model()
    assert_closed(sessions, 3)


def test_a_run_that_stops_has_closed_them(sessions: list[aiohttp.ClientSession]) -> None:
    with MockServer() as server:
        assert run_small(server.base_url, Path("run"), "--max-calls", 20).code == 3
        assert_closed(sessions, 1)
        assert econsim("resume", "run", "--max-calls", 100).code == 0
    assert_closed(sessions, 2)


def test_who_decides_no_more_has_closed_them(sessions: list[aiohttp.ClientSession]) -> None:
    with MockServer() as server:
        model = EconModel(asking(server.base_url), seed=1)
        model.step()
        assert not sessions[0].closed
        model.reconfigure({"decider": "utility"})
        model.step()
    assert_closed(sessions, 1)


def test_at_exit_no_thread_is_started_to_close_them(sessions: list[aiohttp.ClientSession]) -> None:
    with MockServer() as server:
        model = EconModel(asking(server.base_url), seed=1)
        model.step()
        loop.stop()  # at exit it may come first, and no thread can be started any more
        model.release()
        assert not loop.is_running()
    assert_closed(sessions, 1)


def test_runs_of_a_pool_share_them_to_its_end(
    sessions: list[aiohttp.ClientSession], tmp_path: Path
) -> None:
    pool = Pool(LocalSlots(8), Account(Caps(), Usage()))
    with MockServer() as server, pool.entered():
        for seed in (1, 2):
            keep(EconModel(asking(server.base_url, steps=2), seed=seed), tmp_path / f"{seed}")
            assert [one.closed for one in sessions] == [False]
        pool.close()
        assert_closed(sessions, 1)
        keep(EconModel(asking(server.base_url, steps=2), seed=3), tmp_path / "3")
        pool.close()
    assert_closed(sessions, 2)


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_headers_of_the_environment_are_sent_and_not_recorded(
    client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECONSIM_LLM_HEADERS", json.dumps({"X-Team": CANARY}))
    with Listening("127.0.0.1") as server:
        told = run_small(server.url, tmp_path / "run", "--steps", 1, client=client)
    assert told.code == 0, told
    calls = [heard for heard in server.heard if "/chat/completions" in heard]
    assert calls
    assert all(f"X-Team: {CANARY}" in heard for heard in calls)
    assert files_with(CANARY, tmp_path) == []
