"""What breaks on the way to a server is told apart: certificates, schemes, proxies, names."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from fault_server import gateway, request_of

from econsim_mesa.llm import ChatReply
from econsim_mesa.llm.advice import advice
from econsim_mesa.llm.connection_faults import broken
from econsim_mesa.llm.network_environment import by_no_proxy

CLIENTS = ["direct", "langchain"]
CERTIFICATES = Path(__file__).parent / "certificates"
"""Each with its key, signed by itself: for 127.0.0.1, for another name, and one of 2020."""
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def says(answer: bytes) -> Handler:
    """Return a server that answers whatever it is asked in the same way, and closes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(answer)
        await writer.drain()
        writer.close()

    return handle


def served(certificate: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{certificate}.pem")
    return context


async def listen(handler: Handler, context: ssl.SSLContext | None = None) -> tuple[
    asyncio.Server, int
]:  # fmt: skip
    server = await asyncio.start_server(handler, "127.0.0.1", 0, ssl=context)
    return server, server.sockets[0].getsockname()[1]


def ask_one(url: str, client: str) -> ChatReply:
    async def main() -> ChatReply:
        asked = gateway(url, client=client, max_attempts=2)
        try:
            return await asked.ask(request_of(0))
        finally:
            await asked.close()

    return asyncio.run(main())


def ask_at(
    answer: bytes, client: str, scheme: str = "http", certificate: str | None = None
) -> ChatReply:
    async def main() -> ChatReply:
        context = served(certificate) if certificate else None
        server, port = await listen(says(answer), context)
        asked = gateway(f"{scheme}://127.0.0.1:{port}/v1", client=client, max_attempts=2)
        async with server:
            try:
                return await asked.ask(request_of(0))
            finally:
                await asked.close()

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("certificate", "words", "to_do"),
    [
        ("other", "for another name", "--base-url with the name in the certificate"),
        ("old", "has expired", "clock of this machine"),
    ],
)
def test_a_certificate_that_is_known_and_not_right(
    certificate: str, words: str, to_do: str
) -> None:
    async def main() -> Exception:
        trusting = ssl.create_default_context(cafile=str(CERTIFICATES / f"{certificate}.pem"))
        server, port = await listen(says(b""), served(certificate))
        async with server, aiohttp.ClientSession() as session:
            try:
                await session.get(f"https://127.0.0.1:{port}/", ssl=trusting)
            except aiohttp.ClientError as error:
                return error
        raise AssertionError("a certificate that is not right was believed")

    fault = broken(asyncio.run(main()), secure=True)
    assert (fault.kind, fault.reached, fault.retryable) == ("tls", False, False)
    assert words in fault.body
    assert to_do in advice(fault.body)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_certificate_that_nobody_knows(client: str) -> None:
    reply = ask_at(b"", client, "https", "localhost")
    assert "nobody but itself signed its certificate" in reply.fault_text
    assert "SSL_CERT_FILE" in advice(reply.fault_text)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_scheme_that_the_server_does_not_speak(client: str) -> None:
    plain = ask_at(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", client, "https")
    assert "it speaks plain http" in plain.fault_text
    assert "http://" in advice(plain.fault_text)
    secure = ask_at(b"", client, "http", "localhost")
    assert "it speaks https" in secure.fault_text
    assert "https://" in advice(secure.fault_text)


@pytest.mark.parametrize("client", CLIENTS)
def test_nobody_there_is_told_without_internal_words(client: str) -> None:
    reply = ask_one("http://127.0.0.1:9/v1", client)
    assert reply.fault_text == "it cannot be reached: nothing listens at this address"
    assert "is it running" in advice(reply.fault_text)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 4\r\n\r\nlate",
        b"HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n<html>Who are you?</html>    ",
        b"",
    ],
)
def test_what_a_proxy_fails_at_names_it(
    client: str, answer: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> tuple[ChatReply, int]:
        server, port = await listen(says(answer or b""))
        if answer is None:
            server.close()
        monkeypatch.setenv("http_proxy", f"http://me:hunter2@127.0.0.1:{port}")
        asked = gateway("http://127.0.0.2:8000/v1", client=client, max_attempts=1)
        try:
            return await asked.ask(request_of(0)), port
        finally:
            await asked.close()
            server.close()

    reply, port = asyncio.run(main())
    assert f"through the proxy 127.0.0.1:{port}" in reply.fault_text
    assert "NO_PROXY=127.0.0.2" in reply.fault_text
    assert "hunter2" not in reply.fault_text


@pytest.mark.parametrize(
    ("listed", "host", "left_out"),
    [
        ("10.0.0.0/8, 127.0.0.0/8", "127.0.0.1:8470", True),
        ("192.168.7.0/24", "192.168.7.9:80", True),
        ("192.168.7.0/24", "192.168.8.9:80", False),
        ("fd00::/8", "[fd00::7]:8000", True),
        ("[::1]", "[::1]:8000", True),
        ("10.0.0.0/8", "ten.example:80", False),
        ("ten.example", "ten.example:80", True),
        ("", "127.0.0.1:80", False),
        ("*", "127.0.0.1:80", True),
    ],
)
def test_no_proxy_may_hold_ranges(
    listed: str, host: str, left_out: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", listed)
    assert by_no_proxy(host) is left_out


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("answer", "words", "to_do"),
    [
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 200_000 + b"\r\n\r\n{}", "headers are too", "fewer"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 3\r\n\r\nabc", "br",
         "compression off"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 3\r\n\r\nabc", "zstd",
         "compression off"),
        (b"220 mail.example ESMTP\r\n", "no HTTP", ""),
    ],
)  # fmt: skip
def test_answers_that_are_no_http_as_it_should_be(
    client: str, answer: bytes, words: str, to_do: str
) -> None:
    reply = ask_at(answer, client)
    assert words in reply.fault_text
    assert to_do in advice(reply.fault_text)
    assert "gone" not in reply.fault_text
