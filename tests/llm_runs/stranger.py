"""A server that writes down every byte it is sent, under names that are not this machine's."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from forms import idle


class Everywhere(AbstractResolver):
    """Finds this machine under every name, so that no test asks another one."""

    def __init__(self, **_options: Any) -> None:
        pass

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        """Return this machine."""
        return [{"hostname": host, "host": "127.0.0.1", "port": port,
                 "family": 2, "proto": 0, "flags": 0}]  # fmt: skip

    async def close(self) -> None:
        """Do nothing."""


class Listening:
    """Plays a server of ``name``; ``heard`` holds each request, headers and body, as text.

    ``elsewhere``: an address to which it redirects. ``echo``: it says in its replies what it heard.
    """

    def __init__(self, name: str = "stranger.test") -> None:
        self.name, self.elsewhere, self.echo = name, "", False
        self.heard: list[str] = []

    def __enter__(self) -> Listening:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_words: Any) -> None:
                pass

        for method in ("GET", "POST", "CONNECT"):
            setattr(Handler, f"do_{method}", lambda request: outer.answer(request))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def origin(self) -> str:
        return f"http://{self.name}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        """Write down a request, and answer it."""
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
        heard = f"{request.requestline}\n{request.headers}\n{body}"
        self.heard.append(heard)
        if self.elsewhere:
            request.send_response(307)
            request.send_header("Location", f"{self.elsewhere}/chat/completions")
        else:
            request.send_response(502 if request.command == "CONNECT" else 200)
        content = json.dumps(self._completion(request.path)).encode()
        request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(content)))
        request.send_header("Server", f"nobody {request.path}" if self.echo else "nobody")
        request.end_headers()
        request.wfile.write(content)

    def _completion(self, path: str) -> dict[str, Any]:
        reply = {"role": "assistant", "content": idle()}
        echo = path if self.echo else "mock"
        return {
            "model": echo,
            "system_fingerprint": echo,
            "data": [{"id": "mock", "owned_by": echo}],
            "choices": [{"index": 0, "message": reply, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 900, "completion_tokens": 20},
        }
