"""Slow, busy and limited servers: with default settings a run ends whole, and nothing is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, answered, asking, econsim, run_small
from recorded import keep, rows

from econsim_mesa.llm import patience
from econsim_mesa.mock import Latency, MockServer, capacity
from econsim_mesa.society.model import EconModel

STEPS = 2
SERVERS: dict[str, dict[str, Any]] = {
    "one slot": {"tokens_per_second": 1500, "slots": 1},
    "four slots": {"tokens_per_second": 500, "slots": 4},
    "slower and slower": {"tokens_per_second": 3000, "slots": 1, "slowing": 0.9},
    "limited": {"per_minute": 4},
    "one slot, reasons": {
        "tokens_per_second": 5000,
        "slots": 1,
        "reasoning": 1000,
    },
}


@pytest.mark.parametrize("client", ["direct", "langchain"])
@pytest.mark.parametrize("server", SERVERS)
def test_a_run_ends_whole_and_nothing_is_asked_twice_at_once(
    server: str, client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "MINUTE", 1.0)
    # As if a minute were a tenth of a second: the server is slow by that measure.
    monkeypatch.setattr(patience, "LEAST", 0.1)
    with MockServer(**SERVERS[server]) as mock:
        model = EconModel(asking(mock.base_url, client, steps=STEPS), seed=1)
        folder = keep(model, tmp_path / "run")
        stats = mock.stats()
    assert len(answered(folder)) == HOUSEHOLDS * STEPS
    assert len(rows(folder, "calls")) == stats["answered"]  # with replies that were cut
    assert stats["repeated"] == 0
    faults = {kind for row in rows(folder, "calls") for kind in row[10].split(",") if kind}
    assert faults <= {"http_429"}


def test_a_time_that_a_user_allows_holds_and_the_line_names_the_setting(tmp_path: Path) -> None:
    settings = {"llm__timeout_seconds": 0.1, "llm__max_attempts": 1}
    with MockServer(latency=Latency(mean=0.3)) as server:
        told = run_small(server.base_url, tmp_path / "run", **settings)
        assert told.code == 3, told
        assert "--set llm.timeout_seconds=null" in told.err
        again = econsim("resume", tmp_path / "run", "--set", "llm.timeout_seconds=null")
    assert again.code == 0, again


def test_a_deadline_that_a_user_sets_holds_and_the_line_names_it(tmp_path: Path) -> None:
    with MockServer(latency=Latency(mean=0.5)) as server:
        told = run_small(server.base_url, tmp_path / "run", llm__deadline_seconds=0.1)
        assert told.code == 3, told
        assert "--set llm.deadline_seconds=null" in told.err
