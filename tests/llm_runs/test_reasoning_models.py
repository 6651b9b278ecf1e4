"""Models that reason, and refuse what others take: each run ends in decisions, or in what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, econsim, outcomes, run_small
from recorded import rows

from econsim_mesa.mock import MockServer
from econsim_mesa.runs.reader import load_run

CLIENTS = ("direct", "langchain")
STEPS = 2
MODELS: dict[str, dict[str, Any]] = {
    "reasons in a field": {"reasoning": 200},
    "reasons in the text": {"reasoning": 200, "reasoning_in": "text"},
    "answers in the field": {"reasoning": 200, "reasoning_in": "both"},
    "reasons for long": {"reasoning": 2000},
    "reasons for long in the text": {"reasoning": 2000, "reasoning_in": "text"},
    "reasons for long in one field": {"reasoning": 2000, "reasoning_in": "both"},
    "refuses most": {"refuse": ["temperature", "seed", "reasoning_effort", "system"]},
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("model", MODELS)
def test_with_default_settings_households_decide(model: str, client: str, tmp_path: Path) -> None:
    with MockServer(**MODELS[model]) as server:
        told = run_small(
            server.base_url, tmp_path / "run", "--steps", STEPS, client=client,
            llm__reasoning_effort="medium",
        )  # fmt: skip
    assert told.code == 0, told
    ends = outcomes(tmp_path / "run")
    assert set(ends) <= {"accepted", "repaired"}
    assert sum(ends.values()) == HOUSEHOLDS * STEPS
    cut = [row for row in rows(tmp_path / "run", "calls") if row[4] == "truncated"]
    assert len(cut) <= HOUSEHOLDS  # those of the first step alone


def test_what_a_model_refuses_is_told_and_on_record(tmp_path: Path) -> None:
    with MockServer(refuse=["temperature", "seed"]) as server:
        told = run_small(server.base_url, tmp_path / "run", "--steps", 1)
    assert told.code == 0, told
    assert "seed, temperature: the model refuses it" in told.out
    assert load_run(tmp_path / "run").meta["left_out@0"] == "seed, temperature"
    assert econsim("verify", tmp_path / "run").code == 0


@pytest.mark.parametrize("client", CLIENTS)
def test_a_model_that_reasons_without_end_stops_the_run_and_the_line_works(
    client: str, tmp_path: Path
) -> None:
    with MockServer(reasoning=3000) as server:
        told = run_small(
            server.base_url, tmp_path / "run", "--steps", 1, client=client,
            llm__max_reasoning_tokens=1000,
        )  # fmt: skip
        assert told.code == 3, told
        assert "the model reasoned for all 1800 tokens" in told.err
        setting = "llm.max_reasoning_tokens=4000"
        assert f"--set {setting}" in told.err
        done = econsim("resume", tmp_path / "run", "--set", setting)
    assert done.code == 0, done
    assert set(outcomes(tmp_path / "run")) == {"accepted"}
