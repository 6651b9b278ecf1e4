"""What breaks between this machine and a server, told apart and in words: names, ports, TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl

import aiohttp

from econsim_mesa.llm.transport import TransportFault

_CERTIFICATE = {
    10: "its certificate has expired",
    9: "its certificate is not valid yet, by the clock of this machine",
    18: "nobody but itself signed its certificate",
    19: "nobody known here signed its certificate",
    20: "nobody known here signed its certificate",
    21: "nobody known here signed its certificate",
    23: "its certificate was withdrawn",
    62: "its certificate is for another name",
    64: "its certificate is for another name",
}
"""OpenSSL's number of what is wrong with a certificate -> the same in words."""
_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE",
          "PACKET_LENGTH_TOO_LONG", "UNEXPECTED_MESSAGE")  # fmt: skip
"""What OpenSSL calls an answer that is no TLS."""
_SECURE = "it speaks https, and the address begins with http:"
_PATIENCE = 2.0  # seconds
_ALERT = ("\\x15\\x03", "\x15\x03")
"""How the answer of a TLS server to plain HTTP begins, as an error of HTTP quotes it."""


def broken(error: Exception, secure: bool) -> TransportFault:
    """Name what broke, without the error itself: it may hold the request's headers.

    ``secure``: the address begins with https.
    """
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return _unreached(error)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return TransportFault("connect", retryable=True, billed=False, reached=False,
                           body=f"the proxy answered HTTP {error.status}")  # fmt: skip
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        return TransportFault("tls", retryable=False, billed=False, reached=False,
                           body=_tls(error))  # fmt: skip
    if isinstance(error, aiohttp.ClientConnectorError):
        return _unreached(error)
    if isinstance(error, aiohttp.ClientPayloadError):
        return TransportFault("cut", retryable=True)
    if isinstance(error, aiohttp.ClientConnectionError | OSError):
        return TransportFault("reset", retryable=True)
    return TransportFault("bad_http", retryable=True, body=_no_http(str(error), secure))


async def speaks_tls(host: str, port: int) -> bool:
    """Whether a server begins a secure connection; nothing else is sent, whoever it is."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    try:
        async with asyncio.timeout(_PATIENCE):
            _, writer = await asyncio.open_connection(host, port, ssl=anybody)
    except (OSError, ValueError):
        return False
    writer.transport.abort()
    return True


def other_scheme() -> TransportFault:
    """Return the fault for plain HTTP to a server that speaks https."""
    return TransportFault("tls", retryable=False, billed=False, reached=False, body=_SECURE)


def _unreached(error: aiohttp.ClientConnectorError) -> TransportFault:
    return TransportFault("connect", retryable=True, billed=False, reached=False,
                       body=_why_unreached(error.os_error))  # fmt: skip


def _why_unreached(error: OSError) -> str:
    if isinstance(error, socket.gaierror | aiohttp.ClientConnectorDNSError):
        return "its name is unknown here"
    if isinstance(error, ConnectionRefusedError) or "refused" in str(error).lower():
        return "nothing listens at this address"
    if isinstance(error, TimeoutError):
        return "nothing answered at this address"
    if "unreachable" in str(error).lower() or "no route" in str(error).lower():
        return "no way leads there from here"
    return error.strerror if error.strerror and error.errno else "the connection failed"


def _tls(error: Exception) -> str:
    """Say why no secure connection came about."""
    cause = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(cause.verify_code, f"certificate: {cause.verify_message}")
    reason = getattr(cause, "reason", None) or ""
    if reason in _PLAIN:
        return "it speaks plain http, and the address begins with https:"
    return reason.replace("_", " ").lower()


def _no_http(text: str, secure: bool) -> str:
    if not secure and any(sign in text for sign in _ALERT):
        return _SECURE
    if "bytes when reading" in text or "Too many headers" in text or "too many headers" in text:
        return "its headers are too long, or too many"
    return ""
