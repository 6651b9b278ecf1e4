"""The strictest format that a server knows is found once and remembered."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fault_server import FaultServer, Kept, gateway, request_of

REFUSALS = [
    "400:'response_format.type' must be 'text'",
    "404:json_schema is not known here",
    "422:extra inputs are not permitted: response_format",
    "501:unsupported",
]


def knows(*formats: str, refusal: str) -> Any:
    def script(number: int, body: dict[str, Any]) -> str:
        return "ok" if body.get("response_format", {}).get("type", "text") in formats else refusal

    return script


def asked_formats(server: FaultServer) -> list[str]:
    return [body.get("response_format", {}).get("type", "text") for body in server.bodies]


@pytest.mark.parametrize("client", ["direct", "langchain"])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_going_down_is_remembered_and_no_failure(client: str, refusal: str) -> None:
    async def main() -> list[str]:
        script = knows("text", refusal=refusal)
        async with FaultServer(script) as server:
            asked = gateway(server, client=client, max_attempts=1, breaker=1, max_calls=2)
            first = await asked.ask(request_of(0))
            second = await asked.ask(request_of(1))
            await asked.close()
            assert (first.status, first.attempts, first.faults) == ("ok", 1, ())
            assert (second.status, second.attempts) == ("ok", 1)
            assert asked.budget.usage.calls == 2
            return asked_formats(server)

    assert asyncio.run(main()) == ["json_schema", "json_object", "text", "text"]


def test_calls_under_way_go_down_together() -> None:
    kept = Kept()

    async def main() -> FaultServer:
        script = knows("json_object", "text", refusal=REFUSALS[0])
        async with FaultServer(script, seconds=0.02) as server:
            asked = gateway(server, kept)
            await asyncio.gather(*(asked.ask(request_of(i)) for i in range(20)))
            await asyncio.gather(*(asked.ask(request_of(i)) for i in range(20, 40)))
            await asked.close()
            return server

    formats = asked_formats(asyncio.run(main()))
    assert formats == ["json_schema"] * 20 + ["json_object"] * 40
    assert {reply.status for _, reply in kept} == {"ok"}


@pytest.mark.parametrize(
    ("wanted", "refusal"), [("json_schema", REFUSALS[0]), ("auto", "400:the prompt is too long")]
)
def test_another_fault_or_a_fixed_format_is_a_failure(wanted: str, refusal: str) -> None:
    async def main() -> FaultServer:
        async with FaultServer(knows("text", refusal=refusal)) as server:
            asked = gateway(server, response_format=wanted)
            reply = await asked.ask(request_of(0))
            await asked.close()
            assert (reply.status, reply.faults) == ("failed", ("http_400",))
            return server

    assert asked_formats(asyncio.run(main())) == ["json_schema"]


def test_a_server_that_refuses_all_formats_fails_in_the_last() -> None:
    async def main() -> FaultServer:
        async with FaultServer(lambda n, body: REFUSALS[3]) as server:
            asked = gateway(server)
            reply = await asked.ask(request_of(0))
            await asked.close()
            assert (reply.status, reply.faults) == ("failed", ("http_501",))
            return server

    assert asked_formats(asyncio.run(main())) == ["json_schema", "json_object", "text"]
