"""Another provider, if installed: a run by LangChain's Ollama against a double of its server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from forms import idle
from llm_town import HOUSEHOLDS, asking, outcomes
from recorded import keep, rows

from econsim_mesa.llm import loop
from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.replay import replay
from econsim_mesa.society.model import EconModel

pytest.importorskip("langchain", reason="the extra 'providers' is not installed")
pytest.importorskip("langchain_ollama", reason="the extra 'providers' is not installed")

STEPS = 2


class Ollama:
    """Speaks as an Ollama server; every third answer talks around the JSON, and the first fails."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    async def chat(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        if len(self.bodies) == 1:
            return web.json_response({"error": "loading the model"}, status=503)
        text = idle()
        if len(self.bodies) % 3 == 0:
            text = f"Sure! Here it is:\n{text}\nAnything else?"
        said = {
            "model": "tiny",
            "created_at": "2025-12-19T09:00:00Z",
            "message": {"role": "assistant", "content": text},
            "done": True,
            "done_reason": "stop",
            "prompt_eval_count": 900,
            "eval_count": 40,
        }
        return web.Response(text=json.dumps(said) + "\n", content_type="application/x-ndjson")

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        app = web.Application()
        app.router.add_post("/api/chat", self.chat)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        finally:
            await self.runner.cleanup()

    async def forsaken(self) -> bool:
        """Wait until nobody holds a connection; return False if somebody goes on doing so."""
        for _ in range(1000):
            if self.runner.server is None or not self.runner.server.connections:
                return True
            await asyncio.sleep(0.01)
        return False


def test_a_run_by_another_provider(tmp_path: Path) -> None:
    ollama = Ollama()
    serving = ollama.serving()
    url = loop.run(serving.__aenter__())
    try:
        town = asking(url, "langchain", steps=STEPS, llm__provider="ollama", llm__model="tiny")
        folder = keep(EconModel(town, seed=1), tmp_path / "run")
        assert loop.run(ollama.forsaken())  # connections are closed with the run
    finally:
        loop.run(serving.__aexit__(None, None, None))
    calls = rows(folder, "calls")
    assert len(calls) == HOUSEHOLDS * STEPS
    assert len(ollama.bodies) == len(calls) + 1  # the attempt that failed
    assert {row[4] for row in calls} == {"ok"}
    assert [row[10] for row in calls if row[10]] == ["http_503"]
    assert {(row[7], *row[11:13]) for row in calls} == {("tiny", 900, 40)}
    ended = outcomes(folder)
    assert set(ended) == {"accepted", "repaired"}  # talk around JSON is mended by rule
    assert sum(ended.values()) == len(calls)
    sent = prompt_at(folder, "H1", 1)
    assert sent.exchanges[0].proven
    assert {one["role"] for one in ollama.bodies[-1]["messages"]} == {"system", "user"}
    assert {one["options"]["num_predict"] for one in ollama.bodies} == {800}  # else no cap holds
    assert any(one["messages"][1]["content"] == sent.user for one in ollama.bodies)
    assert replay(folder) == STEPS
