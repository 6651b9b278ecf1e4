"""The benchmark of replies judges acts by what becomes of them, and asks no model twice."""

from __future__ import annotations

import json
from pathlib import Path

import minds
import pytest

from econsim_mesa.mock import MockServer


@pytest.fixture(scope="module")
def question() -> minds.Question:
    (question,) = minds.questions("now", 1)
    return question


def judged(question: minds.Question, *entries: dict[str, object]) -> minds.Outcome:
    text = json.dumps({"thought": "I see.", "do": entries})
    return minds.judge(question, minds.Said(text, 0, 0, 0.0))


def test_what_is_already_so_is_not_carried_out(question: minds.Question) -> None:
    outcome = judged(question, {"move_to": "home"}, {"follow": "Pizza Place"})
    assert (outcome.acts, outcome.already_so, outcome.carried_out) == (2, 1, 1)


def test_an_act_said_twice_counts_once(question: minds.Question) -> None:
    outcome = judged(question, *[{"follow": "Pizza Place"}] * 3)
    assert (outcome.acts, outcome.already_so, outcome.carried_out) == (1, 0, 1)


def test_a_refused_act_is_neither(question: minds.Question) -> None:
    outcome = judged(question, {"eat": "Bread", "quantity": 1})
    assert (outcome.acts, outcome.already_so, outcome.carried_out) == (1, 0, 0)


def test_an_act_that_only_begins_is_carried_out(question: minds.Question) -> None:
    outcome = judged(question, {"order": "Pizza", "quantity": 1, "store": "Pizza Place"})
    assert (outcome.acts, outcome.already_so, outcome.carried_out) == (1, 0, 1)


def test_figures_of_replies_without_acts(question: minds.Question) -> None:
    figures = minds.summed_up([judged(question)])
    assert figures["acts"] == 0
    assert figures["share carried out"] is None


def test_a_file_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "minds.json"

    def measure(observations: int) -> None:
        command = ["minds", "--base-url", server.base_url, "--json", str(file), "--forms", "now"]
        monkeypatch.setattr("sys.argv", [*command, "--observations", str(observations)])
        minds.main()

    with MockServer() as server:
        measure(1)
        assert server.stats()["requests"] == 1
        first = json.loads(file.read_text(encoding="utf-8"))["replies"]["model, now"]
        measure(1)
        assert server.stats()["requests"] == 1
        measure(2)
        assert server.stats()["requests"] == 2
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content["figures"]["model, now"]["observations"] == 2
    assert first[0] in content["replies"]["model, now"]
