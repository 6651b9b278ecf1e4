"""Keep a secret out of what servers say: they may echo it, in any encoding."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote, quote_plus

_SHORTEST = 8  # a shorter "key" is a word that may stand in any text
REMOVED = "[key removed]"


class Redactor:
    """Removes one secret from texts, also base64, percent or hexadecimal; its repr is safe."""

    def __init__(self, secret: str) -> None:
        self._pattern: re.Pattern[str] | None = None
        if len(secret) >= _SHORTEST:
            parts = sorted(_encodings(secret), key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, parts)), re.IGNORECASE)
            self._plain = secret

    def __repr__(self) -> str:
        return "Redactor()"

    def clean(self, text: str) -> str:
        """Return the text without the secret and with nothing that UTF-8 cannot hold."""
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        return self._pattern.sub(REMOVED, text) if self._pattern else text


def _encodings(secret: str) -> set[str]:
    raw = secret.encode()
    found = {secret, secret[::-1], quote(secret, safe=""), quote_plus(secret), raw.hex()}
    for coded in (raw, secret[::-1].encode()):
        found |= _base64(coded)
    return found


def _base64(raw: bytes) -> set[str]:
    """Return the part of base64 that is the same whatever stands before and after."""
    found = set()
    for before in range(3):
        body = raw[(3 - before) % 3 :]
        body = body[: len(body) - len(body) % 3]
        for code in (base64.b64encode, base64.urlsafe_b64encode):
            found.add(code(body).decode())
    return found
