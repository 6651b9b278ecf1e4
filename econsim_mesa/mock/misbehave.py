"""Playing a fault over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
import socket
import struct

from aiohttp import web

from econsim_mesa.mock.response import Completion, error
from econsim_mesa.mock.settings import Settings

HUGE = 2_200_000
"""Bytes of a reply that is far too long."""
_GLANCE = 0.05
_ERRORS = {
    "429": (429, "Rate limit reached; try again later."),
    "429_retry_after": (429, "Rate limit reached; see Retry-After."),
    "500": (500, "The server had an error while processing your request."),
    "502": (502, "Bad gateway."),
    "503": (503, "The server is overloaded or not ready yet."),
}
_TEXT = re.compile(rb'("(?:content|arguments)": ")')
_PAGE = b"<!DOCTYPE html><html><head><title>504</title></head><body>Gateway Time-out</body></html>"


async def misbehave(
    fault: str, request: web.Request, sound: Completion, settings: Settings
) -> web.StreamResponse:
    """Answer a request with a fault other than ``ok``; ``sound`` is what should be said."""
    if fault in _ERRORS:
        return _error(fault, settings)
    if fault == "hang":
        return await _hang(request, settings.hang)
    if fault == "reset":
        return _reset(request)
    if fault == "drip":
        return await _drip(request, sound.encode(), settings.drip)
    if fault == "wrong_length":
        return await _wrong_length(request, sound.encode())
    if fault == "html":
        return web.Response(body=_PAGE, content_type="text/html")
    return json_response(broken(fault, sound))


def json_response(body: bytes, status: int = 200) -> web.Response:
    """Return a response with a body of JSON."""
    return web.Response(body=body, status=status, content_type="application/json")


def broken(fault: str, sound: Completion) -> bytes:
    """Return the body of a reply that is sent whole, with status 200, and is of no use."""
    text = sound.content or ""
    if fault == "empty":
        return b""
    if fault == "malformed":
        return sound.encode()[:-2] + b",,"
    if fault == "truncated":
        return sound._replace(content=text[: len(text) // 2], finish="length").encode()
    if fault == "wrong_schema":
        return sound._replace(content=json.dumps(_with_other_types(text))).encode()
    if fault == "huge":
        return sound._replace(content=text + " " + "A" * HUGE).encode()
    if fault == "bad_utf8":
        return _TEXT.sub(rb"\1" + b"\xff\xfe\xc3\x28", sound.encode(), count=1)
    if fault == "nan":
        return sound._replace(content=json.dumps(_with_nan(text))).encode().replace(
            b'"completion_tokens": %d' % sound.usage.completion, b'"completion_tokens": NaN'
        )  # fmt: skip
    if fault == "refusal":
        return sound._replace(content=None, refusal="I cannot help with that.").encode()
    if fault == "content_filter":
        return sound._replace(content="", finish="content_filter").encode()
    return sound._replace(content="").encode()  # empty_content


def _fields(text: str) -> dict[str, object]:
    """Return the reply as an object; none: it is no JSON object."""
    with contextlib.suppress(ValueError):
        reply = json.loads(text)
        if isinstance(reply, dict):
            return reply
    return {}


def _with_other_types(text: str) -> dict[str, object]:
    """Return an object in which nothing is of the type that was asked for."""
    return {name: {"other": ["type"]} for name in _fields(text)} or {"answer": 42}


def _with_nan(text: str) -> dict[str, object]:
    """Return a reply in which numbers, and what could be one, are NaN."""
    fields = _fields(text)
    could_be = [name for name, value in fields.items() if not isinstance(value, str)]
    return {**fields, **dict.fromkeys(could_be or ["answer"], math.nan)}


def _error(fault: str, settings: Settings) -> web.Response:
    status, message = _ERRORS[fault]
    response = json_response(error(message, status), status)
    if fault == "429_retry_after":
        response.headers["Retry-After"] = f"{settings.retry_after:g}"
    return response


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _hang(request: web.Request, seconds: float) -> web.Response:
    """Say nothing until the client goes away, or for very long; then drop the connection."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not _gone(request) and loop.time() < end:
        await asyncio.sleep(_GLANCE)
    return _reset(request)


def _reset(request: web.Request) -> web.Response:
    """Reset the connection: the client gets RST in place of an answer."""
    if request.transport is not None:
        plug = request.transport.get_extra_info("socket")
        if plug is not None:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
    return web.Response()


async def _drip(request: web.Request, body: bytes, seconds: float) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(body)
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        for k in range(len(body)):
            await response.write(body[k : k + 1])
            await asyncio.sleep(seconds)
            if _gone(request):
                break
    return response


async def _wrong_length(request: web.Request, body: bytes) -> web.StreamResponse:
    """Promise more bytes than are sent, and close."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(body) + 64
    with contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write(body)
        if request.transport is not None:
            request.transport.close()
    return response
