"""The address of a server: what it must look like, and what of it may stand in records.

Whatever is wrong with an address is said without repeating it: it may hold a secret.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}
_BEGIN = re.compile(r"https?://(?=[^/?#])", re.IGNORECASE)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?", re.ASCII)
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:%/-]*", re.ASCII)
_VERSION = re.compile(r"api-version=[A-Za-z0-9.-]{1,40}", re.ASCII)
_WORD = re.compile(
    r"(?=.{1,15}$)(?:[A-Z]?[a-z]*[0-9]{0,5}[A-Za-z]{0,5}|[A-Z]{1,4}[0-9]{0,2})", re.ASCII
)
"""A word, a number, or both: ``openai``, ``v1``, ``v1beta``, ``4o``, ``120b``, ``2024``."""
_ELSEWHERE = "a key goes into OPENAI_API_KEY, which is recorded nowhere"
_HOST = (
    "the name of its server must be of ASCII letters, digits, hyphens and dots (other letters in "
    "their form xn--...), or an IP address (IPv6 in brackets, as in http://[::1]:8000/v1)"
)


class Address(NamedTuple):
    """Where an OpenAI-compatible server answers.

    ``host`` is in small letters and without brackets, ``path`` has no slash at its end, ``query``
    is empty or ``api-version=...``.
    """

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def server(self) -> str:
        """Host and port."""
        return f"{self._name}:{self.port}"

    @property
    def origin(self) -> str:
        """What makes a server, without path and query: ``https://llm.example.org``."""
        usual = self.port == _PORTS[self.scheme]
        return f"{self.scheme}://{self._name if usual else self.server}"

    @property
    def base(self) -> str:
        """The address without its query."""
        return f"{self.origin}{self.path}"

    def page(self, name: str) -> str:
        """Return the address of a page below this one.

        >>> read_address("https://a.example/v1/?api-version=preview").page("models")
        'https://a.example/v1/models?api-version=preview'
        """
        return f"{self.base}/{name}{self.query and f'?{self.query}'}"

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine."""
        if self.host in ("localhost", "localhost."):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def odd_parts(self) -> list[str]:
        """The parts of the path that are more than words and small numbers: secrets, perhaps."""
        parts = (part for part in self.path.split("/") if part)
        return [part for part in parts if not all(map(_WORD.fullmatch, re.split("[-_.]", part)))]

    @property
    def _name(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def read_address(text: str) -> Address:
    """Return the address that a text holds. Raises ``ValueError`` with what is wrong."""
    if not _BEGIN.match(text):
        raise ValueError("must begin with http:// or https:// and the name of a server")
    if not text.isprintable() or " " in text:
        raise ValueError("must hold no spaces")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise ValueError(_HOST) from None
    if "@" in text:
        raise ValueError(f"must hold no user, password or @; {_ELSEWHERE}")
    if "#" in text or ("?" in text and not _VERSION.fullmatch(parts.query)):
        raise ValueError(f"must hold nothing behind ? or # but ?api-version=...; {_ELSEWHERE}")
    if not _is_host(host, bracketed="[" in parts.netloc):
        raise ValueError(_HOST)
    if not _PATH.fullmatch(parts.path):
        raise ValueError("its path must be of ASCII letters, digits and signs")
    return Address(parts.scheme, host, _port(parts), parts.path.rstrip("/"), parts.query)


def _is_host(host: str, *, bracketed: bool) -> bool:
    """Whether a host is a name or an IP address; what ends in a number must be an address."""
    try:
        if bracketed:
            return "%" not in host and bool(ipaddress.IPv6Address(host))
        if host.rstrip(".").rpartition(".")[2].isdigit():
            return bool(ipaddress.IPv4Address(host))
    except ValueError:
        return False
    return bool(_NAME.fullmatch(host))


def _port(parts: SplitResult) -> int:
    wrong = ValueError("its port must be a number from 1 to 65535")
    if parts.netloc.endswith(":"):
        raise wrong
    try:
        port = _PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        raise wrong from None
    if not port:
        raise wrong
    return port


def fault_of(text: str | None) -> str | None:
    """Return why an address cannot stand in a scenario, which is recorded; None: it can."""
    if text is None:
        return None
    try:
        address = read_address(text)
    except ValueError as error:
        return str(error)
    if address.odd_parts:
        return (
            "a part of its path may be a key or an account, and a scenario is recorded: only "
            "words and small numbers may stand there; give this address as OPENAI_BASE_URL in "
            "the environment, of which only the host is recorded"
        )
    return None


def addresses_in(settings: object, path: str = "") -> Iterator[str]:
    """Yield the addresses in JSON: of a scenario, an experiment, or settings by dotted paths.

    >>> list(addresses_in({"llm.base_url": "http://a", "factors": {"llm.base_url": ["http://b"]}}))
    ['http://a', 'http://b']
    """
    if isinstance(settings, Mapping):
        for key, value in settings.items():
            yield from addresses_in(value, str(key))
    elif isinstance(settings, list | tuple):
        for value in settings:
            yield from addresses_in(value, path)
    elif isinstance(settings, str) and path.rpartition(".")[2] == "base_url":
        yield settings
