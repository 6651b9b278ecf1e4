"""The page is served to this machine, and to the page itself, only; bad input is one line."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.cli import main
from econsim_mesa.cli.dashboard import HOST
from econsim_mesa.cli.page_server import LOCAL, Guard, bind
from econsim_mesa.errors import BadInput


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "no bundled scenario"),
        (["--port", "x"], "whole number"),
        (["--port", "99999"], "--port"),
        (["--host", "203.0.113.1"], "cannot listen"),
    ],
)
def test_bad_input_is_told_before_anything_is_served(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dashboard", "--no-browser", *words]) == 2
    told = capsys.readouterr()
    assert says in told.err
    assert "Traceback" not in told.err


def test_a_folder_without_a_run_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dashboard", str(tmp_path), "--no-browser"]) == 2
    assert "not the folder of a run" in capsys.readouterr().err


def test_it_listens_at_this_machine_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")
    assert HOST == "127.0.0.1"
    bound, address = bind(HOST, 0)
    with bound:
        assert bound.getsockname()[0] == "127.0.0.1"
        assert address.url == f"http://127.0.0.1:{address.port}"
        with pytest.raises(BadInput, match=f"port {address.port}.*--port"):
            bind(HOST, address.port)


def answer(hosts: frozenset[str] | None, kind: str = "http", **headers: str) -> object:
    """Return the status that a request with some headers gets; 200: it was let in."""
    sent: list[dict[str, Any]] = []

    async def inside(scope: Any, receive: Any, send: Any) -> None:
        await send({"status": 200})

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(Guard(inside, hosts)({"type": kind, "headers": given}, receive, send))
    return sent[0].get("status", sent[0].get("code"))


def test_other_sites_are_kept_out() -> None:
    here = "127.0.0.1:8765"
    assert answer(LOCAL, host=here) == 200
    assert answer(LOCAL, host=here, origin=f"http://{here}") == 200
    assert answer(LOCAL, host="localhost:1", origin="http://localhost:1") == 200
    assert answer(LOCAL, host="rebound.example:8765") == 403
    assert answer(LOCAL) == 403
    assert answer(LOCAL, host=here, origin="https://elsewhere.example") == 403
    assert answer(LOCAL, host=here, origin="null") == 403
    assert answer(LOCAL, host=here, origin="http://127.0.0.1:9999") == 403
    assert answer(LOCAL, "websocket", host=here, origin="https://elsewhere.example") == 1008
    assert answer(LOCAL, "websocket", host=here, origin="http://127.0.0.1:9999") == 1008
    assert answer(LOCAL, "websocket", host=here, origin=f"http://{here}") == 200
    assert answer(None, host="town.example", origin="http://town.example") == 200
    assert answer(None, host="town.example", origin="http://elsewhere.example") == 403


def test_a_port_is_given_back_after_a_refusal() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInput):
            bind(HOST, port)
    bound, _ = bind(HOST, port)
    bound.close()
