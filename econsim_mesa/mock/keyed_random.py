"""Random numbers that belong to a request: its content decides them, not when it arrives."""

from __future__ import annotations

import hashlib


class KeyedRandom:
    """Draws keyed by a seed, a word for what is drawn, and the content of a request."""

    def __init__(self, seed: int) -> None:
        self._seed = str(seed).encode()

    def uniform(self, word: str, content: bytes) -> float:
        """Return a number in [0, 1); equal arguments give equal ones, on every machine."""
        text = b"\x1f".join((self._seed, word.encode("utf-8", "surrogatepass"), content))
        drawn = hashlib.shake_128(text).digest(8)
        return int.from_bytes(drawn, "little") / 2.0**64 * (1 - 2.0**-53)
