"""Random numbers that belong to a request: its content decides them, not when it arrives."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from econsim_mesa.society.rng import Floats


class KeyedRandom:
    """Draws keyed by a seed, a word for what is drawn, and the content of a request."""

    def __init__(self, seed: int) -> None:
        self._seed = str(seed).encode()

    def draw(self, word: str, content: bytes, length: int) -> bytes:
        """Return ``length`` bytes; equal arguments give equal bytes, on every machine."""
        text = b"\x1f".join((self._seed, word.encode(), content))
        return hashlib.shake_128(text).digest(length)

    def uniform(self, word: str, content: bytes) -> float:
        """Return one number in [0, 1)."""
        return int.from_bytes(self.draw(word, content, 8), "little") / 2.0**64 * (1 - 2.0**-53)

    def uniforms(self, word: str, contents: Sequence[bytes], columns: int) -> Floats:
        """Return a row of numbers in [0, 1) for each content, shape (contents, columns)."""
        drawn = b"".join(self.draw(word, content, 8 * columns) for content in contents)
        bits = np.frombuffer(drawn, dtype="<u8").reshape(len(contents), columns)
        uniforms: Floats = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
        return uniforms
