"""HTTP over aiohttp: bounded in time and size, every failure named, no key in any of them."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.connection_faults import broken, other_scheme, speaks_tls
from econsim_mesa.llm.error_body import page_title
from econsim_mesa.llm.keys import Server
from econsim_mesa.llm.loop import forget_at_exit, run_at_exit
from econsim_mesa.llm.network_environment import proxy_for
from econsim_mesa.llm.refusals import refusal
from econsim_mesa.llm.server_identity import version_headers
from econsim_mesa.llm.transport import TransportFault

MAX_BODY = 2_000_000
"""Most bytes of a reply."""
_KEEP_ALIVE_SECONDS = 300.0  # longer than a step, so that each step finds its connections open
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_LONGEST_HEADER = 65_536
_PROXY_STATUSES = frozenset({None, 403, 407, *range(500, 512)})
"""Statuses that a proxy may have sent in place of the server."""
_ANY_HEADER = 32 + zlib.MAX_WBITS  # zlib reads a header of gzip or of its own


class HttpClient:
    """Connections to one server; each event loop has its own.

    Raises:
        BadInput: a proxy would see the key on its way.
    """

    def __init__(self, server: Server) -> None:
        self.server, self.url, self.host = server, server.address.base, server.address.server
        self._redactor = server.redactor
        self._proxy = proxy_for(server.address.scheme, self.host)
        if self._proxy and server.address.scheme == "http" and server.has_secret:
            raise BadInput(
                f"the key for {server.address.origin} would pass the proxy of http_proxy in clear; "
                f"use an https address, or go past the proxy: NO_PROXY={server.address.host}"
            )
        self._asked_for_tls = False
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout: float
    ) -> tuple[bytes, str | None]:
        """Post a body; return that of a successful reply, and the server's version headers.

        Raises:
            TransportFault: anything else came of it within ``timeout`` seconds.
        """
        fault: TransportFault
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange("POST", url, body, headers)
        except TransportFault as known:
            fault = known
        except TimeoutError:
            fault = TransportFault("timeout", retryable=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            fault = broken(error, self.url.startswith("https:"))
        if fault.kind == "reset" and await self._should_be_https():
            fault = other_scheme()
        # Raised outside of the handlers: inside, it would carry the caught error as its context,
        # and that error holds the request's headers with the key.
        raise self._explained(fault)

    async def get(self, url: str, headers: Mapping[str, str], timeout: float) -> bytes:
        """Return the body of a page within ``timeout`` seconds. Raises ``TransportFault``."""
        fault: TransportFault
        try:
            async with asyncio.timeout(timeout):
                return (await self._exchange("GET", url, None, headers))[0]
        except TransportFault as known:
            fault = known
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            fault = broken(error, self.url.startswith("https:"))
        raise fault  # out here, for the same reason

    async def close(self) -> None:
        """Close the connections of this event loop."""
        forget_at_exit(self.close)
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()

    async def _should_be_https(self) -> bool:
        """Whether a server that closed a plain connection speaks https; it is tried once."""
        if self._asked_for_tls or self._proxy is not None or self.url.startswith("https:"):
            return False
        self._asked_for_tls = True
        name, _, port = self.host.rpartition(":")
        return await speaks_tls(name.strip("[]"), int(port))

    def _explained(self, fault: TransportFault) -> TransportFault:
        """Name the proxy in a fault that it may have caused, and remove keys from the fault."""
        fault.body, fault.code = map(self._redactor.clean, (fault.body, fault.code))
        if self._proxy is not None and fault.status in _PROXY_STATUSES:
            proxy = urlsplit(self._proxy).netloc.rpartition("@")[2]
            without = self.host.rpartition(":")[0]
            way = f"through the proxy {proxy}; to go without it: NO_PROXY={without}"
            fault.body = f"{fault.body} ({way})".strip()
        return fault

    async def _exchange(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[bytes, str | None]:
        request = self._open().request(
            method, url, data=body, headers=headers, allow_redirects=False
        )
        async with request as response:
            try:
                content = await _read(response)
            except BaseException:
                response.close()  # what is left unread must not reach the next request
                raise
            if not 200 <= response.status < 300:
                text = self._redactor.clean(content.decode("utf-8", "replace"))
                raise refusal(response.status, text, response.headers, url)
            if content.lstrip()[:1] == b"<":
                text = self._redactor.clean(content[:20_000].decode("utf-8", "replace"))
                raise TransportFault("html", retryable=True, body=page_title(text)[:300])
            return content, version_headers(response.headers, self._redactor)

    def _open(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            connector = aiohttp.TCPConnector(
                limit=0, keepalive_timeout=_KEEP_ALIVE_SECONDS, ttl_dns_cache=300
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                proxy=self._proxy,
                max_line_size=_LONGEST_HEADER,
                max_field_size=_LONGEST_HEADER,
            )
            self._loop = loop
            run_at_exit(self.close)
        return self._session


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read a body up to the limit; unpack one that was packed though nobody asked for it."""
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity" and encoding not in _PACKED:
        raise TransportFault("encoded", retryable=False, body=encoding[:50])
    parts = []
    size = 0
    while part := await response.content.readany():
        size += len(part)
        if size > MAX_BODY:
            raise TransportFault("too_large", retryable=True)
        parts.append(part)
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    return body if encoding == "identity" else _unpacked(body)


def _unpacked(body: bytes) -> bytes:
    """Unpack a body, up to the limit."""
    unpacker = zlib.decompressobj(_ANY_HEADER)
    try:
        content = unpacker.decompress(body, MAX_BODY)
    except zlib.error:
        raise TransportFault("encoded", retryable=True) from None
    if unpacker.unconsumed_tail:
        raise TransportFault("too_large", retryable=True)
    return content
