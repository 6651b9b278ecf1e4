"""Serve the page of the dashboard: the server's settings, and the requests that it accepts."""

from __future__ import annotations

import os
import socket
import threading
import warnings
import webbrowser
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, NamedTuple

from econsim_mesa.errors import BadInput

PAGE = "econsim_mesa.visualization.app"
GIVEN = "ECONSIM_DASHBOARD"
"""Environment variable with the scenario or folder to open; see ``visualization.session``."""
LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})
_SETTINGS = {
    "SOLARA_APP": PAGE,
    "SOLARA_MODE": "production",
    "SOLARA_THEME_TITLE": "econsim",
    "SOLARA_THEME_SHOW_BANNER": "false",
    "SOLARA_TELEMETRY_MIXPANEL_ENABLE": "false",
    "SOLARA_KERNEL_CULL_TIMEOUT": "1h",
    "SOLARA_SESSION_SAME_SITE": "strict",
}
"""Environment variables that Solara reads at its import: it must not contact other machines."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]


class Address(NamedTuple):
    """The address of the page."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The address in the form for a browser."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


class Guard:
    """Accepts only requests of the page itself, because other web sites can send requests too.

    ``hosts`` are the names under which the page may be requested; None allows any, for a page at an
    address that other machines reach. A request with an origin must come from the same host.
    """

    def __init__(self, app: Asgi, hosts: Iterable[str] | None) -> None:
        self._app = app
        self._hosts = None if hosts is None else frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with status 403."""
        if scope["type"] not in ("http", "websocket") or self._welcome(dict(scope["headers"])):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": []})
            await send({"type": "http.response.body", "body": b"not from this page"})

    def _welcome(self, headers: dict[bytes, bytes]) -> bool:
        host = headers.get(b"host", b"").decode("latin-1")
        origin = headers.get(b"origin", b"").decode("latin-1")
        if self._hosts is not None and _name(host) not in self._hosts:
            return False
        return not origin or origin.partition("://")[2] == host


def _name(host: str) -> str:
    """Return a host without its port.

    >>> _name("127.0.0.1:8765"), _name("[::1]:8765"), _name("localhost")
    ('127.0.0.1', '::1', 'localhost')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def bind(host: str, port: int) -> tuple[socket.socket, Address]:
    """Bind a port of this machine, or any free one for 0. Raises ``BadInput`` if it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen()
    except (OSError, OverflowError) as error:
        bound.close()
        raise BadInput(
            f"cannot listen at {host}, port {port}: {error}; choose another one with --port"
        ) from error
    return bound, Address(host, bound.getsockname()[1])


def serve(
    bound: socket.socket, address: Address, given: str, ready: Callable[[], None], *, browser: bool
) -> None:
    """Serve the page until a signal; ``ready`` is called when it answers.

    ``given`` is what the page opens. Raises ``KeyboardInterrupt`` after Ctrl-C.
    """
    os.environ.update(_SETTINGS, **{GIVEN: given})
    warnings.filterwarnings("ignore", message="Cookies with samesite")  # Solara falls back itself
    import uvicorn
    from solara.server.starlette import app  # reads the settings, and imports the page

    guarded = Guard(app, LOCAL if address.host in LOCAL else None)
    config = uvicorn.Config(guarded, log_level="error", access_log=False, lifespan="on")
    server = uvicorn.Server(config)

    def announce() -> None:
        while not server.started and not server.should_exit:
            threading.Event().wait(0.05)
        ready()
        if browser:
            webbrowser.open(address.url)

    threading.Thread(target=announce, daemon=True).start()
    server.run(sockets=[bound])
