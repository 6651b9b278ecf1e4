"""All that the gateway does, over a transport in memory: no server, no port, no waiting."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from fault_server import ANSWER, QUICK, Keep, Kept, request_of
from memory_transport import HANG, MemoryTransport, Script

from econsim_mesa.deciders.llm import Llm
from econsim_mesa.llm import (
    ChatReply,
    ChatRequest,
    Completion,
    Gateway,
    OnReply,
    Status,
    TransportFault,
    Usage,
    patience,
)
from econsim_mesa.llm.gateway import Shared
from econsim_mesa.scenario import load_scenario
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.society.model import EconModel

GOOD = Completion(ANSWER, "stop", None, 150, 20, 128, "model-7")
DOWN = TransportFault("http_503", retryable=True, status=503)
BUSY = TransportFault("http_429", retryable=True, status=429, billed=False)


def over(transport: MemoryTransport, keep: Keep | None = None, **settings: Any) -> Gateway:
    """Return a gateway over a transport."""
    spec = LlmSpec(model="m", **settings)
    return Gateway(spec, transport, Kept() if keep is None else keep, backoff=QUICK)


def ask(script: Script, count: int = 1, **settings: Any) -> tuple[list[ChatReply], MemoryTransport]:
    """Let so many households ask at once."""
    transport = MemoryTransport(script)

    async def main() -> list[ChatReply]:
        gateway = over(transport, **settings)
        return list(await asyncio.gather(*(gateway.ask(request_of(i)) for i in range(count))))

    return asyncio.run(main()), transport


def test_a_reply_is_what_the_transport_handed_over() -> None:
    (reply,), transport = ask(lambda n, request: GOOD)
    assert (reply.text, reply.status, reply.attempts) == (ANSWER, "ok", 1)
    assert (reply.input_tokens, reply.output_tokens, reply.cached_tokens) == (150, 20, 128)
    assert (reply.model, reply.host) == ("model-7", "memory:0")
    assert transport.sent_formats == ["json_schema"]


@pytest.mark.parametrize("fault", [DOWN, BUSY, HANG])
def test_a_fault_is_met_once_and_then_mended(fault: TransportFault) -> None:
    (reply,), _ = ask(lambda n, request: GOOD if n else fault, timeout_seconds=0.01)
    assert (reply.status, reply.attempts, reply.faults) == ("ok", 2, (fault.kind,))


def test_patience_uses_up_no_attempts() -> None:
    (reply,), _ = ask(lambda n, request: BUSY if n < 4 else DOWN, max_attempts=2)
    assert (reply.status, reply.faults) == ("failed", ("http_429",) * 4 + ("http_503",) * 2)


def test_a_hopeless_fault_ends_all_calls() -> None:
    wrong_key = TransportFault("http_401", retryable=False, status=401, hopeless=True)
    replies, transport = ask(lambda n, request: wrong_key, 20, max_concurrency=1)
    assert [reply.status for reply in replies] == ["failed"] + ["stopped"] * 19
    assert len(transport.requests) == 1


def test_a_refused_format_is_left_for_the_next_and_counts_as_no_attempt() -> None:
    def no_schema(number: int, request: ChatRequest) -> Completion | TransportFault:
        if number:
            return GOOD
        said = "response_format is not supported"
        return TransportFault("http_400", retryable=False, status=400, body=said, billed=False)

    (reply,), transport = ask(no_schema)
    assert (reply.status, reply.attempts, reply.faults) == ("ok", 1, ())
    assert transport.sent_formats == ["json_schema", "json_object"]


def test_a_cap_on_calls_is_exact() -> None:
    replies, transport = ask(lambda n, request: GOOD, 9, max_calls=3)
    assert [reply.status for reply in replies] == ["ok"] * 3 + ["over_budget"] * 6
    assert len(transport.requests) == 3


def test_a_cap_on_tokens_is_never_passed_nor_left_unused() -> None:
    replies, transport = ask(lambda n, request: GOOD, 9, max_output_tokens=100, max_tokens=1000)
    assert {reply.status for reply in replies} == {Status.ok, Status.over_budget}
    assert 500 < 170 * len(transport.requests) <= 1000


def test_slots_and_equal_requests() -> None:
    transport = MemoryTransport(lambda n, request: GOOD, seconds=0.01)

    async def main() -> list[ChatReply]:
        gateway = over(transport, max_concurrency=3, temperature=0.0)
        requests = [request_of(i % 10, step=3 + i // 10) for i in range(20)]
        replies = await asyncio.gather(*map(gateway.ask, requests))
        await gateway.close()
        return list(replies)

    replies = asyncio.run(main())
    assert transport.most == 3
    assert (len(transport.requests), sum(reply.reused for reply in replies)) == (10, 10)
    assert transport.closed == 1


class Chatty(MemoryTransport):
    """Hands over each reply twice, then does as a library in which something goes wrong."""

    def __init__(self, error: BaseException | None) -> None:
        super().__init__(lambda n, request: GOOD)
        self.error = error

    async def send(
        self, request: ChatRequest, format: Any, timeout: float, on_reply: OnReply
    ) -> None:
        await super().send(request, format, timeout, on_reply)
        on_reply(GOOD._replace(text="another"))
        if self.error is not None:
            raise self.error
        await asyncio.sleep(60)


@pytest.mark.parametrize("error", [DOWN, HANG])
def test_a_reply_that_came_stays_though_the_transport_fails_later(error: TransportFault) -> None:
    kept = Kept()
    reply = asyncio.run(over(Chatty(error), kept).ask(request_of(0)))
    assert (reply.text, reply.status, reply.attempts, reply.faults) == (ANSWER, "ok", 1, ())
    assert [each for _, each in kept] == [reply]


def test_a_reply_that_came_stays_though_the_deadline_passes() -> None:
    kept = Kept()
    gateway = over(Chatty(None), kept, deadline_seconds=0.05)
    reply = asyncio.run(gateway.ask(request_of(0)))
    assert (reply.text, reply.status, len(kept)) == (ANSWER, "ok", 1)
    assert (gateway.budget.usage.calls, gateway.budget.usage.unsure_tokens) == (1, 0)


def test_a_reply_that_came_stays_though_the_call_is_cancelled() -> None:
    kept = Kept()

    async def main() -> None:
        gateway = over(Chatty(None), kept)
        call = asyncio.ensure_future(gateway.ask(request_of(0)))
        await asyncio.sleep(0.01)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        gateway.reset()
        again = await gateway.ask(request_of(0))
        assert (again.text, again.reused) == (ANSWER, True)

    asyncio.run(main())
    assert [reply.text for _, reply in kept] == [ANSWER]


class Silent(MemoryTransport):
    """Neither answers nor fails."""

    async def send(self, *_: Any) -> None:
        pass


def test_a_transport_that_hands_over_nothing_has_failed() -> None:
    transport = Silent(lambda n, request: GOOD)
    reply = asyncio.run(over(transport, max_attempts=2).ask(request_of(0)))
    assert (reply.status, reply.faults) == ("failed", ("empty_body",) * 2)


def test_what_keeping_raises_is_raised_when_the_call_ends() -> None:
    def full(request: ChatRequest, reply: ChatReply) -> None:
        raise OSError("disk full")

    gateway = over(MemoryTransport(lambda n, request: GOOD), full)
    with pytest.raises(OSError, match="disk full"):
        asyncio.run(gateway.ask(request_of(0)))
    assert gateway.budget.usage.calls == 1  # it was paid all the same


def test_a_decider_sends_through_the_transport_that_it_is_given() -> None:
    transport = MemoryTransport(lambda n, request: GOOD)
    config = load_scenario("pizza_place", set={"llm.model": "m", "llm.repair": False})
    decider = Llm(load_scenario(config, set={"llm.on_failure": "idle"}), transport=transport)
    model = EconModel(config, seed=1, households=4, steps=2, decider=decider)
    model.run_model()
    assert [request.agent for request in transport.requests] == [f"H{i}" for i in range(4)] * 2
    assert transport.closed == 1


CUT = Completion("", "length", None, 150, 100, 0, "model-7", reasoning="I might, or I might not")


def test_a_reply_cut_while_the_model_reasons_gets_more_room_and_so_do_all_after_it() -> None:
    def cut_below(number: int, request: ChatRequest) -> Completion | TransportFault:
        return GOOD if (request.max_output_tokens or 0) > 100 else CUT

    kept = Kept()
    transport = MemoryTransport(cut_below)

    async def main() -> list[ChatReply]:
        gateway = over(transport, kept, max_output_tokens=100, max_reasoning_tokens=900)
        replies = [await gateway.ask(request_of(i)) for i in range(3)]
        assert gateway.budget.usage.calls == 4  # the reply that was cut is paid as well
        assert gateway.budget.usage.output_tokens == 100 + 3 * 20
        return replies

    replies = asyncio.run(main())
    assert [(reply.status, reply.attempts) for reply in replies] == [("ok", 1)] * 3
    assert [request.max_output_tokens for request in transport.requests] == [None, 1000, 1000, 1000]
    assert [reply.status for _, reply in kept] == ["truncated", "ok", "ok", "ok"]


def test_the_cap_knows_the_room_that_a_model_gets_to_reason() -> None:
    def always_cut(number: int, request: ChatRequest) -> Completion | TransportFault:
        most = request.max_output_tokens or 100
        return CUT._replace(output_tokens=most)

    (reply,), transport = ask(
        always_cut, max_output_tokens=100, max_reasoning_tokens=900, max_tokens=900
    )
    assert (reply.status, len(transport.requests)) == ("over_budget", 1)
    (reply,), transport = ask(always_cut, max_output_tokens=100, max_reasoning_tokens=900)
    assert (reply.status, reply.output_tokens) == ("truncated", 1000)
    assert len(transport.requests) == 2
    (reply,), transport = ask(always_cut, max_output_tokens=100, max_reasoning_tokens=0)
    assert (reply.status, len(transport.requests)) == ("truncated", 1)


@pytest.mark.parametrize(
    "cut",
    [
        Completion('{"thought": "I go on and', "length", None, 150, 100, 0, "model-7"),
        CUT._replace(output_tokens=50),  # the server itself ended it: its context is full
    ],
)
def test_no_more_room_is_given_where_it_does_not_help(cut: Completion) -> None:
    (reply,), transport = ask(lambda n, request: cut, max_output_tokens=100)
    assert (reply.status, len(transport.requests)) == ("truncated", 1)


def test_room_that_the_server_does_not_have_is_not_asked_for() -> None:
    said = "This model's maximum context length is 700 tokens. However, you requested 1150 tokens (150 in the messages, 1000 in the completion)."  # noqa: E501

    def small(number: int, request: ChatRequest) -> Completion | TransportFault:
        most = request.max_output_tokens or 100
        if most > 550:
            return TransportFault("http_400", retryable=False, status=400, body=said, billed=False)
        return GOOD if most > 100 else CUT

    (reply,), transport = ask(small, max_output_tokens=100, max_reasoning_tokens=900)
    assert (reply.status, reply.attempts) == ("ok", 1)
    assert [request.max_output_tokens for request in transport.requests] == [None, 1000, 495]


def test_all_calls_wait_where_one_is_told_to_come_again() -> None:
    busy = TransportFault("http_429", retryable=True, status=429, billed=False, retry_after=0.05)
    replies, _ = ask(lambda n, request: busy if n == 3 else GOOD, 12, max_concurrency=4)
    assert {reply.status for reply in replies} == {Status.ok}
    assert sum(len(reply.faults) for reply in replies) == 1


def test_a_call_that_timed_out_in_silence_is_not_asked_again_at_once() -> None:
    (reply,), _ = ask(lambda n, request: GOOD if n else HANG, timeout_seconds=0.05)
    assert (reply.status, reply.faults) == ("ok", ("timeout",))
    assert reply.seconds >= 0.1


def test_without_a_limit_a_reply_has_the_time_that_the_server_needs() -> None:
    transport = MemoryTransport(lambda n, request: GOOD, seconds=0.05)
    reply = asyncio.run(over(transport).ask(request_of(0)))
    assert (reply.status, reply.faults) == ("ok", ())


def test_a_server_that_has_never_answered_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "LEAST", 0.02)
    monkeypatch.setattr(patience, "_READING", 0.0)
    monkeypatch.setattr(patience, "_SLOWEST", 1e6)
    (reply,), transport = ask(lambda n, request: HANG)
    assert (reply.status, reply.faults, len(transport.requests)) == ("timed_out", ("timeout",), 1)


def test_a_model_that_is_loaded_is_waited_for() -> None:
    loading = TransportFault(
        "http_503", retryable=True, status=503, body="Loading model", billed=False
    )
    (reply,), _ = ask(lambda n, request: loading if n < 9 else GOOD, breaker=3, breaker_seconds=0)
    assert (reply.status, reply.faults) == ("ok", ("http_503",) * 9)


class Queued:
    """A limit over time that lets the first request through at once, and all others later."""

    def __init__(self) -> None:
        self.admitted = 0

    async def admit(self, prompt_bytes: int) -> float:
        self.admitted += 1
        await asyncio.sleep(0.05 if self.admitted > 1 else 0.0)
        return 0.0

    def learn(self, *_: float) -> None:
        pass


def needs_room(number: int, request: ChatRequest) -> Completion | TransportFault:
    """Answer where a reply may have 500 tokens."""
    return GOOD if (request.max_output_tokens or 100) >= 500 else CUT


def test_calls_that_waited_for_a_limit_have_the_room_that_was_found_meanwhile() -> None:
    transport = MemoryTransport(needs_room)
    settings = LlmSpec(model="m", max_output_tokens=100)
    shared = replace(Shared.of(settings, transport), limits=Queued())

    async def main() -> None:
        gateway = Gateway(settings, transport, Kept(), shared=shared, backoff=QUICK)
        await asyncio.gather(*(gateway.ask(request_of(i)) for i in range(6)))

    asyncio.run(main())
    lengths = [request.max_output_tokens for request in transport.requests]
    assert lengths == [None] + [8100] * 6


def test_a_run_that_goes_on_has_the_room_that_it_had() -> None:
    transport = MemoryTransport(needs_room)
    settings = LlmSpec(model="m", max_output_tokens=100, max_tokens=10**6)
    spent = Usage(calls=2, output_tokens=600, longest=500, room=8100)
    gateway = Gateway(settings, transport, Kept(), spent=spent, backoff=QUICK)
    reply = asyncio.run(gateway.ask(request_of(0)))
    assert (reply.status, len(transport.requests)) == ("ok", 1)
    assert gateway.budget.surprise == ""


@pytest.mark.parametrize(
    ("text", "written", "is_asked"),
    [("I might", 100, True), ("I might", 8100, False), ('{"thought": "I', 100, False)],
)
def test_a_recorded_reply_that_was_cut_is_used_where_it_has_no_more_room(
    text: str, written: int, is_asked: bool
) -> None:
    transport = MemoryTransport(needs_room)
    settings = LlmSpec(model="m", max_output_tokens=100, on_failure="idle")
    cut = ChatReply(
        text, Status.truncated, 1.0, 1, (), 150, written, 0, "m", "h", reasoned=text[0] != "{"
    )
    reuse = {request_of(0).key: cut}
    gateway = Gateway(settings, transport, Kept(), reuse, backoff=QUICK)
    reply = asyncio.run(gateway.ask(request_of(0)))
    assert (reply.status == "ok", bool(transport.requests)) == (is_asked, is_asked)


class Warm(MemoryTransport):
    """Leaves the temperature out."""

    refused_parameters = ("temperature",)


def test_equal_requests_are_asked_apart_where_the_temperature_is_not_sent() -> None:
    transport = Warm(lambda n, request: GOOD, seconds=0.01)

    async def main() -> None:
        gateway = over(transport, temperature=0.0)
        await asyncio.gather(*(gateway.ask(request_of(0, step=3 + i)) for i in range(3)))

    asyncio.run(main())
    assert len(transport.requests) == 3
