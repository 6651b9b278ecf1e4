"""One call before a run says whether the model answers, how long it takes, and what a run costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, asking, econsim, words_of
from recorded import keep, rows
from studies import write

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
    assert "if llm.max_concurrency calls are answered at once" in lines["time"]


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


@pytest.mark.parametrize("command", ["run", "experiment"])
def test_it_belongs_to_a_dry_run(command: str) -> None:
    told = econsim(command, "pizza_place", "--probe")
    assert told.code != 0
    assert "--dry-run" in told.err


def dry_experiment(url: str, folder: Path, *more: object, **changes: Any) -> Any:
    town = {"decider": "llm", "llm.prices": PRICES, "steps": STEPS}
    path = write(folder, **{"set": town, "contrasts": [], "hypotheses": [], **changes})
    words = ("--base-url", url, "--model", "mock") if "factors" not in changes else ()
    return econsim("experiment", path, "--base-url", url, *words, "--dry-run", *more)


def test_an_experiment_asks_once_for_the_whole_plan(tmp_path: Path) -> None:
    with MockServer(latency=Latency(mean=0.05)) as server:
        told = dry_experiment(server.base_url, tmp_path, "--probe")
        assert told.code == 0, told
        assert server.stats()["requests"] == 1
        again = dry_experiment(server.base_url, tmp_path, "--probe", "--json")
        settings = words_of(decider="llm", llm__prices=PRICES, steps=STEPS)
        server_words = ("--base-url", server.base_url, "--model", "mock")
        town = tmp_path / "village.json"
        one = econsim("run", town, *server_words, *settings, "--dry-run", "--probe", "--json")
    lines = {line[:24].strip(): line[24:] for line in told.out.splitlines()}
    assert ": accepted, after " in lines["asked once"]
    assert "calls are answered at once" in lines["time"]
    assert lines["cost"].startswith("$0.")
    need, single = json.loads(again.out), json.loads(one.out)
    assert len(need["probes"]) == 1
    assert need["calls"] == need["runs"] * single["calls"] > 0
    assert 0 < need["seconds"]["low"] < need["seconds"]["high"]
    assert not (tmp_path / "runs").exists()


def test_an_experiment_asks_each_of_its_models_once(tmp_path: Path) -> None:
    with MockServer() as server:
        models = {"llm.model": ["a", "b"], "stress.mode": ["on", "off"]}
        told = dry_experiment(server.base_url, tmp_path, "--probe", "--json", factors=models)
        assert told.code == 0, told
        assert server.stats()["requests"] == 2
    assert len(json.loads(told.out)["probes"]) == 2


def test_an_experiment_that_asks_nobody_has_no_probe() -> None:
    told = econsim("experiment", "pizza_place", "--dry-run", "--probe")
    assert told.code == 2
    assert "no run of this experiment asks a language model" in told.err


@pytest.mark.parametrize("probe", [(), ("--probe",)])
def test_where_few_are_asked_all_figures_are_the_most_there_can_be(
    probe: tuple[str, ...], tmp_path: Path
) -> None:
    with MockServer() as server:
        run = dry_run(server.base_url, *probe, attention="on_change")
        town = {"decider": "llm", "steps": STEPS, "attention": "on_change"}
        plan = dry_experiment(server.base_url, tmp_path, *probe, set=town)
    for told, width in ((run, 15), (plan, 24)):
        lines = {line[:width].strip(): line[width:] for line in told.out.splitlines()}
        figures = ["calls", "input tokens", "output tokens", *(["time"] if probe else [])]
        assert all(lines[name].startswith("at most ") for name in figures), lines
        assert "fewer where nothing is new" in lines["calls"]


def test_without_it_nobody_is_asked_and_reasoning_is_told_apart() -> None:
    with MockServer() as server:
        told = dry_run(server.base_url)
        assert server.stats()["requests"] == 0
    assert "if the model reasons, up to" in told.out


@pytest.mark.parametrize(
    ("script", "settings", "words"),
    [
        (["500"] * 9, {"llm__max_attempts": 1}, "HTTP 500"),
        ([], {"llm__max_calls": 0}, "--max-calls"),
    ],
)
def test_where_no_answer_comes_it_says_why_whatever_runs_do_then(
    script: list[str], settings: dict[str, object], words: str
) -> None:
    with MockServer(script=script) as server:
        told = dry_run(server.base_url, "--probe", llm__on_failure="idle", **settings)
    assert told.code == 3, told
    assert words in told.err
