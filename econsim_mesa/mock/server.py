"""Running the mock server: in this process until told to stop, in a thread, or in a process."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import IO, Any, Self
from urllib.request import ProxyHandler, build_opener

from aiohttp import web

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.mock.app import MockApp
from econsim_mesa.mock.settings import Settings

HOST = "127.0.0.1"
_BACKLOG = 4096
_START_SECONDS = 60.0
_KEEP_ALIVE = 3600.0


async def serve(
    app: MockApp, port: int, ready: Callable[[int], None], stop: Callable[[], Awaitable[Any]]
) -> None:
    """Serve on this machine only until ``stop`` returns; ``ready`` is told the port.

    ``port`` 0 takes a free one. Raises ``BadInput`` if the port cannot be had.
    """
    runner = web.AppRunner(
        app.application(), access_log=None, keepalive_timeout=_KEEP_ALIVE, shutdown_timeout=0.2
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, HOST, port, backlog=_BACKLOG)
        try:
            await site.start()
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise BadInput(f"cannot listen at {HOST}:{port}: {reason}; give another port") from None
        ready(int(runner.addresses[0][1]))
        await stop()
    finally:
        await runner.cleanup()


class MockServer:
    """A mock server on a free port of this machine, for as long as the ``with`` block lasts.

    ``process``: as a process of its own (for benchmarks), else a thread of this one. ``options``
    are fields of ``Settings``. Raises ``EconSimError`` if it does not start.

    ``base_url`` is what a client needs, ``stats()`` the counts so far.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        port: int = 0,
        process: bool = False,
        **options: Any,
    ) -> None:
        if settings is not None and options:
            raise BadInput("give settings or their fields, not both")
        self.settings = settings or Settings(**options)
        self._wanted = port
        self._running: _Thread | _Process | None = None
        self._kind = _Process if process else _Thread
        self.port = 0

    @property
    def base_url(self) -> str:
        """The address up to ``/v1``."""
        return f"http://{HOST}:{self.port}/v1"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and return when it listens."""
        if self._running is None:
            self._running = self._kind(self.settings, self._wanted)
            self.port = self._running.port

    def stop(self) -> None:
        """Stop: connections are closed, requests in flight dropped."""
        if self._running is not None:
            self._running.stop()
            self._running = None

    def stats(self) -> dict[str, object]:
        """Return the counts of ``GET /mock/stats``."""
        opener = build_opener(ProxyHandler({}))
        with opener.open(f"http://{HOST}:{self.port}/mock/stats", timeout=30) as reply:
            counts: dict[str, object] = json.load(reply)
        return counts


class _Thread:
    """The server on an event loop in a thread."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.port = 0
        self._errors: list[BaseException] = []
        self._ready, self._loop = threading.Event(), asyncio.new_event_loop()
        self._stop = asyncio.Event()
        app = MockApp(settings)
        self._thread = threading.Thread(
            target=self._run, args=(app, port), name="econsim-mock-server", daemon=True
        )
        self._thread.start()
        self._ready.wait()
        if self._errors:
            self._thread.join()
            raise self._errors[0]

    def _run(self, app: MockApp, port: int) -> None:
        try:
            self._loop.run_until_complete(serve(app, port, self._listening, self._stop.wait))
        except BaseException as error:  # handed to the thread that waits
            self._errors.append(error)
        finally:
            self._loop.close()
            self._ready.set()

    def _listening(self, port: int) -> None:
        self.port = port
        self._ready.set()

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


class _Process:
    """The server as a child process, which ends when its standard input does."""

    def __init__(self, settings: Settings, port: int) -> None:
        task = {"settings": settings.to_json(), "port": port}
        path = os.pathsep.join(part or os.getcwd() for part in sys.path)
        self._child = subprocess.Popen(
            [sys.executable, "-m", "econsim_mesa.mock"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "PYTHONPATH": path},
        )
        self._input, self._output = _pipes(self._child)
        self._input.write(json.dumps(task) + "\n")
        self._input.flush()
        line = self._output.readline()
        message = json.loads(line) if line.strip() else {"error": "it ended at once"}
        if "port" not in message:
            self.stop()
            raise BadInput(message["error"])
        self.port = int(message["port"])

    def stop(self) -> None:
        """End the process."""
        self._input.close()
        try:
            self._child.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._output.close()


def _pipes(child: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    if child.stdin is None or child.stdout is None:
        raise EconSimError("the mock server's process has no pipes")
    return child.stdin, child.stdout
