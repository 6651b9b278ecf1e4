"""The command line: ``econsim COMMAND``; each command is one small module.

To add a command, write a module with a ``COMMAND`` (see ``command.Command``) and name it in
``app.COMMANDS``. A command imports heavy libraries only in the functions that use them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; ``argv`` is without the program's name.

    Linear algebra uses one thread unless the user sets another number: the matrices are small, so
    that threads only wait for each other (the tests of curves take nine times the CPU), and sums do
    not depend on the number of cores.
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
    """Discard output if there is no stdout or stderr, as under cron, in services, after ``>&-``."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
