"""The form of reply that is asked for: the strictest that a server knows, and keeps to."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence

from econsim_mesa.llm.transport import Format, TransportFault

_FEWER_KEYWORDS = frozenset[Format](("plain_schema", "flat_schema"))
_REFUSING = frozenset({400, 404, 415, 422, 500, 501})
_NAMED = re.compile(
    r"response_format|json_schema|json_object|schema|structured|guided|grammar", re.IGNORECASE
)
_VAGUE = re.compile(
    r"unsupported|not supported|not implemented|extra inputs|unrecognized", re.IGNORECASE
)
_ANOTHER = re.compile(r"temperature|\bseed\b|max_(completion_)?tokens|\brole\b", re.IGNORECASE)
"""What else of a request a server may not know."""
_SCHEMA = re.compile(
    r"anyOf|maxItems|maxLength|minimum|maximum|\bschemas?\b|keyword|grammar", re.IGNORECASE
)
"""Signs that a server knows schemas, and not all that is in this one."""
_LOOKED_AT = 20_000  # characters of a reply
_DECODER = json.JSONDecoder()
_BROKE = "http_500"
_PATIENCE = 2
"""So many times a call meets an error of the server before it tries a form less strict."""
_ENOUGH = 3
"""After so many replies in a format it is left if more than half are in another form; at once if
the first of all is: a format that is kept to allows none."""
_NO_HOPE = 10
"""After so many in the last format, more than half of them in another form, none is of use."""


class FormatChoice:
    """The format in use: the one wanted, or with ``auto`` the strictest of use.

    ``available`` is what the client can ask for, the strictest first. A format is left for the next
    one if the server refuses it, if it breaks over it, or if its replies are in another form all
    the same: then asking for it only costs a second call for each reply. A schema of fewer keywords
    is tried only where a server refuses the one before for what is in it.
    """

    def __init__(self, wanted: str, available: Sequence[Format]) -> None:
        chosen = [format for format in available if format == wanted]
        self._ladder = chosen or list(available)
        self._strictest = self._ladder[0]  #: of those that the server takes
        self._replies = self._other_form = 0
        self._settled = False

    @property
    def now(self) -> Format:
        """The format for the next attempt."""
        return self._ladder[0]

    def after(self, faults: Sequence[str]) -> Format:
        """Return the format for the next attempt of a call that met these faults.

        Where no reply has come in a format yet, errors of the server may be due to it.
        """
        if self._replies:
            return self.now
        lower = faults.count(_BROKE) // _PATIENCE
        formats = [self.now, *(each for each in self._ladder[1:] if each not in _FEWER_KEYWORDS)]
        return formats[min(lower, len(formats) - 1)]

    def lower(self, used: Format, fault: TransportFault) -> bool:
        """Whether an attempt failed for its format only, and another one is to be tried.

        Calls that were under way when the first of them found it out do not go down twice.
        """
        if used != self.now:
            return used not in self._ladder and _about_format(fault)
        if len(self._ladder) == 1 or not _about_format(fault):
            return False
        self._go_down(1 if _SCHEMA.search(fault.signs) else self._steps_down())
        self._strictest = self.now
        return True

    def learn(self, used: Format, text: str, keys: Collection[str]) -> None:
        """Note a whole reply in a format; ``keys`` are those that its object must have."""
        if used != self.now:
            if self._replies or used not in self._ladder:
                return
            self._go_down(self._ladder.index(used))
            self._strictest = self.now
        self._replies += 1
        self._other_form += not _has_object(text[:_LOOKED_AT], keys)
        if self._settled or 2 * self._other_form <= self._replies:
            return
        if len(self._ladder) > 1:
            if self._replies == 1 or self._other_form >= _ENOUGH:
                self._go_down(self._steps_down())
        elif self._replies >= _NO_HOPE:
            self._ladder, self._settled = [self._strictest], True

    def _steps_down(self) -> int:
        """Return the steps to the next format that is no schema of fewer keywords."""
        lower = self._ladder[1:]
        return next(i for i, each in enumerate(lower, 1) if each not in _FEWER_KEYWORDS)

    def _go_down(self, steps: int) -> None:
        del self._ladder[:steps]
        self._replies = self._other_form = 0


def _has_object(text: str, keys: Collection[str]) -> bool:
    """Whether a text holds a JSON object with all these keys, whatever stands around it."""
    begin = text.find("{")
    while begin >= 0:
        try:
            value, end = _DECODER.raw_decode(text, begin)
        except (ValueError, RecursionError):
            value, end = {}, begin + 1
        if set(keys) <= set(value):
            return True
        begin = text.find("{", end)
    return False


def _about_format(fault: TransportFault) -> bool:
    text = fault.signs
    if fault.status == 500:
        return _NAMED.search(text) is not None
    if fault.status not in _REFUSING or fault.retryable:
        return False
    vague = _VAGUE.search(text) and not _ANOTHER.search(text)
    return bool(_NAMED.search(text) or vague)
