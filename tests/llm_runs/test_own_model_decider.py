"""A decider of a user's own that asks a model is one: in runs, estimates, reports, on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from econsim_mesa.visualization.components.ask import why_not
from econsim_mesa.visualization.components.header import decided_by, facts
from econsim_mesa.visualization.replay import Replay
from llm_town import HOUSEHOLDS, econsim, small
from recorded import keep, rows

from econsim_mesa.deciders.chat import AsksChatModel, addressee
from econsim_mesa.deciders.llm import Llm
from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.calls_check import check_calls
from econsim_mesa.evidence.claims import claims_of
from econsim_mesa.evidence.report.page import page
from econsim_mesa.experiment.plan import scenario_hash
from econsim_mesa.llm import ChatRequest, Completion, OnReply
from econsim_mesa.llm.chat import Question
from econsim_mesa.llm.messages import Message, ReplySchema
from econsim_mesa.llm.ready import asks_model, refuse_unready
from econsim_mesa.llm.transport import Format
from econsim_mesa.mock import MockServer
from econsim_mesa.prompts.reply_form import text_schema
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.costs import calls_planned, need_of
from econsim_mesa.runs.probe import probe
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.summary import summarize
from econsim_mesa.scenario import Scenario, register
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.society.action import Decision
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Request, Requests

STEPS = 3


class Thinker(Llm):
    """Thinks before it buys."""

    name = "thinker"


class Oracle:
    """A transport that says the same to everybody."""

    host = "oracle:0"
    formats: tuple[Format, ...] = ("json_schema",)
    refused_parameters: tuple[str, ...] = ()

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        on_reply(Completion('{"mood": "calm"}', "stop", None, 20, 5, 0, "oracle"))

    async def model_entry(self) -> str | None:
        return None

    async def close(self) -> None:
        pass


class Moody(AsksChatModel):
    """Asks a model for its mood, in words of its own, and stays at home."""

    name, has_own_transport = "moody", True

    def __init__(self, scenario: Scenario) -> None:
        super().__init__(scenario, Oracle())

    def decide(self, requests: Requests) -> list[Decision]:
        """Return what each does: nothing, in its mood."""
        with self._model.entered(requests.view.t):
            answers = self._model.answers([partial(self._question, one) for one in requests])
        return [Decision((), answer.content or "", self.name, answer.outcome) for answer in answers]

    def _question(self, request: Request) -> Question[str]:
        turns = [Message("system", "You have moods."), Message("user", "How are you?")]
        schema = ReplySchema(text_schema("mood"))
        return Question(addressee(request), turns, _read_mood, "MoodReply", schema)


def _read_mood(text: str) -> tuple[str, bool]:
    return json.loads(text)["mood"], False


@pytest.fixture(autouse=True)
def _registered() -> Iterator[None]:
    with own_registrations():
        register("decider", "thinker")(Thinker)
        register("decider", "moody")(Moody)
        yield


def town(**changes: Any) -> Scenario:
    return small(**{"steps": STEPS, "decider": "thinker", "llm__model": "mock", **changes})


@pytest.fixture
def thought(tmp_path: Path) -> Path:
    """Make a run by the test server."""
    with MockServer(window=0.0) as server:
        scenario = town(llm__base_url=server.base_url, llm__client="direct")
        return keep(EconModel(scenario, seed=1), tmp_path / "run")


def test_the_summary_and_the_report_say_that_a_model_decided(thought: Path) -> None:
    said = "thinker: Thinks before it buys (language model: simulated households, not respondents)"
    assert summarize(load_run(thought)).decided_by == said
    contents = read_contents(thought, ())
    text = page(contents, claims_of(contents))
    assert f"the {said}" in text
    assert "A language model's answers are not those of people" in text
    assert "No language model was asked" not in text


def test_an_own_model_of_which_nothing_could_be_used_decided_nothing(thought: Path) -> None:
    contents = read_contents(thought, ())._replace(decisions={"thinker": {"failed": 4}})
    assert "nobody: a language model was asked" in page(contents, claims_of(contents))


def test_the_page_names_the_model(thought: Path) -> None:
    source = Replay.open(thought)
    frame = source.history.frame(STEPS - 1)
    assert decided_by(frame).startswith("thinker: Thinks before it buys (language model")
    assert decided_by(frame).endswith(": mock")
    assert dict(map(tuple, facts(frame)))["usable replies"] == "100.0%"
    assert why_not(frame, "H0") == ""
    assert source.asks_model


def test_a_prompt_is_shown_and_may_be_another() -> None:
    told = econsim("prompt", "pizza_place", "--set", "decider=thinker", "--step", "2", "--quiet")
    assert told.code == 0
    assert "system" in told.out
    assert "thinker is a decider of your own" in told.err


def test_its_calls_are_estimated_and_one_is_asked() -> None:
    with MockServer(window=0.0) as server:
        scenario = town(llm__base_url=server.base_url, llm__client="direct")
        model = EconModel(scenario, seed=1)
        assert need_of(model, probe(scenario)).calls == HOUSEHOLDS * STEPS
        assert calls_planned(model, 1) == {0: HOUSEHOLDS * (STEPS - 1)}


def test_the_settings_of_its_model_are_looked_at_before_a_run() -> None:
    scenario = town(llm__model=None)
    assert asks_model(scenario)
    with pytest.raises(BadInput, match="no model is chosen"):
        refuse_unready(scenario)
    two = town(llm__temperature=0.5), town(llm__temperature=0.7)
    assert len({*map(scenario_hash, two)}) == 2


def test_a_transport_of_its_own_needs_no_server_and_its_prompts_are_not_proven(
    tmp_path: Path,
) -> None:
    scenario = town(decider="moody")
    refuse_unready(scenario)
    folder = keep(EconModel(scenario, seed=1), tmp_path / "run")
    assert {row[3] for row in rows(folder, "decisions") if row[2] == "Household"} == {"moody"}
    findings = list(check_calls(load_run(folder), read_alike=True))
    assert [finding.kind for finding in findings] == [Kind.unchecked]
    assert "'moody'" in findings[0].what


def test_what_is_handed_over_is_read_without_its_class(tmp_path: Path) -> None:
    scenario = town(decider="utility")
    folder = keep(EconModel(scenario, seed=1, decider=Moody(scenario)), tmp_path / "moody")
    with own_registrations():
        assert summarize(load_run(folder)).decided_by == "moody"
        contents = read_contents(folder, ())
        text = page(contents, claims_of(contents))
    assert "the moody" in text
    assert "A rule of its author" in text
