"""One POST over aiohttp: bounded in time and size, every failure named, no key in any of them."""

from __future__ import annotations

import asyncio
import ssl
import zlib
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.client import ClientFault
from econsim_mesa.llm.environment import proxy_for
from econsim_mesa.llm.loop import closed, on_exit
from econsim_mesa.llm.redact import Redactor
from econsim_mesa.llm.refusals import refusal
from econsim_mesa.llm.told import versions

MAX_BODY = 2_000_000
"""Most bytes of a reply."""
_KEEP_ALIVE_SECONDS = 300.0  # longer than a step, so that each step finds its connections open
_PACKED = frozenset({"gzip", "x-gzip", "deflate"})
_ANY_HEADER = 32 + zlib.MAX_WBITS  # of gzip or of zlib, whichever stands there


class Wire:
    """Connections to one server; those of an event loop are its own."""

    def __init__(self, url: str, redactor: Redactor) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        except (ValueError, KeyError):
            port = 0
        if not parts.hostname or not port:
            raise BadInput(
                f"llm.base_url {url!r} is not an address such as http://127.0.0.1:8000/v1"
            )
        self.url = url.rstrip("/")
        name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.host = f"{name}:{port}"
        self._redactor = redactor
        self._proxy = proxy_for(parts.scheme, self.host)
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], timeout: float
    ) -> tuple[bytes, str | None]:
        """Return the body of a reply with status 200, and what its headers tell of the server.

        Raises ``ClientFault``.
        """
        fault: ClientFault
        try:
            async with asyncio.timeout(timeout):
                return await self._exchange("POST", url, body, headers)
        except ClientFault as named:
            fault = named
        except TimeoutError:
            fault = ClientFault("timeout", retryable=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            fault = _broken(error)
        # Raised out here, so that it drags along no error that holds the request's headers.
        raise fault

    async def get(self, url: str, headers: Mapping[str, str], timeout: float) -> bytes:
        """Return the body of a page. Raises ``ClientFault``."""
        fault: ClientFault
        try:
            async with asyncio.timeout(timeout):
                return (await self._exchange("GET", url, None, headers))[0]
        except ClientFault as named:
            fault = named
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            fault = _broken(error)
        raise fault  # out here: see above

    async def close(self) -> None:
        """Close the connections of this event loop."""
        closed(self.close)
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()

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
            if response.status != 200:
                said = self._redactor.clean(content.decode("utf-8", "replace"))
                raise refusal(response.status, said, response.headers)
            return content, versions(response.headers, self._redactor)

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
            )
            self._loop = loop
            on_exit(self.close)
        return self._session


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read a body up to the limit; one that is packed, which nobody asked for, is unpacked."""
    encoding = response.headers.get("Content-Encoding", "identity").lower()
    if encoding != "identity" and encoding not in _PACKED:
        raise ClientFault("encoded", retryable=False)
    parts = []
    size = 0
    while part := await response.content.readany():
        size += len(part)
        if size > MAX_BODY:
            raise ClientFault("too_large", retryable=True)
        parts.append(part)
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    return body if encoding == "identity" else _unpacked(body)


def _unpacked(body: bytes) -> bytes:
    """Return what was packed, up to the limit."""
    unpacker = zlib.decompressobj(_ANY_HEADER)
    try:
        content = unpacker.decompress(body, MAX_BODY)
    except zlib.error:
        raise ClientFault("encoded", retryable=True) from None
    if unpacker.unconsumed_tail:
        raise ClientFault("too_large", retryable=True)
    return content


def _broken(error: Exception) -> ClientFault:
    """Name what broke, without the error itself: it may hold the request's headers."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError):
        return ClientFault("tls", retryable=False, billed=False, reached=False)
    if isinstance(error, aiohttp.ClientConnectorError):
        return ClientFault("connect", retryable=True, billed=False, reached=False)
    if isinstance(error, aiohttp.ClientPayloadError):
        return ClientFault("cut", retryable=True)
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        return ClientFault("reset", retryable=True)
    return ClientFault("bad_http", retryable=True)
