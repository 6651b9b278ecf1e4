"""The guard of conftest.py is itself tested: each planted fault must make its test fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import asyncio, os, socket, threading
from pathlib import Path
import pytest
from hypothesis import given, strategies

OUTSIDE = ("192.0.2.1", 80)

def test_fails_connect():
    with pytest.raises(RuntimeError):
        socket.create_connection(OUTSIDE, timeout=1)

def test_fails_swallowed_in_thread():
    def call():
        try:
            socket.getaddrinfo("example.org", 443)
        except Exception:
            pass
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()

def test_fails_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(RuntimeError):
        sock.sendto(b"x", OUTSIDE)

def test_fails_asyncio():
    with pytest.raises(RuntimeError):
        asyncio.run(asyncio.open_connection(*OUTSIDE))

@given(strategies.integers())
def test_passes_local(n):
    async def talk():
        server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            _, writer = await asyncio.open_connection("localhost", port)
            writer.close()
            await writer.wait_closed()
    if n == 0:
        asyncio.run(talk())

def test_passes_unix(tmp_path):
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("s")
        server.listen()
        client.connect("s")

def test_passes_isolation(tmp_path):
    assert "OPENAI_API_KEY" not in os.environ
    assert Path.cwd() == tmp_path
    assert str(Path.home()) != os.environ["REAL_HOME"]
"""


@pytest.mark.parametrize(
    "workers",
    [
        pytest.param(["-p", "no:xdist"], id="alone"),
        pytest.param(["-n", "1"], id="xdist", marks=pytest.mark.soak),
    ],
)
def test_guard_fails_what_reaches_out_and_nothing_else(
    workers: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings = error\naddopts = -p no:langsmith_plugin\n"
    )
    (tmp_path / "test_planted.py").write_text(TESTS)
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    monkeypatch.setenv("REAL_HOME", str(Path.home()))
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "no:cacheprovider", *workers]
    report = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    failed = {"connect", "swallowed_in_thread", "datagram", "asyncio"}
    for name in failed:
        assert f"ERROR test_planted.py::test_fails_{name}" in report, report
    assert "7 passed, 4 errors" in report, report


def test_no_two_files_of_tests_share_a_name() -> None:
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]
    assert sorted(names) == sorted(set(names)), "pytest collects only the first of two"
