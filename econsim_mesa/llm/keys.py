"""Which key goes to which server: only to one that the user has named himself.

He names a server on the command line or in a program of his own (``name_servers``), by
``OPENAI_BASE_URL``, or once for good (``trust``); OpenAI's own is named by having its key, unless
``OPENAI_BASE_URL`` names another. An address in a file may be a stranger's: with a key at hand it
is refused, unless it is on this machine, where the server is called without the key.
"""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.redact import Redactor, keys_of_environment
from econsim_mesa.llm.trust import trusted_servers
from econsim_mesa.scenario.address import Address, read_address

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

KEY, ADDRESS = "OPENAI_API_KEY", "OPENAI_BASE_URL"
HEADERS = "ECONSIM_LLM_HEADERS"
"""Variable that holds further headers of each call, as a JSON object; they go where the key goes,
and stand in no scenario and no record."""
PROVIDER_URL = "https://api.openai.com/v1"
NO_KEY = "none"
"""What stands for a key where a server needs none, or gets none."""

_SECRET_NAME = re.compile(r"auth|key(?!word)|token|secret|cookie|password", re.IGNORECASE)
"""How headers are named that hold a secret."""
_SECRET_VALUE = re.compile(r"(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{16}", re.IGNORECASE)
"""What a secret holds that no words and no numbers do."""

_OWN_KEYS_ONLY = {"ollama": "OLLAMA_"}
"""Providers whose package is known to take no key but its own, and how the names of those begin."""

_named: set[str] = set()
"""Origins of the servers that the user of this process has named: the key is the process's too."""


@dataclass(frozen=True)
class Server:
    """An OpenAI-compatible server: its address, and the key and headers that go there."""

    address: Address
    key: str = field(repr=False)
    own_headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def headers(self) -> dict[str, str]:
        """All headers of a request. One of the user's own replaces ours, however it is spelled."""
        own = {name.lower() for name in self.own_headers}
        ours = {
            "Authorization": f"Bearer {self.key}",
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
        }
        ours = {name: value for name, value in ours.items() if name.lower() not in own}
        return {**ours, **self.own_headers}

    @property
    def has_secret(self) -> bool:
        """Whether what is sent there is for nobody else to see."""
        return self.key != NO_KEY or bool(self.own_headers)

    @cached_property
    def redactor(self) -> Redactor:
        """What keeps the key, and what in the address may be another, out of texts."""
        return Redactor(self.key, *_secrets(self.own_headers), *self.address.odd_parts)


def server_of(spec: LlmSpec) -> Server:
    """Return the server that a scenario asks, and its key.

    Raises ``BadInput``: an unusable address or key, or a key that has no business there.
    """
    address = address_of(spec)
    if address.origin in named_servers() or address.origin == _default_address().origin:
        return Server(address, _key(), _headers())
    if has_secret() and not address.is_here:
        holder = f"the key in {KEY} is" if has_key() else f"the headers in {HEADERS} are"
        raise BadInput(_not_sent(holder, address, spec))
    return Server(address, NO_KEY)


def refuse_unnamed(spec: LlmSpec) -> None:
    """Raise ``BadInput`` where another provider's package would take its key to a stranger.

    Which key it takes, and from where, is its own business: on this machine, too, an address of
    a file is used only where the environment holds none that it may take.
    """
    url = spec.base_url or (spec.model if re.match("https?://", spec.model or "") else None)
    if url is None:
        return
    address = _read(url, "llm.base_url" if spec.base_url else "llm.model")
    takes = _OWN_KEYS_ONLY.get(spec.provider, "")
    if address.origin in named_servers() or (address.is_here and not keys_of_environment(takes)):
        return
    raise BadInput(_not_sent(f"a key for {spec.provider} is", address, spec))


def address_of(spec: LlmSpec) -> Address:
    """Return the address of the scenario, else of the environment, else OpenAI's own."""
    if spec.base_url is not None:
        return _read(spec.base_url, "llm.base_url")
    return _default_address()


def name_servers(addresses: Iterable[str]) -> None:
    """Take note that the user of this process has named these addresses himself."""
    for text in addresses:
        try:
            _named.add(read_address(text).origin)
        except ValueError:
            continue  # whoever reads it as an address says what is wrong with it


def forget_named_servers() -> None:
    """Take back what ``name_servers`` was told; servers that are trusted for good stay so."""
    _named.clear()


def named_servers() -> frozenset[str]:
    """Return all servers that the user has named, for another process of his."""
    return frozenset({*_named, *trusted_servers()})


def named_for_now(spec: LlmSpec) -> str | None:
    """Return the address of a scenario that gets the key in this process alone; None: it does not.

    Whoever goes on with a run later must name it again.
    """
    if spec.base_url is None or not has_secret() or not _named:
        return None
    lasting = {*trusted_servers(), _default_address().origin}
    return spec.base_url if address_of(spec).origin in _named - lasting else None


def has_key() -> bool:
    """Whether the environment holds a key."""
    return bool(_variable(KEY))


def has_secret() -> bool:
    """Whether the environment holds a key, or headers that may hold one."""
    return has_key() or has_headers()


def has_headers() -> bool:
    """Whether the environment holds further headers."""
    return bool(_variable(HEADERS))


def _secrets(headers: Mapping[str, str]) -> list[str]:
    """Return what in headers is a secret: other values may be words that stand in any reply."""
    return [
        part
        for name, value in headers.items()
        for part in value.split()
        if _SECRET_NAME.search(name) or (part == value and _SECRET_VALUE.search(value))
    ]


def _headers() -> dict[str, str]:
    """Return the headers of the environment. Raises ``BadInput`` for what is none."""
    text = _variable(HEADERS)
    try:
        headers = json.loads(text) if text else {}
    except ValueError:
        headers = None
    if not isinstance(headers, dict) or not all(
        isinstance(value, str) and f"{name}{value}".isascii() and f"{name}{value}".isprintable()
        for name, value in headers.items()
    ):
        raise BadInput(f'{HEADERS} is no JSON object of headers, such as {{"X-Team": "economics"}}')
    return headers


def _key() -> str:
    """Return the key of the environment, or a word in its place.

    Raises ``BadInput`` for one that no HTTP header can hold.
    """
    if not (_variable(KEY).isascii() and _variable(KEY).isprintable()):
        raise BadInput(f"{KEY} holds a character that no key has; set it anew")
    return _variable(KEY) or NO_KEY


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip()  # a file's last line ends in a newline


def _default_address() -> Address:
    """Return where the key belongs if nobody says otherwise."""
    return _read(_variable(ADDRESS) or PROVIDER_URL, ADDRESS)


def _read(text: str, where: str) -> Address:
    try:
        return read_address(text)
    except ValueError as error:
        raise BadInput(f"{where}: {error}") from None


def _not_sent(keys: str, address: Address, spec: LlmSpec) -> str:
    """Say that no key is sent to a server, and how to go on."""
    url = shlex.quote(spec.base_url or address.base)
    return (
        f"{keys} not sent to {address.origin}, an address that only a file names; if the key "
        f"belongs there, say so once for good: econsim trust {address.origin}, or for one command: "
        f"--base-url {url}; if that server needs none, unset the key"
    )
