"""A server with each of the 18 behaviours: the run ends or stops whole, and says what it met."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, STEPS, asking, econsim, outcomes, run_small
from witness import Witness

from econsim_mesa.mock import CHAOS, MockServer
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.summary import summarize
from econsim_mesa.society.model import EconModel

pytestmark = pytest.mark.soak  # whole runs against servers in chaos

KIND = {
    "429": "http_429",
    "429_retry_after": "http_429",
    "500": "http_500",
    "502": "http_502",
    "503": "http_503",
    "hang": "timeout",
    "drip": "timeout",
    "reset": "reset",
    "empty": "empty_body",
    "malformed": "bad_json",
    "html": "html",
    "huge": "too_large",
    "bad_utf8": "bad_utf8",
    "wrong_length": "cut",
}
"""Behaviour -> how the quality table calls a failed attempt; the others are sound envelopes."""
ENDLESS = ("hang", "drip")
WAITED_FOR = ("429", "429_retry_after")
"""Limits by the minute: not attempts run out, but time."""
FEW_STEPS = {"agents__Household__count": 30, "steps": 2}


def impatient(fault: str, **larger: int) -> dict[str, Any]:
    """Return settings that give up soon; what never ends is waited for in a short time."""
    patience = {"llm__max_attempts": 2, "llm__breaker": 10_000}
    if fault not in ENDLESS:
        return {"llm__timeout_seconds": 20.0, **patience}
    return {"llm__timeout_seconds": 0.8, **patience, **larger}


def failing(fault: str, chance: float = 0.6, **options: Any) -> MockServer:
    faults = {} if fault == "ok" else {fault: chance}
    quick = {"retry_after": 0.02, "drip": 0.01, "window": 0.001}
    return MockServer(faults=faults, **{**quick, **options})


def test_there_are_eighteen() -> None:
    assert len(CHAOS) == 18
    assert set(KIND) | {"ok", "truncated", "wrong_schema", "nan"} == set(CHAOS)


@pytest.mark.parametrize("policy", ["idle", "utility"])
@pytest.mark.parametrize("fault", CHAOS)
def test_the_run_ends_and_counts_what_it_met(fault: str, policy: str, tmp_path: Path) -> None:
    # what LangChain needs at its first call is longer than the patience with the endless
    client = "direct" if policy == "idle" or fault in ENDLESS else "langchain"
    with failing(fault) as server:
        patience = impatient(fault, **FEW_STEPS)
        town = asking(server.base_url, client, llm__on_failure=policy, **patience)
        steps = town.steps
        model = EconModel(town, seed=2)
        Recorder.begin(model, tmp_path / "run")
        witness = Witness(model)
        while model.running:
            witness.step()
        stats = server.stats()
    run = load_run(tmp_path / "run")
    assert run.meta["status"] == "finished"
    told = summarize(run)
    assert told.calls is not None
    assert sum(outcomes(run.folder).values()) == HOUSEHOLDS * STEPS
    assert told.calls.attempts == stats["requests"]
    played = stats["faults"].get(fault, 0)
    if fault == "ok":
        assert told.calls.faults == {}
        assert outcomes(run.folder) == {"accepted": 60}
        return
    assert played > 20
    if fault in KIND:
        assert told.calls.faults == {KIND[fault]: played}
        lost = sum(count for status, count in told.calls.statuses.items() if status != "ok")
        if fault in WAITED_FOR:
            assert lost == 0
            return
    else:
        assert told.calls.faults == {}
        cut = fault == "truncated"  # it would be cut again
        assert (told.calls.repair_turns == 0) if cut else (told.calls.repair_turns > 10)
        assert (told.calls.statuses.get("truncated", 0) == played) == cut
        lost = unusable(told.decisions)
        assert ("repaired" in outcomes(run.folder)) is not cut
    check_the_lost(told.decisions, lost, policy)
    for calls in run.select("SELECT actions FROM decisions WHERE outcome IN ('unparseable', "
                            "'timed_out', 'failed')"):  # fmt: skip
        assert calls == ("[]",)
    assert replay(run.folder) == steps


def unusable(decisions: dict[str, dict[str, int]]) -> int:
    return decisions["llm"].get("unparseable", 0) + decisions.get("utility", {}).get("fallback", 0)


def check_the_lost(decisions: dict[str, dict[str, int]], lost: int, policy: str) -> None:
    """What failed for good is marked, counted, and not called a decision of the model."""
    assert lost > 0
    found = Counter(
        {(who, outcome): n for who, row in decisions.items() for outcome, n in row.items()}
    )
    sound = found.pop(("llm", "accepted"), 0) + found.pop(("llm", "repaired"), 0)
    assert sound + lost == 60
    names = {("utility", "fallback")} if policy == "utility" else {
        ("llm", "unparseable"), ("llm", "timed_out"), ("llm", "failed")}  # fmt: skip
    assert set(found) <= names
    assert sum(found.values()) == lost


@pytest.mark.parametrize("fault", [one for one in CHAOS[1:] if one not in WAITED_FOR])
def test_by_default_the_run_stops_whole_and_goes_on_later(fault: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with failing(fault, 0.5) as server:
        told = run_small(server.base_url, folder, **impatient(fault))
        assert told.code == 3, told
    step = load_run(folder).steps
    assert step < STEPS
    assert f"stopped at step {step}: " in told.err
    assert f"go on with: econsim resume {folder}" in told.err
    assert "Traceback" not in told.err
    assert load_run(folder).meta["status"] == "interrupted"
    with MockServer() as server:
        done = econsim("resume", folder, "--base-url", server.base_url)
        assert done.code == 0, done
    assert set(outcomes(folder)) <= {"accepted", "repaired"}
    assert sum(outcomes(folder).values()) == HOUSEHOLDS * STEPS
    summary = json.loads((folder / "summary.json").read_text())
    if fault in KIND:
        assert summary["calls"]["faults"].keys() == {KIND[fault]}
    assert replay(folder) == STEPS
