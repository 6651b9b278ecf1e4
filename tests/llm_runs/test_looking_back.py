"""The whole prompt and the raw replies of any step of a run, word for word."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from llm_town import HOUSEHOLDS, STEPS, asking, econsim, small
from recorded import go_on, keep, rows

from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.mock import MockServer
from econsim_mesa.prompts import read_prompts, render
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.inspection import prompt_at, prompts_of, state_at
from econsim_mesa.runs.past import model_of, read_past, replaying
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.resume import resume
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests


def test_every_call_of_a_run_is_proven_to_be_what_was_sent(made_run: Path) -> None:
    calls = rows(made_run, "calls")
    kinds = {row[2] for row in calls}
    assert kinds == {0, 1, 2}  # decisions, repair turns, summaries
    found = 0
    for agent in range(HOUSEHOLDS):
        for step in range(STEPS):
            sent = prompt_at(made_run, f"H{agent}", step)
            assert sent.origin == "recorded"
            assert all(exchange.proven for exchange in sent.exchanges)
            found += len(sent.exchanges)
    assert found == len(calls)


def test_a_repair_turn_shows_the_reply_that_could_not_be_used(made_run: Path) -> None:
    step, agent = next(row[:2] for row in rows(made_run, "calls") if row[2] == 1)
    first, again = [one for one in prompt_at(made_run, agent, step).exchanges if one.call.call < 2]
    assert [message.role for message in again.messages] == ["system", "user", "assistant", "user"]
    assert again.messages[:2] == first.messages
    assert first.call.reply
    assert again.messages[2].content == first.call.reply
    assert again.messages[3].content.startswith("Your answer could not be used: ")


def test_what_was_recorded_is_what_is_rendered_when_the_past_is_lived_again(
    made_run: Path,
) -> None:
    for step in (0, 4, STEPS - 1):
        _, view = state_at(load_run(made_run), step)
        for request in Requests(view, range(HOUSEHOLDS)):
            sent = prompt_at(made_run, f"H{request.agent}", step)
            prompt = render(request)
            assert (prompt.system, prompt.user) == (sent.system, sent.user)


def test_all_prompts_of_a_run_are_those_of_each_step(made_run: Path) -> None:
    names = ["H2", "H0"]
    found = list(prompts_of(made_run, names))
    assert len(found) == STEPS
    for step, prompts in enumerate(found):
        assert prompts == tuple(prompt_at(made_run, name, step) for name in names)
    with pytest.raises(UnknownName, match="H99"):
        next(prompts_of(made_run, ["H99"]))


def test_a_look_changes_nothing_in_the_step_that_it_begins(made_run: Path) -> None:
    run = load_run(made_run)
    past = read_past(run)
    model = model_of(run, past)
    for step in replaying(model, run, past):  # compares each step with the records
        assert model.look() is model.look()
        assert model.town.t == step


def test_a_changed_prompt_is_not_proven(made_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(made_run, folder)
    path = folder / "prompts" / "system-household.txt"
    path.write_text(path.read_text().replace("small simulated town", "small real town"))
    sent = prompt_at(folder, "H1", 2)
    assert "small real town" in sent.system
    assert not sent.exchanges[0].proven
    with closing(sqlite3.connect(folder / "run.sqlite")) as connection, connection:
        connection.execute("UPDATE calls SET prompt = prompt || '!' WHERE step = 5")
    path.write_text((made_run / "prompts" / path.name).read_text())
    assert prompt_at(folder, "H1", 2).exchanges[0].proven
    assert not any(one.proven for one in prompt_at(folder, "H1", 5).exchanges)


def test_of_an_embedded_run_it_is_what_would_have_been_sent(tmp_path: Path) -> None:
    folder = keep(EconModel(small(), seed=1), tmp_path / "run")
    sent = prompt_at(folder, "H2", 6)
    assert (sent.origin, sent.kind, sent.exchanges) == ("relived", "Household", ())
    assert sent.user.startswith("[you] H2")
    assert "[now] Fri 19 Dec 2025 15:00" in sent.user
    with MockServer() as server:
        model, recorder = fork(
            folder, 6,
            {"decider": "llm", "llm.model": "mock", "llm.base_url": server.base_url, "steps": 7},
            tmp_path / "fork",
        )  # fmt: skip
        go_on(model, recorder)
    asked = prompt_at(tmp_path / "fork", "H2", 6)
    assert asked.origin == "recorded"
    assert asked.exchanges[0].proven
    assert (asked.system, asked.user) == (sent.system, sent.user)
    assert prompt_at(tmp_path / "fork", "H2", 5).origin == "relived"


def test_a_store_is_shown_its_own_prompt(made_run: Path) -> None:
    sent = prompt_at(made_run, "Pizza Place", 3)
    assert (sent.origin, sent.kind) == ("relived", "Restaurant")
    assert "[shelves] " in sent.user
    assert sent.system.startswith("You run a store")


def test_what_is_not_there_is_refused(made_run: Path) -> None:
    with pytest.raises(UnknownName, match="did you mean 'H1'"):
        prompt_at(made_run, "h1", 0)
    for step in (-1, STEPS):
        with pytest.raises(BadInput, match=f"whole steps 0 to {STEPS - 1}"):
            prompt_at(made_run, "H1", step)


def test_prompts_are_kept_from_the_step_in_which_they_come_into_use(tmp_path: Path) -> None:
    folder = keep(EconModel(small(), seed=1), tmp_path / "run")
    assert read_prompts(folder) == []
    with MockServer() as server:
        told = {"decider": "llm", "llm.model": "mock", "llm.base_url": server.base_url}
        go_on(*fork(folder, 4, told, tmp_path / "fork"), until=6)
        go_on(*resume(tmp_path / "fork", {"market.ttl": 7}), until=8)
        go_on(*resume(tmp_path / "fork", {"stress.mode": "off"}))
    [first, second] = read_prompts(tmp_path / "fork")
    assert "waits for $" not in first.system("Household")
    assert "waits for 2 steps" in first.system("Household")
    assert (second.step, "waits for 7 steps" in second.system("Household")) == (6, True)
    assert (tmp_path / "fork" / "prompts" / "2-from-step-6").is_dir()
    meta = load_run(tmp_path / "fork").meta
    assert meta["prompt_template"] == meta["prompt_template@6"] == "default"
    assert len(meta["prompt_hash@6"]) == 64
    for step, open_for in ((5, 2), (6, 7), (9, 7)):
        sent = prompt_at(tmp_path / "fork", "H0", step)
        assert f"waits for {open_for} steps" in sent.system
        assert sent.exchanges[0].proven


def test_a_fork_of_a_fork_keeps_the_texts_of_its_past(tmp_path: Path) -> None:
    with MockServer() as server:
        town = asking(server.base_url, steps=8)
        folder = keep(EconModel(town, seed=1), tmp_path / "run")
        go_on(*fork(folder, 3, {"market.ttl": 7}, tmp_path / "a"))
        go_on(*fork(tmp_path / "a", 6, {"market.ttl": 2}, tmp_path / "b"))
    assert [one.step for one in read_prompts(tmp_path / "b")] == [0, 3, 6]
    for step in range(8):
        assert prompt_at(tmp_path / "b", "H0", step).exchanges[0].proven, step


def test_the_command_shows_what_was_sent_and_what_came_back(made_run: Path) -> None:
    step, agent = next(row[:2] for row in rows(made_run, "calls") if row[2] == 1)
    told = econsim("prompt", made_run, "--agent", agent, "--step", step, "--json")
    assert told.code == 0, told
    data, sent = json.loads(told.out), prompt_at(made_run, agent, step)
    assert data["parts"] == {"system": sent.system, "user": sent.user}
    assert data["origin"] == "recorded"
    assert [one["reply"] for one in data["calls"]] == [one.call.reply for one in sent.exchanges]
    shown = econsim("prompt", made_run, "--agent", agent, "--step", step).out
    assert sent.user in shown
    assert "call 1: " in shown
    assert "NOT" not in shown
    store = econsim("prompt", made_run, "--agent", "Pizza Place", "--step", step, "--quiet").out
    assert "not sent: no language model was asked there" in store
    refused = econsim("prompt", made_run, "--seed", 3)
    assert (refused.code, "leave --set, --prompts and --seed out" in refused.err) == (2, True)
