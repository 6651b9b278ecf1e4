"""How long all calls will take, what they will use, and how sure that is, by those so far."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from fault_server import ANSWER, Kept, request_of
from memory_transport import MemoryTransport

from econsim_mesa.llm import ChatRequest, Completion, Gateway
from econsim_mesa.llm.gateway import Shared
from econsim_mesa.llm.messages import DECISION, REPAIR
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.speed import Speed
from econsim_mesa.scenario.llm import LlmSpec, Price

SPEC = LlmSpec(model="m", prices={"m": Price(input=1, output=10)})
REPLY = Completion(ANSWER, "stop", None, 150, 20, 0, "m")


def progress_after(replies: int, *, repairs: int = 0) -> Progress:
    """Return the progress after replies, each of which took 15 seconds, and repair turns."""
    now = [0.0]

    def answer(number: int, request: ChatRequest) -> Completion:
        now[0] += 15 if number < replies else 0
        return REPLY

    async def main() -> Progress:
        transport = MemoryTransport(answer)
        shared = replace(Shared.of(SPEC, transport), speed=Speed(lambda: now[0]))
        gateway = Gateway(SPEC, transport, Kept(), shared=shared)
        for number in range(replies + repairs):
            call = DECISION if number < replies else REPAIR
            await gateway.ask(request_of(number, call=call))
        return gateway.progress

    return asyncio.run(main())


@pytest.mark.parametrize("calls", [None, 3600])
def test_after_too_few_replies_nothing_is_said(calls: int | None) -> None:
    assert progress_after(2).forecast(calls) is None


def test_all_calls_take_the_time_and_the_tokens_of_these() -> None:
    told = progress_after(4).forecast(3600)
    assert told is not None
    assert told.seconds == pytest.approx(15 * 3600)
    assert told.text == (
        "this server answers about 4 calls a minute; if it stays as fast, 3,600 calls take about "
        "15 hours (7.5 hours to 30 hours, by 4 replies), 612.0k tokens, $1.26"
    )


def test_what_may_be_fewer_calls_is_at_most() -> None:
    told = progress_after(4).forecast(3600, at_most=True)
    assert told is not None
    assert "at most 3,600 calls take at most about 15 hours" in told.text
    assert "at most 612.0k tokens, $1.26" in told.text


def test_repair_turns_are_no_calls_and_their_tokens_count() -> None:
    told = progress_after(4, repairs=4).forecast(3600)
    assert told is not None
    assert "4 calls a minute" in told.text
    assert "1.2M tokens, $2.52" in told.text


def test_where_the_number_of_calls_is_not_known_the_speed_is_all() -> None:
    told = progress_after(4).forecast(None)
    assert told is not None
    assert told.text == "this server answers about 4 calls a minute"
