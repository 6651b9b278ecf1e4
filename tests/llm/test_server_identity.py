"""What a server tells of itself comes with each reply, and nothing that may be a secret does."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from fault_server import ask, completion

from econsim_mesa.llm import connect
from econsim_mesa.llm.keys import name_servers
from econsim_mesa.llm.redact import Redactor
from econsim_mesa.llm.server_identity import MOST_CHARACTERS, clean_label, version_headers
from econsim_mesa.llm.transport import Completion
from econsim_mesa.scenario.llm import LlmSpec

KEY = "sk-Canary+7/Zq=9xW_kk-0417"
HEADERS = {
    "Server": "uvicorn",
    "OpenAI-Version": "2020-10-01",
    "X-Engine-Version": f"0.9 {KEY}",
    "OpenAI-Organization": "somebody",
    "X-Request-Id": "abc",
    "Set-Cookie": "who=me",
}
TOLD = "openai-version 2020-10-01, server uvicorn, x-engine-version 0.9 [key removed]"
CLIENTS = ["direct", "langchain"]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_revision_is_known_and_its_absence_too(client: str) -> None:
    named = json.dumps(completion(system_fingerprint="fp_1\n2"))
    strange = json.dumps(completion(system_fingerprint=["fp"]))
    replies, _, _ = ask(lambda n, body: (named, strange, "ok")[n], count=3, client=client)
    assert [reply.revision for reply in replies] == ["fp_1 2", None, None]
    assert {reply.server for reply in replies} == {replies[0].server}
    assert str(replies[0].server).startswith("server Python/")


def spec(port: int, **changes: Any) -> LlmSpec:
    name_servers([f"http://127.0.0.1:{port}"])
    return LlmSpec.model_validate(
        {"model": "ours", "base_url": f"http://127.0.0.1:{port}/v1", **changes}
    )


async def served(app: web.Application) -> tuple[web.AppRunner, int]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, int(runner.addresses[0][1])


@pytest.mark.parametrize("client", CLIENTS)
def test_headers_that_name_a_version_are_kept_and_no_other(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fault_server import request_of

    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(completion(), headers=HEADERS)

    async def main() -> list[Completion]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", answer)
        runner, port = await served(app)
        heard: list[Completion] = []
        asked = connect(spec(port, client=client))
        try:
            await asked.send(request_of(0), "text", 30, heard.append)
        finally:
            await asked.close()
            await runner.cleanup()
        return heard

    assert asyncio.run(main())[0].server == TOLD


def test_what_is_told_is_short_and_without_the_key() -> None:
    redactor = Redactor(KEY)
    assert version_headers({}, redactor) is None
    assert (
        len(str(version_headers({f"x{n}-version": "9" * 150 for n in range(9)}, redactor)))
        == MOST_CHARACTERS
    )
    assert clean_label("x" * 500 + KEY, redactor) == "x" * MOST_CHARACTERS
    assert clean_label(f"a\x1b[31m{KEY}", redactor) == "a [31m[key removed]"
    assert [clean_label(value, redactor) for value in ("", None, 7, {"a": 1})] == [None] * 4


ENTRIES: dict[str, tuple[Any, Any]] = {
    "vLLM": (
        {"data": [{"id": "other"}, {"id": "ours", "root": "/data/me/hub/ours", "created": 7,
                                    "owned_by": "vllm", "max_model_len": 4096}]},
        {"id": "ours", "root": "hub/ours", "created": 7, "owned_by": "vllm", "max_model_len": 4096},
    ),
    "alone under another name": ({"data": [{"id": "/m/a.gguf"}]}, {"id": "m/a.gguf"}),
    "an account is left out": (
        {"data": [{"id": "ours", "owned_by": "org-7", "permission": [KEY], "created": True}]},
        {"id": "ours"},
    ),
    "others only": ({"data": [{"id": "a"}, {"id": "b"}]}, None),
    "no list": ({"data": {"id": "ours"}}, None),
    "no object": (["ours"], None),
    "entries of no form": ({"data": ["ours", None, 3]}, None),
}  # fmt: skip


@pytest.mark.parametrize("what", [*ENTRIES, "no page", "no JSON", "no UTF-8", "deep"])
def test_the_list_of_models_says_what_ours_is(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    odd = {"no JSON": b"<html>", "no UTF-8": b"\xff\xfe{", "deep": b"[" * 100_000}
    content, expected = ENTRIES.get(what, (None, None))

    async def models(request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        if what == "no page":
            return web.Response(status=404)
        return web.Response(body=odd.get(what) or json.dumps(content).encode())

    async def main() -> str | None:
        app = web.Application()
        app.router.add_get("/v1/models", models)
        runner, port = await served(app)
        try:
            return await about(port)
        finally:
            await runner.cleanup()

    told = asyncio.run(main())
    assert (None if told is None else json.loads(told)) == expected


def test_no_server_tells_nothing() -> None:
    assert asyncio.run(about(9)) is None


async def about(port: int) -> str | None:
    client = connect(spec(port))
    try:
        return await client.model_entry()
    finally:
        await client.close()
