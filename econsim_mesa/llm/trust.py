"""The servers that a user trusts with keys once for good: a file in his configuration folder."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.scenario.address import read_address

_NAME = Path("econsim") / "trusted-servers"


def trust_file() -> Path:
    """Return the path of the file: one server a line, as ``https://llm.example.org``."""
    home = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA")
    return (Path(home) if home else Path.home() / ".config") / _NAME


def trusted_servers() -> list[str]:
    """Return the trusted servers, sorted; lines that name none are left out."""
    origins = set()
    with contextlib.suppress(OSError, UnicodeDecodeError, RuntimeError):  # no file, or no home
        for line in trust_file().read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                origins.add(read_address(line.strip()).origin)
    return sorted(origins)


def trust(server: str) -> str:
    """Trust a server from now on, and return it as it is kept. Raises ``BadInput``."""
    origin = _origin_of(server)
    _write({*trusted_servers(), origin})
    return origin


def distrust(server: str) -> str:
    """Trust a server no more, and return it. Raises ``BadInput``, also if it was not trusted."""
    origin, known = _origin_of(server), trusted_servers()
    if origin not in known:
        raise BadInput(f"{origin} is not trusted; trusted: {', '.join(known) or 'none'}")
    _write({*known} - {origin})
    return origin


def _origin_of(server: str) -> str:
    """Return a server without path and query; a bare name is one by https."""
    try:
        return read_address(server if "://" in server else f"https://{server}").origin
    except ValueError as error:
        raise BadInput(f"the address of the server {error}") from None


def _write(servers: Iterable[str]) -> None:
    try:
        path = trust_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{server}\n" for server in sorted(servers)), encoding="utf-8")
    except (OSError, RuntimeError) as error:
        raise BadInput(f"cannot write the list of trusted servers: {error}") from error
