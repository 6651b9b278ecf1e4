"""Whether a failed attempt is followed by another one, and after how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from econsim_mesa.llm.messages import Status
from econsim_mesa.llm.refusals import BUSY
from econsim_mesa.llm.transport import TransportFault


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits between the attempts of a call: doubled each time, from the first to the longest."""

    first_seconds: float = 0.5
    longest_seconds: float = 20.0

    def seconds(self, failures: int, key: str, asked: float | None = None) -> float:
        """Return the seconds to wait after so many failed attempts of a call.

        The wait is spread by the request's key, so that calls that failed together do not come
        back together. What the server asks for, in seconds, counts where it is longer.
        """
        longest = min(self.first_seconds * 2.0 ** (failures - 1), self.longest_seconds)
        place = failures % 8
        spread = int(key[8 * place : 8 * place + 8], 16) / 16**8
        return max(longest * (0.5 + 0.5 * spread), asked or 0.0)


class Retry(NamedTuple):
    """Make another attempt after so many seconds."""

    seconds: float


class GiveUp(NamedTuple):
    """Make no other attempt: the call ends with this status, for this reason."""

    status: Status
    reason: Literal["declined", "permanent", "attempts", "deadline", "budget", "breaker"]


def asks_for_patience(fault: TransportFault) -> bool:
    """Whether a server asked to come again: that attempt is none of the few that a call has."""
    return fault.status == BUSY or fault.retry_after is not None


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
