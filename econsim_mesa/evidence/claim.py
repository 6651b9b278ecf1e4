"""A claim: what is claimed, how it was tested, and its status, which is computed here."""

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
"""The most that claim 4 can be, and claim 4 alone: no program can verify its own reviewer."""
Value = float | int | str | None


class Test(NamedTuple):
    """A test of a claim.

    Attributes:
        test: What is tested.
        threshold: What is asked for.
        value: What was found.
        holds: Whether it is as asked for; None: that cannot be told.
        evidence: Name of the file that shows it.
    """

    test: str
    threshold: str
    value: Value
    holds: bool | None
    evidence: str


class Claim(NamedTuple):
    """A claim with its tests; ``words`` say what its status means."""

    number: int
    title: str
    status: Status
    words: str
    tests: tuple[Test, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON holds it."""
        return self._asdict() | {"tests": [test._asdict() for test in self.tests]}


def status_of(tests: Sequence[Test]) -> Status:
    """Return the status that tests give: one that fails refutes, one that is missing leaves open.

    >>> status_of([]), status_of([Test("a", "", 1, True, ""), Test("b", "", None, None, "")])
    ('open', 'open')
    """
    if any(test.holds is False for test in tests):
        return "not supported"
    return "supported" if tests and all(test.holds for test in tests) else "open"


def earlier(claim: Claim) -> Test:
    """Return the test that an earlier claim is supported; a later claim is open without it."""
    holds = True if claim.status == "supported" else None
    return Test(f"claim {claim.number}", "supported", claim.status, holds, "claims.json")


def with_tests(claim: Claim, *more: Test) -> Claim:
    """Return a claim with more tests, which says in words which of them do not hold."""
    tests = (*claim.tests, *more)
    lacking = [test.test for test in more if not test.holds]
    words = f"{claim.words} It stands back for: {'; '.join(lacking)}." if lacking else claim.words
    return claim._replace(status=status_of(tests), words=words, tests=tests)
