"""The commands of econsim as processes of their own, in a folder, for as long as a block lasts."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

from chrome import until

BADLY = re.compile(r"Traceback|^ERROR|\bError\b|CRITICAL", re.MULTILINE)
"""What no log of a server may hold."""


class Running(NamedTuple):
    """A process, where it writes, and where it answers."""

    pid: int
    log: Path
    url: str

    def said(self) -> str:
        """Return what it wrote so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Return whether somebody answers there."""
    with suppress(OSError), urlopen(url, timeout=5) as reply:
        return bool(reply.status == 200)
    return False


@contextmanager
def serving(folder: Path, path: str, *arguments: str, **environment: str) -> Iterator[Running]:
    """Run a command that serves, with ``--port``, until the end of the block.

    ``path`` is what must answer before the block begins.
    """
    port = free_port()
    log = folder / f"{arguments[0]}-{port}.log"
    command = [sys.executable, "-m", "econsim_mesa", *arguments, "--port", str(port)]
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    running = Running(process.pid, log, f"http://127.0.0.1:{port}")
    try:
        until(lambda: answers(running.url + path) or process.poll(), 120, running.said())
        assert process.poll() is None, running.said()
        yield running
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def dashboard(folder: Path, *what: str, **environment: str) -> Iterator[Running]:
    """Serve the dashboard, and find nothing bad in its log at the end."""
    with serving(folder, "/", "dashboard", *what, "--no-browser", **environment) as running:
        yield running
    said = running.said()
    assert not BADLY.search(said), _headlines(said)


def _headlines(log: str) -> str:
    """Return the lines of a log without those of its stacks, the last ones last."""
    return "\n".join(line for line in log.splitlines() if line[:1].strip())


@contextmanager
def mock_server(folder: Path, *options: str) -> Iterator[Running]:
    """Serve the stand-in for a language model."""
    with serving(folder, "/v1/models", "mock-server", *options) as running:
        yield running


def econsim(folder: Path, *arguments: str) -> str:
    """Run an econsim command to its end, which must be a good one; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "econsim_mesa", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
