"""The local test server is sent what to reply; no other server is, and nothing is kept of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from forms import idle
from llm_town import asking, small
from recorded import keep, rows
from stranger import Listening

from econsim_mesa.deciders.llm import Llm
from econsim_mesa.llm import ChatRequest, Completion, OnReply
from econsim_mesa.llm.messages import PREPARED_REPLY
from econsim_mesa.llm.transport import Format
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.society.model import EconModel

HERE, ELSEWHERE = "http://127.0.0.1:9/v1", "https://models.example.org/v1"
OWN = '{"id":"econsim-mock","owned_by":"econsim-mesa"}'
FIELDS = {"model", "temperature", "max_completion_tokens", "max_tokens", "response_format", "seed",
          "messages"}  # fmt: skip
STEPS = 4


class Recording:
    """A transport that remembers requests; the list of models says what the test says."""

    host = "recording:0"
    formats: tuple[Format, ...] = ("json_schema",)
    refused_parameters: tuple[str, ...] = ()

    def __init__(self, entry: str | None) -> None:
        self.entry = entry
        self.requests: list[ChatRequest] = []

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        self.requests.append(request)
        text = idle()
        on_reply(Completion(text, "stop", None, 10, 5, 0, "mock"))

    async def model_entry(self) -> str | None:
        return self.entry

    async def close(self) -> None:
        pass


def world(model: EconModel, steps: int) -> list[Any]:
    """Return all that happens in some steps, and what was decided, in the order of verbs."""
    happened = []
    for _ in range(steps):
        model.step()
        tables = dict(model.town.records.rows)
        decided = tables.pop("decisions")
        decisions = [(row.agent, sorted(json.loads(row.actions), key=str)) for row in decided]
        happened.append((decisions, {name: list(table) for name, table in tables.items()}))
    return happened


def test_who_is_not_asked_costs_no_call(tmp_path: Path) -> None:
    expected = world(EconModel(small(attention="on_change"), seed=2), STEPS)
    with MockServer(window=0.0) as server:
        town = asking(server.base_url, attention="on_change")
        assert world(EconModel(town, seed=2), STEPS) == expected
        run = keep(EconModel(town, seed=2), tmp_path / "run", STEPS)
    calls = [row[:2] for row in rows(run, "calls")]
    asked = [row[:2] for row in rows(run, "decisions") if row[2] == "Household"]
    assert sorted(calls) == asked
    assert len(calls) < 0.8 * STEPS * len({agent for _, agent in asked})


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_town_lives_as_the_embedded_decider_lets_it(client: str) -> None:
    expected = world(EconModel(small(), seed=2), STEPS)
    with MockServer(window=0.0) as server:
        assert world(EconModel(asking(server.base_url, client), seed=2), STEPS) == expected
        assert server.stats()["repairs"] == 0
    assert any(tables["orders"] for _, tables in expected)


def test_a_test_server_of_another_name_is_sent_no_replies() -> None:
    """So that what any other server would be sent can be measured on this machine."""
    with MockServer(window=0.0, owner="somebody") as server:
        made_up = world(EconModel(asking(server.base_url, "direct"), seed=2), STEPS)
    assert made_up != world(EconModel(small(), seed=2), STEPS)


@pytest.mark.parametrize(
    ("entry", "url", "prepared"),
    [
        (OWN, HERE, True),
        (OWN, ELSEWHERE, False),
        ('{"id":"llama","owned_by":"vllm"}', HERE, False),
        ('{"id":"econsim-mesa"}', HERE, False),
        (None, HERE, False),
    ],
)
def test_only_a_server_here_that_says_it_is_ours_is_sent_replies(
    entry: str | None, url: str, prepared: bool
) -> None:
    scenario = asking(url)
    transport = Recording(entry)
    model = EconModel(scenario, seed=1, decider=Llm(scenario, transport))
    model.step()
    assert {request.prepared_reply is not None for request in transport.requests} == {prepared}


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_another_server_is_sent_the_fields_of_the_protocol_alone(client: str) -> None:
    with Listening("127.0.0.1") as server:
        for _ in range(2):
            EconModel(asking(server.url, client), seed=1).step()
        bodies = [text.split("\n\n")[-1].strip() for text in server.heard]
    asked = [json.loads(body) for body in bodies if body]
    assert len(asked) == 12
    assert all(FIELDS <= body.keys() <= FIELDS | {"stream"} for body in asked)
    assert PREPARED_REPLY not in "".join(bodies)


def kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_is_sent_along_is_no_prompt_and_is_not_kept(tmp_path: Path) -> None:
    scenario = asking("http://127.0.0.1:9/v1", steps=STEPS)

    def run(entry: str | None, name: str) -> tuple[Run, list[ChatRequest]]:
        transport = Recording(entry)
        model = EconModel(scenario, seed=1, decider=Llm(scenario, transport))
        return load_run(keep(model, tmp_path / name)), transport.requests

    (ours, with_it), (other, without) = run(OWN, "ours"), run(None, "other")
    assert [request.key for request in with_it] == [request.key for request in without]
    assert [request.characters for request in with_it] == [
        request.characters for request in without
    ]
    sent, replied = slice(0, 8), slice(9, None)  # without the seconds that it took
    calls = [
        [row[sent] + row[replied] for row in rows(run.folder, "calls")] for run in (ours, other)
    ]
    assert calls[0] == calls[1]
    assert PREPARED_REPLY.encode() not in kept(ours.folder)
