"""LangSmith traces calls where its usual variables ask for it, and is off without them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from one_answer import answering

pytestmark = pytest.mark.soak  # processes of their own

CANARY = "sk-Canary+7/Zq=9xW_kk-0419"
CODE = """
from fault_server import ask
from langchain_core.tracers.langchain import wait_for_all_tracers

replies, server, kept = ask(lambda n, body: "ok", client="langchain")
wait_for_all_tracers()
print(replies[0].status)
"""


@pytest.mark.parametrize("asked_for", [False, True])
def test_calls_are_traced_only_where_asked_for(asked_for: bool) -> None:
    heard: list[bytes] = []  # by a server that does as LangSmith, as far as a client sees it
    with answering(200, b"{}", heard) as url:
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
