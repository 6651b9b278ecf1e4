"""The command line: ``econsim COMMAND``; each command is one small module.

To add a command, write a module with a ``COMMAND`` (see ``command.Command``) and name it in
``app.COMMANDS``. A command imports what is heavy where it uses it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; ``argv`` is without the program's name.

    Linear algebra gets one thread, unless the user says otherwise: the matrices here are small,
    so that threads only wait for each other (the tests of curves take nine times the CPU), and
    sums come out alike however many cores a machine has.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _open_missing_streams()
    try:
        from econsim_mesa.cli.app import main
    except KeyboardInterrupt:  # what would say so is what was being imported
        print("econsim: interrupted before anything was done", file=sys.stderr)
        return 130
    return main(argv)


def _open_missing_streams() -> None:
    """Let what is printed vanish where there is no stdout or stderr: cron, services, ``>&-``."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
