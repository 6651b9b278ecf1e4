"""Findings of a check of a bundle: each is a line of text, and all together give an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a finding means. The highest of several determines the exit code."""

    unchecked = 2
    incomplete = 3
    irreproducible = 4
    tampered = 5


class Finding(NamedTuple):
    """A fault of a bundle: where it is, and what is wrong."""

    kind: Kind
    where: str
    what: str

    def __str__(self) -> str:
        """Return it as one line that steers no terminal."""
        line = f"{self.kind.name}: {self.where}: {self.what}"
        return "".join(one if one.isprintable() else "?" for one in line)


def code_of(findings: Iterable[Finding]) -> int:
    """Return the exit code of findings: 0 for none, else that of the gravest kind.

    >>> code_of([Finding(Kind.tampered, "a", "x"), Finding(Kind.incomplete, "b", "y")])
    5
    >>> code_of([Finding(Kind.unchecked, "a", "x")])
    3
    """
    return max((int(max(finding.kind, Kind.incomplete)) for finding in findings), default=0)


def tampered(where: str, what: str) -> Finding:
    """Return a finding that something has changed since the bundle was sealed."""
    return Finding(Kind.tampered, where, what)


def unchecked(where: str, what: str) -> Finding:
    """Return a finding that something cannot be checked on this machine."""
    return Finding(Kind.unchecked, where, what)


def incomplete(where: str, what: str) -> Finding:
    """Return a finding that something is missing so far."""
    return Finding(Kind.incomplete, where, what)
