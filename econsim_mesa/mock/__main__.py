"""The mock server as a child process: a task on standard input, a port on standard output."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import threading

from econsim_mesa.errors import EconSimError
from econsim_mesa.mock.app import MockApp
from econsim_mesa.mock.server import serve
from econsim_mesa.mock.settings import Settings


def main() -> int:
    """Serve the task of the first line of standard input until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    task = json.loads(sys.stdin.readline())
    try:
        app = MockApp(Settings.from_json(task["settings"]))
        asyncio.run(serve(app, task["port"], _tell, _parent_gone))
    except EconSimError as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return error.exit_code
    return 0


def _tell(port: int) -> None:
    print(json.dumps({"port": port}), flush=True)


async def _parent_gone() -> None:
    """Return when standard input ends."""
    loop, gone = asyncio.get_running_loop(), asyncio.Event()

    def watch() -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdin.read()
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(gone.set)

    threading.Thread(target=watch, daemon=True).start()
    await gone.wait()


if __name__ == "__main__":
    sys.exit(main())
