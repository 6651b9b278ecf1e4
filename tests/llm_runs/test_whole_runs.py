"""Whole runs by language models: to the table, and the same whatever the timing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, STEPS, answered, asking, econsim, outcomes, run_small
from recorded import BUNDLE, content, keep, rows

from econsim_mesa.mock import Latency, MockServer
from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.society.model import EconModel

pytestmark = pytest.mark.soak  # whole runs by both clients

HEAVY = Latency("heavy", 0.02, 1.5)


def test_the_case_study_runs_to_its_table(tmp_path: Path) -> None:
    with MockServer() as server:
        told = econsim(
            "run", "pizza_place", "--decider", "llm", "--base-url", server.base_url,
            "--model", "mock", "--steps", 12, "--out", tmp_path / "run",
        )  # fmt: skip
    assert told.code == 0, told.err
    assert "decided by the language model" in told.out
    assert "calls   360 calls (0 repair turns)" in told.out
    assert "19 Dec" in told.out
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["decisions"] == {"llm": {"accepted": 360}}
    assert summary["calls"]["statuses"] == {"ok": 360}
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == BUNDLE | {"given.json", "prompts", "prompt-sample.txt"}


def test_neither_timing_nor_client_nor_concurrency_is_in_the_records(tmp_path: Path) -> None:
    prints = {}
    for client in ("direct", "langchain"):
        for slots, latency in ((1, Latency()), (32, Latency()), (32, HEAVY), (5, HEAVY)):
            folder = tmp_path / f"{client}-{slots}-{latency.form}"
            with MockServer(latency=latency, window=0.002) as server:
                town = asking(server.base_url, client)
                told = econsim(
                    "run", written(town, tmp_path / "town.json"), "--out", folder,
                    "--max-concurrency", slots,
                )  # fmt: skip
                assert told.code == 0, told.err
                assert server.stats()["requests"] == HOUSEHOLDS * STEPS
                assert (server.stats()["most_in_flight"] == 1) == (slots == 1)
            prints[folder.name] = fingerprint(folder)
    assert len(set(prints.values())) == 1, prints


def written(town: Any, path: Path) -> Path:
    path.write_text(town.model_dump_json())
    return path


def test_without_a_model_or_prices_it_is_bad_input(tmp_path: Path) -> None:
    no_model = econsim("run", "pizza_place", "--decider", "llm", "--out", tmp_path / "a")
    assert no_model.code == 2
    assert "llm.model" in no_model.err
    no_price = run_small("http://127.0.0.1:9/v1", tmp_path / "b", "--max-cost", "2")
    assert no_price.code == 2
    assert "llm.prices" in no_price.err


def test_mixed_households_and_stores_share_one_batch(tmp_path: Path) -> None:
    town = {
        "agents__Household__mixed": {"utility": 2, "idle": 1},
        "agents__Restaurant": {
            "Pizza Place": {
                "at": [2, 2],
                "sells": {"Pizza": {"stock": 50}, "Soda": {"stock": 50}},
                "acceptance": "decide",
                "decider": "llm",
            }
        },
    }
    with MockServer(latency=Latency(mean=0.05)) as server:
        folder = keep(EconModel(asking(server.base_url, **town), seed=4), tmp_path / "run")
        stats = server.stats()
    assert stats["requests"] == STEPS * (HOUSEHOLDS - 3 + 1)
    assert stats["most_in_flight"] == HOUSEHOLDS - 3 + 1  # one batch for both kinds
    assert stats["batches"] <= 2 * STEPS
    found = load_run(folder).decisions
    kinds = found.groupby(["kind", "decider"]).size().to_dict()
    assert kinds == {
        ("Household", "idle"): STEPS,
        ("Household", "llm"): 3 * STEPS,
        ("Household", "utility"): 2 * STEPS,
        ("Restaurant", "llm"): STEPS,
        ("Retailer", "utility"): STEPS,
    }
    assert set(found.outcome) == {"accepted"}
    asked = {row[1] for row in answered(folder)}
    assert asked == {"H3", "H4", "H5", "Pizza Place"}
    assert replay(folder) == STEPS


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_summaries_are_inputs_and_a_replay_takes_them_from_there(
    client: str, tmp_path: Path
) -> None:
    with MockServer() as server:
        town = asking(server.base_url, client, llm__summaries={"every": 4})
        folder = keep(EconModel(town, seed=4), tmp_path / "run")
        plain = keep(EconModel(asking(server.base_url, client), seed=4), tmp_path / "plain")
    written = rows(folder, "inputs")
    assert [(step, kind) for step, kind, _ in written] == [
        (step, "summary") for step in (4, 8) for _ in range(HOUSEHOLDS)
    ]
    for number, (_, _, text) in enumerate(written):
        told = json.loads(text)
        assert told["agent"] == f"H{number % HOUSEHOLDS}"
        assert told["text"]
    asked = [row for row in rows(folder, "calls") if row[2] == 2]
    assert len(asked) == 2 * HOUSEHOLDS
    assert {row[4] for row in asked} == {"ok"}
    assert content(folder, end=4) == content(plain, end=4)
    prompts = {row[:3]: row[5] for row in rows(folder, "calls")}
    first = json.loads(written[0][2])["text"]
    assert json.dumps(first, ensure_ascii=False)[1:30] in prompts[5, "H0", 0]
    assert replay(folder) == STEPS
    assert outcomes(folder) == {"accepted": HOUSEHOLDS * STEPS}


@pytest.mark.parametrize(
    "wording",
    [{"template": "brief"}, {"template": "formal"}, {"template": "story"},
     {"listing": "reversed"}, {"traits": "sentences"}],
    ids=lambda wording: "-".join(wording.values()),
)  # fmt: skip
def test_every_wording_is_understood_and_kept_with_the_run(
    wording: dict[str, str], tmp_path: Path
) -> None:
    settings = {f"llm__{name}": value for name, value in wording.items()}
    with MockServer() as server:
        town = asking(
            server.base_url, steps=5, agents__Household__persona={"traits": ["thrift"]}, **settings
        )
        folder = keep(EconModel(town, seed=1), tmp_path / "run")
    assert outcomes(folder) == {"accepted": HOUSEHOLDS * 5}
    assert load_run(folder).meta["prompt_template"] == wording.get("template", "default")
    assert all(one.proven for one in prompt_at(folder, "H1", 4).exchanges)
    assert replay(folder) == 5
