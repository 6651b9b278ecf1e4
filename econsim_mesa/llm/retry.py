"""Whether a failed attempt is followed by another one, and after how long."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from econsim_mesa.llm.messages import Status
from econsim_mesa.llm.refusals import BUSY
from econsim_mesa.llm.transport import TransportFault

_OVERLOADED = frozenset({408, BUSY, 502, 503, 504, 524, 529})
_LOADING = re.compile(r"\bload(ing|s)\b|starting up|warming up", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between the attempts of a call: doubled each time, from the first to the longest."""

    first_seconds: float = 0.5
    longest_seconds: float = 20.0

    def seconds(self, failures: int, key: str, asked: float | None = None) -> float:
        """Return the seconds to wait after so many failed attempts of a call.

        The wait is spread by the request's key, so that calls that failed together do not come
        back together. Where the server asks for so many seconds, those count, and the first wait
        at least.
        """
        doublings = failures - 1 if asked is None else 0
        longest = min(self.first_seconds * 2.0**doublings, self.longest_seconds)
        place = failures % 8
        spread = int(key[8 * place : 8 * place + 8], 16) / 16**8
        return max(longest * (0.5 + 0.5 * spread), asked or 0.0)


class Retry(NamedTuple):
    """Make another attempt after so many seconds."""

    seconds: float


class GiveUp(NamedTuple):
    """Make no other attempt: the call ends with this status, for this reason."""

    status: Status
    reason: Literal["declined", "permanent", "attempts", "silence", "deadline", "budget", "breaker"]


def asks_for_patience(fault: TransportFault) -> bool:
    """Whether a server asked to come again: that attempt is none of the few that a call has."""
    return is_busy(fault) or fault.retry_after is not None


def is_busy(fault: TransportFault) -> bool:
    """Whether a server is well, and takes no calls yet: a limit is reached, or its model loads."""
    is_loading = fault.status == 503 and _LOADING.search(fault.signs) is not None
    return fault.status == BUSY or is_loading


def is_overload(fault: TransportFault) -> bool:
    """Whether a server has, or may have, too much to do."""
    return fault.kind == "timeout" or fault.status in _OVERLOADED


def after_fault(
    fault: TransportFault, tried: int, max_attempts: int, wait: float, time_left: float
) -> Retry | GiveUp:
    """Decide what follows a failed attempt.

    Args:
        fault: what went wrong.
        tried: failed attempts of the call, this one included, without those after which the
            server asked for patience.
        max_attempts: the most of them.
        wait: seconds to wait before another attempt.
        time_left: seconds until the deadline of the call.
    """
    if fault.declined:
        return GiveUp(Status.refused, "declined")
    status = Status.timed_out if fault.kind == "timeout" else Status.failed
    if not fault.retryable:
        return GiveUp(status, "permanent")
    if tried >= max_attempts:
        return GiveUp(status, "attempts")
    if time_left <= wait:  # do not hold a slot for an attempt that cannot be made
        return GiveUp(status, "deadline")
    return Retry(wait)
