"""What a check of a bundle finds: one line each, and together an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a finding means; of several the highest counts."""

    unchecked = 2
    incomplete = 3
    irreproducible = 4
    tampered = 5


class Finding(NamedTuple):
    """One thing that is not as it should be: where in the bundle, and what."""

    kind: Kind
    where: str
    what: str

    def __str__(self) -> str:
        """Return it as one line that steers no terminal."""
        line = f"{self.kind.name}: {self.where}: {self.what}"
        return "".join(one if one.isprintable() else "?" for one in line)


def code_of(findings: Iterable[Finding]) -> int:
    """Return the exit code that findings stand for: 0 none, 3 not or not yet to be checked here.

    >>> code_of([Finding(Kind.tampered, "a", "x"), Finding(Kind.incomplete, "b", "y")])
    5
    >>> code_of([Finding(Kind.unchecked, "a", "x")])
    3
    """
    return max((int(max(finding.kind, Kind.incomplete)) for finding in findings), default=0)


def tampered(where: str, what: str) -> Finding:
    """Return a finding: this is not what it was when the bundle was sealed."""
    return Finding(Kind.tampered, where, what)


def unchecked(where: str, what: str) -> Finding:
    """Return a finding: this machine lacks what it takes to say."""
    return Finding(Kind.unchecked, where, what)


def incomplete(where: str, what: str) -> Finding:
    """Return a finding: something is still missing."""
    return Finding(Kind.incomplete, where, what)
