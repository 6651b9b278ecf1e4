"""Keep a secret out of what servers say: they may echo it, in any encoding."""

from __future__ import annotations

import base64
import os
import re
from urllib.parse import quote, quote_plus

REMOVED = "[key removed]"
_NAMES = ("_KEY", "_APIKEY", "_TOKEN", "_SECRET", "_PASSWORD")
_SHORTEST = 8  # a shorter "key" is a word that may stand in any text


class Redactor:
    """Removes secrets from texts, as they are and encoded; its own repr does not show them."""

    def __init__(self, *secrets: str) -> None:
        parts: set[str] = set()
        for secret in secrets:
            parts |= _encodings(secret) if len(secret) >= _SHORTEST else set()
        self._parts = sorted({part.lower() for part in parts}, key=lambda part: (-len(part), part))
        self._pattern = re.compile("|".join(map(re.escape, self._parts)), re.IGNORECASE)

    def __repr__(self) -> str:
        return "Redactor()"

    def clean(self, text: str) -> str:
        """Return the text without secrets and without what UTF-8 cannot hold."""
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        folded = text.lower()
        # Looking for each part is 20 times faster than the pattern on texts without any.
        if any(part in folded for part in self._parts):
            return self._pattern.sub(REMOVED, text)
        return text


def keys_of_environment() -> list[str]:
    """Return the values of all variables whose names say that they hold a key."""
    return [os.environ[name] for name in sorted(os.environ) if name.upper().endswith(_NAMES)]


def _encodings(secret: str) -> set[str]:
    found = set()
    for order in (secret, secret[::-1]):
        raw = order.encode()
        found |= {order, quote(order), quote(order, safe=""), quote_plus(order), raw.hex()}
        found.add("".join(f"%{byte:02x}" for byte in raw))
        found.add("".join(f"\\u{ord(letter):04x}" for letter in order))
        found |= _base64(raw)
    return found


def _base64(raw: bytes) -> set[str]:
    """Return what base64 makes of the bytes, without the ends that depend on their neighbours."""
    found = {base64.b32encode(raw).decode().rstrip("=")[:-1]}
    for skip in range(3):
        body = raw[skip:]
        body = body[: len(body) - len(body) % 3]
        found |= {base64.b64encode(body).decode(), base64.urlsafe_b64encode(body).decode()}
    return found
