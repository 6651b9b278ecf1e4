"""One call before a run says whether the model answers, how long it takes, and what a run costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, asking, econsim, words_of
from recorded import keep, rows

from econsim_mesa.mock import Latency, MockServer
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.model import EconModel

STEPS = 3
PRICES = {"mock": {"input": 0.15, "output": 0.6}}


def dry_run(url: str, *more: object, **changes: Any) -> Any:
    settings = {"agents__Household__count": HOUSEHOLDS, "llm__prices": PRICES, **changes}
    return econsim(
        "run", "pizza_place", "--decider", "llm", "--base-url", url, "--model", "mock",
        "--steps", STEPS, "--dry-run", *words_of(**settings), *more,
    )  # fmt: skip


@pytest.mark.parametrize(("reasoning", "seed"), [(0, 1), (400, 2), (2000, 1), (2000, 2), (2000, 3)])
def test_the_interval_holds(reasoning: int, seed: int, tmp_path: Path) -> None:
    with MockServer(reasoning=reasoning) as server:
        told = dry_run(server.base_url, "--probe", "--json", llm__client="direct")
        assert told.code == 0, told
        assert not (tmp_path / "runs").exists()
        need = json.loads(told.out)
        settings = {"agents.Household.count": HOUSEHOLDS, "llm.prices": PRICES, "steps": STEPS}
        asking = {"decider": "llm", "llm.model": "mock", "llm.base_url": server.base_url}
        scenario = load_scenario("pizza_place", set={**settings, **asking, "llm.client": "direct"})
        folder = keep(EconModel(scenario, seed=seed), tmp_path / "run")
    calls = rows(folder, "calls")  # with those that were cut
    used = {"input_tokens": sum(row[11] for row in calls)}
    used["output_tokens"] = sum(row[12] for row in calls)
    for name, tokens in used.items():
        assert need[name]["low"] <= tokens <= need[name]["high"], name
    cost = used["input_tokens"] * 0.15e-6 + used["output_tokens"] * 0.6e-6
    assert need["cost"]["low"] <= cost <= need["cost"]["high"]
    assert need["probe"]["outcome"] == "accepted"


def test_it_says_time_tokens_and_price_in_words() -> None:
    with MockServer(latency=Latency(mean=0.05)) as server:
        told = dry_run(server.base_url, "--probe", llm__max_concurrency=4)
        assert server.stats()["requests"] == 1
    lines = {line[:15].strip(): line[15:] for line in told.out.splitlines()}
    assert lines["asked once"].startswith("H0: accepted, after ")
    assert " tokens in, " in lines["asked once"]
    assert "$0.0" in lines["asked once"]
    assert "if all calls of a step are answered at once" in lines["time"]


def test_it_asks_what_the_first_call_of_a_run_asks(tmp_path: Path) -> None:
    with MockServer() as server:
        told = dry_run(server.base_url, "--probe", "--json", llm__client="direct")
        scenario = asking(server.base_url, steps=1)
        folder = keep(EconModel(scenario, seed=scenario.seed), tmp_path / "run")
    first = next(row for row in rows(folder, "calls") if row[1] == "H0")
    assert json.loads(told.out)["probe"]["input_tokens"] == first[11]


def test_who_has_posts_written_has_one_written() -> None:
    writer = ("--decider", "utility_llm_words", "--steps", 24)
    with MockServer() as server:
        told = dry_run(server.base_url, *writer, "--probe", "--json")
        assert told.code == 0, told
        assert server.stats()["requests"] == 1
    need = json.loads(told.out)
    assert need["probe"]["outcome"] == "accepted"
    assert need["posts"] == need["calls"]
    assert need["seconds"]["low"] < need["seconds"]["high"]


def test_where_nobody_posts_there_is_nothing_to_ask() -> None:
    with MockServer() as server:
        told = dry_run(server.base_url, "--decider", "utility_llm_words", "--probe", "--steps", 1)
    assert told.code == 2, told
    assert "nobody posts" in told.err


def test_without_an_answer_it_says_what_to_do() -> None:
    with MockServer(faults={"503": 1.0}) as server:
        told = dry_run(server.base_url, "--probe", llm__max_attempts=1)
    assert told.code == 3
    assert "HTTP 503" in told.err


def test_it_belongs_to_a_dry_run() -> None:
    told = econsim("run", "pizza_place", "--probe")
    assert told.code != 0
    assert "--dry-run" in told.err


def test_without_it_nobody_is_asked_and_reasoning_is_told_apart() -> None:
    with MockServer() as server:
        told = dry_run(server.base_url)
        assert server.stats()["requests"] == 0
    assert "if the model reasons, up to" in told.out
