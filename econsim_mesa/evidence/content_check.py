"""Read files that somebody else may have made: whatever is wrong with them is a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from econsim_mesa.errors import BadInput, EconSimError, NotInstalled
from econsim_mesa.evidence.code_version import other_code
from econsim_mesa.runs.bundle.findings import Finding, tampered, unchecked

MOST = 50_000_000
"""Largest size in bytes of a file that is read whole; only the records may be larger."""


def guarded(where: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Yield what a check yields, and a finding if it raises an error."""
    try:
        yield from check()
    except Exception as error:  # a file that somebody made may hold anything
        yield unreadable(where, error)


def unreadable(where: str, error: Exception, made_in: Path | None = None) -> Finding:
    """Return the finding for content that cannot be read.

    Content is not at fault if this installation lacks a package, or if other code made it.

    Args:
        where: The file.
        error: What reading it raised.
        made_in: The folder of a run that was made with the same code; None: unknown.
    """
    words = str(error) if isinstance(error, EconSimError) else f"{type(error).__name__}: {error}"
    words = " ".join(words.split())
    if is_lacking(error):
        return unchecked(where, words)
    other = None if made_in is None or not isinstance(error, BadInput) else other_code(made_in)
    if other is not None:
        return unchecked(where, f"was made with {other}; check it with that: {words[:300]}")
    return tampered(where, f"cannot be read: {words[:300]}")


def is_lacking(error: BaseException | None) -> bool:
    """Return whether an error comes from something that is not installed here."""
    while error is not None and not isinstance(error, NotInstalled | ImportError):
        error = error.__cause__ or error.__context__
    return error is not None


def holds(path: Path, text: str) -> bool:
    """Return whether a file has exactly this text; a file of another size is not read."""
    content = text.encode()
    return path.stat().st_size == len(content) and path.read_bytes() == content
