"""Print the result of a command on stdout, and all messages on stderr."""

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
"""Width of the output if stdout is not a terminal."""


class Output:
    """The two streams of a command, and how much the user wants to see.

    Attributes:
        quiet: Whether to print as little as possible (``--quiet``).
        as_json: Whether to print JSON on stdout, and only that (``--json``).
        command_line: The words that the user typed after ``econsim``.
    """

    def __init__(self) -> None:
        self.quiet = False
        self.as_json = False
        self.command_line: tuple[str, ...] = ()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):  # a terminal without UTF-8 is no reason to fail
                with contextlib.suppress(ValueError):
                    stream.reconfigure(errors="backslashreplace")

    def console(self, *, stderr: bool = False) -> Console:
        """Return a rich console on stdout or stderr, without markup, emoji or highlighting."""
        from rich.console import Console

        stream = sys.stderr if stderr else sys.stdout
        width = None if stream.isatty() else PLAIN_WIDTH
        return Console(stderr=stderr, width=width, markup=False, highlight=False, emoji=False)

    def text(self, line: str) -> None:
        """Print a line on stdout."""
        print(sanitized(line))

    def json(self, result: Any) -> None:
        """Print a result as JSON on stdout, in ASCII for terminals of any encoding."""
        print(json.dumps(result, indent=2, allow_nan=False))

    def warn(self, message: str) -> None:
        """Print a message on stderr; do nothing if stderr is closed."""
        with contextlib.suppress(BrokenPipeError):
            print(sanitized(message), file=sys.stderr, flush=True)

    def error(self, error: EconSimError) -> int:
        """Print an error on stderr, with ``--json`` also on stdout; return the exit code."""
        self.warn(f"econsim: {message_of(error)}")
        if self.as_json:
            with contextlib.suppress(BrokenPipeError):
                self.json({"error": error_as_json(error)})
                sys.stdout.flush()
        return error.exit_code


def message_of(error: EconSimError) -> str:
    """Return the message of an error with its notes, in one line if it has one problem."""
    message = str(error)
    if isinstance(error, ScenarioError) and len(error.problems) == 1:
        message = f"{error.source}: {error.problems[0]}"
    return "; ".join([message, *getattr(error, "__notes__", ())])


def error_as_json(error: EconSimError) -> dict[str, object]:
    """Return an error as an object for JSON."""
    described: dict[str, object] = {"exit_code": error.exit_code, "message": message_of(error)}
    if isinstance(error, ScenarioError):
        described["problems"] = [problem._asdict() for problem in error.problems]
    return described


def sanitized(text: str) -> str:
    """Return a text in which characters that control a terminal are replaced.

    >>> sanitized("back" + chr(8) + "space")
    'back?space'
    """
    return "".join(
        character if character.isprintable() or character == "\n" else "?" for character in text
    )
