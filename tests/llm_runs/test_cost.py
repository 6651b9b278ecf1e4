"""What a run will cost, what it has cost, and what the result says of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from llm_town import answered, econsim, run_small
from one_answer import answering
from recorded import rows

from econsim_mesa.llm.messages import REPAIR, SUMMARY
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.costs import need_of
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.summary import summarize
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.records import REPAIR_CALL

PRICES = {"mock": {"input": 0.15, "cached": 0.075, "output": 0.6}}


def test_an_estimate_holds_what_is_used_then_summaries_too(made_run: Path) -> None:
    run = load_run(made_run)
    need = need_of(EconModel(run.scenario, seed=1))
    used = summarize(run).calls
    assert used is not None
    calls = rows(made_run, "calls")
    kinds = [row[2] for row in calls]
    assert kinds.count(SUMMARY) == 18  # three times six households
    assert used.repair_turns == kinds.count(REPAIR) == kinds.count(REPAIR_CALL) > 0
    assert used.calls - used.repair_turns == need.calls  # nobody slept
    per_call = used.input_tokens / used.attempts * need.calls
    assert need.input_tokens.low <= per_call <= need.input_tokens.high


def test_the_result_says_what_was_paid(tmp_path: Path) -> None:
    with MockServer() as server:
        told = run_small(server.base_url, tmp_path / "run", "--steps", 2, llm__prices=PRICES)
    [line] = [line for line in told.out.splitlines() if line.startswith("cost")]
    paid = sum(
        (row[11] - row[13]) * 0.15 + row[13] * 0.075 + row[12] * 0.6
        for row in rows(tmp_path / "run", "calls")
    )
    assert line.split()[1] == f"${paid / 1e6:.4f}"


def test_a_fork_tells_what_it_paid_apart_from_its_past(tmp_path: Path) -> None:
    with MockServer() as server:
        run_small(server.base_url, tmp_path / "run", "--steps", 4, llm__prices=PRICES)
        words = ("fork", tmp_path / "run", "--at", 3, "--set", "stress.mode=off")
        told = econsim(*words, "--base-url", server.base_url, "--out", tmp_path / "fork")
        as_json = econsim(
            *words, "--base-url", server.base_url, "--out", tmp_path / "other", "--json"
        )
    lines = {line.split()[0]: line for line in told.out.splitlines() if line.strip()}
    calls = rows(tmp_path / "fork", "calls")
    past = sum(row[0] < 3 for row in calls)
    assert lines["past"].split()[1] == str(past)
    assert lines["calls"].split()[1] == str(len(calls) - past)
    paid = sum(
        (row[11] - row[13]) * 0.15 + row[13] * 0.075 + row[12] * 0.6 for row in calls if row[0] >= 3
    )
    assert lines["cost"].split()[1] == f"${paid / 1e6:.4f}"
    result = json.loads(as_json.out)
    assert result["calls"]["calls"] == len(calls)
    assert result["own_calls"]["calls"] == len(calls) - past


def test_the_cost_of_what_is_not_known_is_an_interval(tmp_path: Path) -> None:
    with MockServer(faults={"malformed": 0.3}) as server:
        told = run_small(
            server.base_url, tmp_path / "run", "--json", "--steps", 2, llm__prices=PRICES
        )
    cost = json.loads(told.out)["cost"]
    assert 0 < cost["low"] < cost["high"]


def test_a_spent_cap_says_what_to_give_more_of(tmp_path: Path) -> None:
    with MockServer() as server:
        told = run_small(server.base_url, tmp_path / "run", "--max-calls", 8)
    assert told.code == 3
    assert "--max-calls" in told.err
    assert len(answered(tmp_path / "run")) == 8


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_refused_key_stops_whole_and_says_so(tmp_path: Path, client: str) -> None:
    refusal = json.dumps({"error": {"message": "Incorrect API key provided"}}).encode()
    with answering(401, refusal) as url:
        told = run_small(f"{url}/v1", tmp_path / "run", client=client, llm__on_failure="idle")
    assert told.code == 3
    assert "refuses all calls: HTTP 401: Incorrect API key provided" in told.err
    assert "is the key in the environment the right one" in told.err
    assert "econsim resume" in told.err


@pytest.mark.parametrize("most", [50, 800, 16_000])
def test_an_estimate_holds_for_a_model_that_fills_its_replies(most: int) -> None:
    changes = {"llm.model": "mock", "llm.prices": PRICES, "llm.max_output_tokens": most}
    town = EconModel("pizza_place", seed=1, steps=2, decider="llm", households=4, set=changes)
    need = need_of(town)
    assert need.output_tokens.high == need.calls * most
    assert need.output_tokens.low <= need.output_tokens.high
    assert need.cost is not None
    assert need.cost.high >= need.calls * most * 0.6 / 1e6
    assert "each reply fills llm.max_output_tokens" in dict(need.rows())["output tokens"]
