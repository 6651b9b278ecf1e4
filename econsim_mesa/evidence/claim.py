"""A claim: what is said, how it was tested, and what came of it. Statuses are computed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

Status = Literal[
    "supported",
    "not supported",
    "open",
    "declared by the author, not verified by this program",
]
DECLARED: Status = "declared by the author, not verified by this program"
"""What claim 4 can be at most, and claim 4 alone: no program can verify its own reviewer."""
Value = float | int | str | None


class Test(NamedTuple):
    """One test of a claim; ``holds`` None: it cannot be made. ``evidence`` is a file's name."""

    test: str
    threshold: str
    value: Value
    holds: bool | None
    evidence: str


class Claim(NamedTuple):
    """A claim with its tests. ``words`` say what the status means here."""

    number: int
    title: str
    status: Status
    words: str
    tests: tuple[Test, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON holds it."""
        return self._asdict() | {"tests": [test._asdict() for test in self.tests]}


def status_of(tests: Sequence[Test]) -> Status:
    """Return what tests amount to: one that fails refuses, one that is missing leaves open.

    >>> status_of([]), status_of([Test("a", "", 1, True, ""), Test("b", "", None, None, "")])
    ('open', 'open')
    """
    if any(test.holds is False for test in tests):
        return "not supported"
    return "supported" if tests and all(test.holds for test in tests) else "open"


def earlier(claim: Claim) -> Test:
    """Return the test that an earlier claim is supported; else a later one stays open."""
    holds = True if claim.status == "supported" else None
    return Test(f"claim {claim.number}", "supported", claim.status, holds, "claims.json")


def with_tests(claim: Claim, *more: Test) -> Claim:
    """Return a claim that has to pass more tests, and says which of them it does not."""
    tests = (*claim.tests, *more)
    lacking = [test.test for test in more if not test.holds]
    words = f"{claim.words} It stands back for: {'; '.join(lacking)}." if lacking else claim.words
    return claim._replace(status=status_of(tests), words=words, tests=tests)
