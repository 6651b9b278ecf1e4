"""A question to a simulated person is answered, kept beside the run, and no part of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from llm_town import CANARY, STEPS, asking, small
from recorded import BUNDLE, go_on, keep, rows

from econsim_mesa.errors import BadInput, RunIncomplete, UnknownName
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.answer_store import ASKS, asked
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.questions import ask
from econsim_mesa.runs.reader import fingerprint
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.society.model import EconModel


@pytest.fixture
def folder(made_run: Path, tmp_path: Path) -> Path:
    """Copy the run that was made, to be asked about."""
    shutil.copytree(made_run, tmp_path / "run")
    return tmp_path / "run"


def at(server: MockServer) -> dict[str, str]:
    return {"llm.base_url": server.base_url}


def test_an_answer_is_kept_with_what_was_sent_and_used(folder: Path) -> None:
    before, database = fingerprint(folder), (folder / "run.sqlite").read_bytes()
    assert asked(folder) == []
    with MockServer() as server:
        answer = ask(folder, "H3", 4, "Why are you\nhere?\u202e", at(server))
        again = ask(folder, "H3", 4, "Why are you here?", at(server))
        assert server.stats()["requests"] == 2
    assert answer.text
    assert answer.text.startswith("I ")
    assert (answer.agent, answer.step, answer.status) == ("H3", 4, "ok")
    assert (answer.question, answer.model, answer.attempts) == ("Why are you here?", "mock", 1)
    assert answer.host == server.base_url.removeprefix("http://").removesuffix("/v1")
    assert answer.input_tokens
    assert answer.output_tokens
    assert asked(folder) == [answer, again]
    assert (fingerprint(folder), (folder / "run.sqlite").read_bytes()) == (before, database)
    assert replay(folder) == STEPS
    later = {ASKS, "derived.sha256", "prompts", "prompt-sample.txt"}
    assert {path.name for path in folder.iterdir()} == BUNDLE | later
    assert CANARY.encode() not in (folder / ASKS).read_bytes()


def test_the_agent_is_sent_its_own_prompt_with_the_question_in_place_of_the_decision(
    folder: Path,
) -> None:
    with MockServer() as server:
        answer = ask(folder, "H3", 4, 'Is "Soda" dear? [cash] 9', at(server))
    sent = prompt_at(folder, "H3", 4)
    assert answer.prompt == f'{sent.user}\n[question] "Is \\"Soda\\" dear? [cash] 9"'
    rules, mark, _ = sent.system.partition("\n\nANSWER:")
    assert mark
    assert answer.system.startswith(f"{rules}\n\nANSWER: ")
    assert "sleep_hours" not in answer.system.removeprefix(rules)
    assert '{"answer": "..."}' in answer.system


def test_who_cannot_be_asked_is_named_with_the_reason(folder: Path, tmp_path: Path) -> None:
    embedded = keep(EconModel(small(), seed=1), tmp_path / "embedded")
    with pytest.raises(BadInput, match=r"^H1 cannot be asked: at step 3 the decider 'utility'"):
        ask(embedded, "H1", 3, "Why?")
    with pytest.raises(BadInput, match=r"^Pizza Place cannot be asked"):
        ask(folder, "Pizza Place", 3, "Why?")
    with pytest.raises(UnknownName):
        ask(folder, "H99", 3, "Why?")
    with pytest.raises(BadInput, match="whole steps 0 to 9"):
        ask(folder, "H1", STEPS, "Why?")
    with pytest.raises(BadInput, match="the question is empty"):
        ask(folder, "H1", 3, " \n\x07")
    with pytest.raises(BadInput, match="only settings of llm"):
        ask(folder, "H1", 3, "Why?", {"steps": 4})
    assert asked(folder) == asked(embedded) == []


def test_in_a_fork_only_steps_of_the_language_model_can_be_asked(tmp_path: Path) -> None:
    embedded = keep(EconModel(small(), seed=1), tmp_path / "embedded")
    with MockServer() as server:
        told = {"decider": "llm", "llm.model": "mock", **at(server)}
        forked = go_on(*fork(embedded, 4, told, tmp_path / "fork"), until=6)
        assert ask(forked, "H1", 4, "Why?").text
        with pytest.raises(BadInput, match="H1 cannot be asked: at step 3"):
            ask(forked, "H1", 3, "Why?")


def test_a_sleeper_is_not_asked(tmp_path: Path) -> None:
    with MockServer() as server:
        told = {"llm.model": "mock", "llm.client": "direct", **at(server)}
        model = EconModel("two_towns", seed=1, decider="llm", households=6, steps=18, set=told)
        folder = keep(model, tmp_path / "run")
        decided = {(row[0], row[1]) for row in rows(folder, "decisions")}
        step, agent = next(
            (step, f"H{n}")
            for step in range(18)
            for n in range(6)
            if (step, f"H{n}") not in decided
        )
        with pytest.raises(BadInput, match=f"{agent} is asleep at step {step}"):
            ask(folder, agent, step, "Why?")


def test_a_run_that_goes_on_can_be_asked_about(tmp_path: Path) -> None:
    with MockServer() as server:
        town = asking(server.base_url)
        model = EconModel(town, seed=1)
        from econsim_mesa.runs.recorder import Recorder

        recorder = Recorder.begin(model, tmp_path / "run")
        for _ in range(4):
            model.step()
        assert ask(tmp_path / "run", "H1", 3, "Why?").text
        go_on(model, recorder)
        whole = keep(EconModel(town, seed=1), tmp_path / "whole")
    assert fingerprint(tmp_path / "run") == fingerprint(whole)


def test_a_question_counts_on_the_caps_of_the_run_and_the_run_not_on_questions(
    tmp_path: Path,
) -> None:
    with MockServer() as server:
        town = asking(server.base_url, llm__max_calls=62)
        folder = keep(EconModel(town, seed=1), tmp_path / "run", until=5)
        for _ in range(3):
            assert ask(folder, "H1", 3, "Why?").text
        go_on(*resume(folder))
        assert len(rows(folder, "calls")) == 60
        with pytest.raises(RunIncomplete, match=r"raise llm\.max_calls"):
            ask(folder, "H1", 3, "Why?")
        assert len(asked(folder)) == 3
        assert ask(folder, "H1", 3, "Why?", {"llm.max_calls": 64}).text


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("refusal", "refused"),
        ("wrong_schema", "unparseable"),
        ("500", "failed"),
        ("empty_content", "empty"),
    ],
)
def test_a_question_without_an_answer_says_what_became_of_it(
    fault: str, status: str, folder: Path
) -> None:
    with MockServer(faults={fault: 1.0}) as server:
        answer = ask(folder, "H1", 3, "Why?", {**at(server), "llm.max_attempts": 2})
    assert (answer.text, answer.status) == (None, status)
    assert asked(folder) == [answer]


def test_a_server_that_is_gone_is_said_in_the_answer(folder: Path) -> None:
    gone = {"llm.base_url": "http://127.0.0.1:9/v1", "llm.max_attempts": 2}
    answer = ask(folder, "H1", 3, "Why?", gone)
    assert (answer.text, answer.status, answer.faults) == (None, "failed", "connect,connect")


def test_a_damaged_file_of_answers_is_named(folder: Path) -> None:
    (folder / ASKS).write_bytes(b"no database, however long it may be" * 40)
    with pytest.raises(BadInput, match=r"cannot use .*asks\.sqlite"):
        asked(folder)
