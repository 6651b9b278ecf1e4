"""Why something could not be done: a cause to count by, and words for whoever tried."""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """Why something could not be done.

    >>> Reason.of("the library is closed today")
    Reason(cause='the library is closed today', words='the library is closed today')
    """

    cause: str
    """A few words that all such cases share: what is counted, compared and posted about."""
    words: str
    """What is so and what would do, with the names and amounts of this case."""

    @classmethod
    def of(cls, reason: Reason | str) -> Reason:
        """Return a reason; a plain text is its own cause."""
        return cls(reason, reason) if isinstance(reason, str) else reason


ASLEEP = Reason("asleep", "asleep: whoever goes to sleep does nothing else until waking")
UNKNOWN_NAME = "no such name"
"""Cause: nobody and nothing has the name that was said."""
SECOND_PLACE = "another place comes first"
"""Cause: the same decision sets out for somewhere else."""
TOO_OFTEN = "too often in one step"
"""Cause: the decision asks for more of it than can be done in one step."""
IMPOSSIBLE = "not possible"
"""Cause: it can never be done, whatever the town is like."""
EXPIRED = "expired"
NO_ANSWER = "expired: no answer"
"""Causes of an order or a proposal whose time was over begin with the former."""
