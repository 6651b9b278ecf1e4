"""Runs by an LLM that stopped go on, and forks begin, without paying twice: a client double."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from recorded import go_on, keep, rows
from said import model, text_for

from econsim_mesa.collection.recorder import Recorder
from econsim_mesa.errors import RunIncomplete
from econsim_mesa.llm.client import Arrived, ClientFault, Raw
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.records import fingerprint
from econsim_mesa.rerun import fork, replay, resume


class Client:
    """A client double: answers, or is out of order for some of the calls."""

    host = "localhost:1"
    formats = ("json_schema", "json_object", "text")

    def __init__(self, broken: Callable[[ChatRequest], bool] = lambda request: False) -> None:
        self.broken, self.sent = broken, list[ChatRequest]()

    async def send(
        self, request: ChatRequest, format: str, timeout: float, arrived: Arrived
    ) -> None:
        self.sent.append(request)
        await asyncio.sleep(0.001 * (len(self.sent) % 3))
        if self.broken(request):
            raise ClientFault("http_400", retryable=False, status=400)
        arrived(Raw(text_for(request), "stop", None, 10, 5, 0, "double"))

    async def about(self) -> None:
        pass

    async def close(self) -> None:
        pass


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[Client], Client]:
    """Let every LLM decider send through a client double, with the real gateway."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-double")

    def take(client: Client) -> Client:
        monkeypatch.setattr("econsim_mesa.decision.llm.connect", lambda spec: client)
        return client

    return take


def test_a_run_that_stopped_goes_on_without_paying_twice(
    connect: Callable[[Client], Client], tmp_path: Path
) -> None:
    connect(Client())
    whole = fingerprint(keep(model(5), tmp_path / "whole"))
    connect(Client(lambda request: request.step == 2 and request.agent == "H4"))
    town = model(5)
    recorder = Recorder(town, tmp_path / "run")
    with pytest.raises(RunIncomplete):
        town.run_model()
    recorder.close("interrupted")
    kept = [row for row in rows(tmp_path / "run", "calls", 2) if row[4] == "ok"]
    assert len(kept) == 5
    client = connect(Client())
    again, recorder = resume(tmp_path / "run")
    go_on(again, recorder)
    assert [request.agent for request in client.sent if request.step == 2] == ["H4"]
    assert fingerprint(tmp_path / "run") == whole
    assert replay(tmp_path / "run") == 5


def test_a_fork_pays_nothing_for_the_past_and_keeps_its_calls(
    connect: Callable[[Client], Client], tmp_path: Path
) -> None:
    connect(Client())
    parent = keep(model(6), tmp_path / "run")
    client = connect(Client())
    go_on(*fork(parent, 4, {"llm.max_calls": 12}, tmp_path / "fork"))
    assert {request.step for request in client.sent} == {4, 5}
    assert len(client.sent) == 12  # and the cap counts them alone
    assert rows(tmp_path / "fork", "calls", end=4) == rows(parent, "calls", end=4)
    same = {table: rows(tmp_path / "fork", table) for table in ("decisions", "posts", "agents")}
    assert same == {table: rows(parent, table) for table in same}
    assert replay(tmp_path / "fork") == 6


def test_concurrency_changes_nothing(connect: Callable[[Client], Client], tmp_path: Path) -> None:
    found = []
    for slots in (1, 16):
        connect(Client())
        folder = keep(model(4, max_concurrency=slots), tmp_path / str(slots))
        found.append({t: rows(folder, t) for t in ("decisions", "posts", "agents", "sales")})
    assert found[0] == found[1]
