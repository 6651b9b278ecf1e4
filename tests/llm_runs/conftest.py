"""Waiting after a fault takes milliseconds in these tests; every run has the canary as its key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from llm_town import CANARY, asking
from recorded import keep

from econsim_mesa.llm import Backoff, Gateways, loop
from econsim_mesa.mock import MockServer
from econsim_mesa.society.model import EconModel


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    with Gateways(backoff=Backoff(first_seconds=0.005, longest_seconds=0.05)).entered():
        yield


@pytest.fixture(autouse=True)
def _no_loop_left() -> Iterator[None]:
    yield
    loop.stop()


@pytest.fixture(scope="session")
def made_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a run of the small town: summaries every third step, one reply in eight is mended."""
    with MockServer(faults={"wrong_schema": 0.12}) as server:
        town = asking(server.base_url, llm__summaries={"every": 3}, llm__on_failure="idle")
        return keep(EconModel(town, seed=1), tmp_path_factory.mktemp("made") / "run")
