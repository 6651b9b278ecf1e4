"""Which fault a request meets: by probability, keyed by its content, or by a script."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.mock.keyed_random import KeyedRandom

FAULTS: dict[str, str] = {
    "ok": "no fault",
    "429": "too many requests",
    "429_retry_after": "too many requests, with a Retry-After header",
    "500": "internal error",
    "502": "bad gateway",
    "503": "overloaded",
    "hang": "no reply until the client goes away",
    "drip": "the reply comes a byte at a time, too slowly to ever end",
    "reset": "the connection is reset",
    "empty": "status 200 and no body",
    "malformed": "the body is broken JSON",
    "truncated": "the reply breaks off in the middle, finish_reason length",
    "html": "a web page in place of JSON",
    "wrong_schema": "JSON of another form than was asked for",
    "huge": "more than two megabytes of text",
    "bad_utf8": "bytes that are no UTF-8",
    "nan": "NaN in place of numbers",
    "wrong_length": "fewer bytes than Content-Length says",
    "refusal": "the model declines, in the field for it",
    "content_filter": "a filter takes the text away",
    "empty_content": "a sound reply without text",
}
"""All behaviours, each with one line: the 18 of the chaos test, and three ways to say nothing."""
CHAOS = tuple(FAULTS)[:18]
"""The 18 behaviours of the chaos test, ``ok`` among them."""


def checked_probabilities(faults: Mapping[str, float]) -> dict[str, float]:
    """Return probabilities of faults. Raises ``UnknownName`` or ``BadInput``."""
    for name, chance in faults.items():
        _known(name)
        if not (math.isfinite(chance) and 0.0 <= chance <= 1.0):
            raise BadInput(f"the probability of fault {name!r} is {chance}; give 0 to 1")
    if (total := math.fsum(faults.values())) > 1.0 + 1e-9:
        raise BadInput(f"the probabilities of faults sum to {total:g}; give at most 1 in all")
    return dict(faults)


def checked_script(names: Iterable[str]) -> tuple[str, ...]:
    """Return a script of faults. Raises ``UnknownName`` for one that does not exist."""
    script = tuple(names)
    for name in script:
        _known(name)
    return script


def _known(name: str) -> None:
    if name not in FAULTS:
        raise UnknownName("fault", name, FAULTS)


class FaultPlan:
    """Says of each request which fault it meets.

    The script is played in the order of arrival; after its end, probabilities decide, from
    draws that belong to the content of the request and how often it has come before.
    """

    def __init__(
        self, chances: Mapping[str, float], script: Iterable[str], random: KeyedRandom
    ) -> None:
        self._chances = checked_probabilities(chances)
        self._script = iter(checked_script(script))
        self._random = random

    def next(self, attempt: bytes) -> str:
        """Return the fault of the request; ``attempt`` is its content and its count."""
        scripted = next(self._script, None)
        if scripted is not None:
            return scripted
        if not self._chances:
            return "ok"
        left = self._random.uniform("fault", attempt)
        for name, chance in self._chances.items():
            left -= chance
            if left < 0.0:
                return name
        return "ok"
