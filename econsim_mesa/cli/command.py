"""The type of a command: a name, a line of help, examples, and two functions."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from econsim_mesa.cli.output import Output


@dataclass(frozen=True)
class Command:
    """A command of ``econsim``.

    ``configure`` adds its arguments to a parser, which has ``--quiet``, ``--json`` and ``--with``
    already. ``execute`` does the work and returns the exit code. For a failure it raises an
    ``EconSimError``, whose ``exit_code`` becomes the exit code of the process.
    """

    name: str
    help: str
    """What it does, in one line."""
    examples: tuple[str, ...]
    """Command lines that work as they stand, without the leading ``econsim``."""
    configure: Callable[[ArgumentParser], None]
    execute: Callable[[Namespace, Output], int]
    takes_user_files: bool = True
    """Whether ``--with FILE.py`` is of use: it reads a scenario, a run or an experiment."""
