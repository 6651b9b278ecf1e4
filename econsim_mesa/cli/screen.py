"""Where a command prints: its result on stdout, all else on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from econsim_mesa.errors import EconSimError, ScenarioError

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 100
"""Columns where stdout is no terminal."""


class Screen:
    """The two streams of a command, and how much the user wants to see.

    ``quiet`` and ``json`` are the options of these names, ``words`` the command line.
    """

    def __init__(self) -> None:
        self.quiet = False
        self.json = False
        self.words: tuple[str, ...] = ()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):  # a terminal without UTF-8 is no reason to fail
                with contextlib.suppress(ValueError):
                    stream.reconfigure(errors="backslashreplace")

    def console(self, *, error: bool = False) -> Console:
        """Return a rich console on stdout, or on stderr, that takes all text as it stands."""
        from rich.console import Console

        stream = sys.stderr if error else sys.stdout
        width = None if stream.isatty() else PLAIN_WIDTH
        return Console(stderr=error, width=width, markup=False, highlight=False, emoji=False)

    def say(self, line: str) -> None:
        """Print a line on stdout."""
        print(printable(line))

    def emit(self, result: Any) -> None:
        """Print a result as JSON on stdout; in ASCII, so that no terminal spoils it."""
        print(json.dumps(result, indent=2, allow_nan=False))

    def fail(self, error: EconSimError) -> int:
        """Say on stderr what went wrong, with ``--json`` also on stdout; return the exit code."""
        with contextlib.suppress(BrokenPipeError):
            print(printable(f"econsim: {wording(error)}"), file=sys.stderr, flush=True)
            if self.json:
                self.emit({"error": failure(error)})
                sys.stdout.flush()
        return error.exit_code


def complain(message: str) -> None:
    """Print a message on stderr; nothing if nobody reads it any more."""
    with contextlib.suppress(BrokenPipeError):
        print(printable(message), file=sys.stderr, flush=True)


def wording(error: EconSimError) -> str:
    """Return the message of an error with its notes: one line if there is one thing to say."""
    message = str(error)
    if isinstance(error, ScenarioError) and len(error.problems) == 1:
        message = f"{error.source}: {error.problems[0]}"
    return "; ".join([message, *getattr(error, "__notes__", ())])


def failure(error: EconSimError) -> dict[str, object]:
    """Return an error as an object for JSON."""
    told: dict[str, object] = {"exit_code": error.exit_code, "message": wording(error)}
    if isinstance(error, ScenarioError):
        told["problems"] = [problem._asdict() for problem in error.problems]
    return told


def printable(text: str) -> str:
    """Return a text without characters that would steer a terminal.

    >>> printable("back" + chr(8) + "space")
    'back?space'
    """
    return "".join(one if one.isprintable() or one == "\n" else "?" for one in text)
