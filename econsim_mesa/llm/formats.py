"""The strictest form of reply that a server knows: found once, then remembered."""

from __future__ import annotations

import re
from collections.abc import Sequence

from econsim_mesa.llm.client import ClientFault, Format

_REFUSING = frozenset({400, 404, 415, 422, 501})
_NAMED = re.compile(
    r"response_format|json_schema|json_object|schema|structured|guided|grammar", re.IGNORECASE
)
_VAGUE = re.compile(
    r"unsupported|not supported|not implemented|extra inputs|unrecognized", re.IGNORECASE
)
_ANOTHER = re.compile(r"temperature|\bseed\b|max_(completion_)?tokens", re.IGNORECASE)
"""What else of a request a server may not know."""


class FormatChoice:
    """The format in use: the one wanted, or with ``auto`` the strictest not yet refused.

    ``available`` is what the client can ask for, the strictest first.
    """

    def __init__(self, wanted: str, available: Sequence[Format]) -> None:
        chosen = [format for format in available if format == wanted]
        self._ladder = chosen or list(available)

    @property
    def now(self) -> Format:
        """The format for the next attempt."""
        return self._ladder[0]

    def lower(self, used: Format, fault: ClientFault) -> bool:
        """Whether an attempt failed for its format only, and another one is to be tried.

        Calls that were under way when the first of them found it out do not go down twice.
        """
        if used != self.now:
            return used not in self._ladder and _about_format(fault)
        if len(self._ladder) == 1 or not _about_format(fault):
            return False
        del self._ladder[0]
        return True


def _about_format(fault: ClientFault) -> bool:
    if fault.status not in _REFUSING or fault.retryable:
        return False
    vague = _VAGUE.search(fault.body) and not _ANOTHER.search(fault.body)
    return bool(_NAMED.search(fault.body) or vague)
