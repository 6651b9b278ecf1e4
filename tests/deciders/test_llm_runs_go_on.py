"""Runs by an LLM that stopped go on, and forks begin, without paying twice: a client double."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from recorded import go_on, keep, rows
from said import model, text_for

from econsim_mesa.errors import EconSimError, RunIncomplete
from econsim_mesa.llm.gateways import Gateways
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.llm.transport import Completion, OnReply, TransportFault
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.reader import fingerprint
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.society.agents import Household


class Client:
    """A client double: answers, or is out of order for some of the calls."""

    host = "localhost:1"
    formats = ("json_schema", "json_object", "text")
    refused_parameters = ()

    def __init__(self, broken: Callable[[ChatRequest], bool] = lambda request: False) -> None:
        self.broken, self.sent = broken, list[ChatRequest]()

    async def send(
        self, request: ChatRequest, format: str, timeout: float, on_reply: OnReply
    ) -> None:
        self.sent.append(request)
        await asyncio.sleep(0.001 * (len(self.sent) % 3))
        if self.broken(request):
            raise TransportFault("http_400", retryable=False, status=400)
        on_reply(Completion(text_for(request), "stop", None, 10, 5, 0, "double"))

    async def model_entry(self) -> None:
        pass

    async def close(self) -> None:
        pass


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Client], Client]]:
    """Let every LLM decider send through a client double, with the real gateway."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-a-double")
    gateways = Gateways()

    def take(client: Client) -> Client:
        gateways.transport_for = lambda spec: client
        return client

    with gateways.entered():
        yield take


def test_a_run_that_stopped_goes_on_without_paying_twice(
    connect: Callable[[Client], Client], tmp_path: Path
) -> None:
    connect(Client())
    whole = fingerprint(keep(model(5), tmp_path / "whole"))
    connect(Client(lambda request: request.step == 2 and request.agent == "H4"))
    town = model(5)
    recorder = Recorder.begin(town, tmp_path / "run")
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


def failing_once(agent: str, step: int) -> Callable[[ChatRequest], bool]:
    """Return a fault that one agent meets in one step, the first time only."""
    met: list[ChatRequest] = []

    def fails(request: ChatRequest) -> bool:
        if (request.agent, request.step) != (agent, step) or met:
            return False
        met.append(request)
        return True

    return fails


@pytest.mark.parametrize("kept", [True, False])
def test_a_step_whose_call_failed_is_made_again_by_the_same_model(
    connect: Callable[[Client], Client], tmp_path: Path, kept: bool
) -> None:
    connect(Client())
    whole = model(5)
    whole.run_model()
    client = connect(Client(failing_once("H4", 2)))
    town = model(5)
    recorder = Recorder.begin(town, tmp_path / "run") if kept else None
    with pytest.raises(RunIncomplete, match="stopped at step 2"):
        town.run_model()
    assert (town.steps, town.running) == (2, True)
    town.run_model()
    assert [request.agent for request in client.sent if request.step == 2][6:] == ["H4"]
    assert town.town.records.rows == whole.town.records.rows
    one, other = (
        each.datacollector.get_agenttype_vars_dataframe(Household) for each in (town, whole)
    )
    assert one.equals(other)
    if recorder is not None:
        recorder.close()
        connect(Client())
        assert fingerprint(tmp_path / "run") == fingerprint(keep(model(5), tmp_path / "whole"))
        assert replay(tmp_path / "run") == 5


def test_settings_of_the_model_may_be_mended_before_a_step_is_made_again(
    connect: Callable[[Client], Client], tmp_path: Path
) -> None:
    connect(Client())
    town = model(4)
    recorder = Recorder.begin(town, tmp_path / "run")
    town.reconfigure({"llm.max_calls": 9})
    with pytest.raises(RunIncomplete, match="limit"):
        town.run_model()
    town.reconfigure({"llm.max_calls": 100})
    town.reconfigure({"stress.mode": "off"})
    go_on(town, recorder)
    assert rows(tmp_path / "run", "inputs") == [
        (0, "settings", '{"llm.max_calls":9}'),
        (1, "settings", '{"llm.max_calls":100}'),
        (2, "settings", '{"stress.mode":"off"}'),
    ]
    assert replay(tmp_path / "run") == 4


class Slow(Client):
    """A client double that answers no call before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.hangs, self.cancelled = True, 0

    async def send(
        self, request: ChatRequest, format: str, timeout: float, on_reply: OnReply
    ) -> None:
        try:
            while self.hangs and request.agent == "H3":
                await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        await super().send(request, format, timeout, on_reply)


def test_a_cancelled_step_ends_its_calls_and_may_be_made_again(
    connect: Callable[[Client], Client],
) -> None:
    connect(Client())
    whole = model(3)
    whole.run_model()
    client = Slow()
    connect(client)
    town = model(3)

    async def drive() -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(town.astep(), 1.0)
        assert (town.steps, client.cancelled, town.running) == (0, 2, True)
        client.hangs = False
        while town.running:
            await town.astep()

    asyncio.run(drive())
    assert town.steps == 3
    assert town.town.records.rows == whole.town.records.rows
    assert len(client.sent) == 18  # no reply that came was paid for twice


def test_of_two_steps_at_once_one_is_refused_and_the_other_made(
    connect: Callable[[Client], Client],
) -> None:
    client = Slow()
    connect(client)
    town = model(2)

    async def drive() -> None:
        first = asyncio.ensure_future(town.astep())
        await asyncio.sleep(0.03)
        with pytest.raises(EconSimError, match="is under way; wait for its end"):
            await town.astep()
        client.hangs = False
        await first

    asyncio.run(drive())
    assert town.steps == 1
    town.run_model()
    assert town.steps == 2


@pytest.mark.parametrize("way", ["resume", "fork"])
def test_settings_are_kept_whose_first_step_failed(
    connect: Callable[[Client], Client], tmp_path: Path, way: str
) -> None:
    connect(Client())
    keep(model(4), tmp_path / "run", until=2)
    broken = Client(lambda request: True)
    connect(broken)
    if way == "resume":
        folder = tmp_path / "run"
        town, recorder = resume(folder, {"llm.temperature": None})
    else:
        folder = tmp_path / "fork"
        town, recorder = fork(tmp_path / "run", 2, {"llm.temperature": None}, folder)
    town.intervene({"type": "scripted_posts", "author": "Pizza Place", "texts": ["Now!"]})
    with pytest.raises(RunIncomplete):
        go_on(town, recorder)
    recorder.close("interrupted")
    town, recorder = resume(folder, {"llm.send_seed": False})
    with pytest.raises(RunIncomplete):
        go_on(town, recorder)
    recorder.close("interrupted")
    assert not rows(folder, "inputs")
    client = connect(Client())
    town, recorder = resume(folder)
    go_on(town, recorder)
    assert (town.config.llm.temperature, town.config.llm.send_seed) == (None, False)
    assert {request.seed for request in client.sent} == {None}
    assert [(step, kind) for step, kind, _ in rows(folder, "inputs")] == [
        (2, "settings"),
        (2, "event"),
        (2, "settings"),
    ]
    assert replay(folder) == 4


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
