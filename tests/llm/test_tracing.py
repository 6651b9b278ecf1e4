"""LangSmith traces calls where its usual variables ask for it, and is off without them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CANARY = "sk-Canary+7/Zq=9xW_kk-0419"
CODE = """
from fault_server import ask
from langchain_core.tracers.langchain import wait_for_all_tracers

replies, server, kept = ask(lambda n, body: "ok", client="langchain")
wait_for_all_tracers()
print(replies[0].status)
"""


@contextmanager
def collecting(heard: list[bytes]) -> Iterator[str]:
    """Serve as LangSmith does, as far as a client sees it; keep what is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(self.rfile.read(int(self.headers.get("Content-Length", 0))))
            self._answer()

        def _answer(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_GET(self) -> None:
            self._answer()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("asked_for", [False, True])
def test_calls_are_traced_only_where_asked_for(asked_for: bool) -> None:
    heard: list[bytes] = []
    with collecting(heard) as url:
        there = {"LANGSMITH_ENDPOINT": url, "LANGSMITH_API_KEY": "ls-0123456789"}
        on = {"LANGSMITH_TRACING": "true"} if asked_for else {}
        path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
        done = subprocess.run(
            [sys.executable, "-c", CODE],
            env={**os.environ, **there, **on, "PYTHONPATH": path, "OPENAI_API_KEY": CANARY},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout.strip() == "ok", done.stderr
    assert bool(heard) is asked_for
    assert not any(CANARY.encode() in body for body in heard)
