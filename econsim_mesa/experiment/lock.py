"""A lock on an experiment's folder: one process and its workers write in it at a time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.plan import LOCK, WORKERS_LOCK

_WAIT_SECONDS = 30.0
"""How long to wait for the workers of a killed process, which stop after the step under way."""


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a folder alone; the system lets go of it when the process dies.

    Raises ``BadInput`` if another process holds it, or it cannot be written. Where the system
    has no such locks (Windows) nothing is held.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error
    with _locked(folder / LOCK, shared=False, wait=0.0) as alone:
        if not alone:
            raise BadInput(f"another process works in {folder}; wait for its end or stop it")
        with _locked(folder / WORKERS_LOCK, shared=False, wait=_WAIT_SECONDS) as quiet:
            if not quiet:
                raise BadInput(f"workers of an earlier process are still busy in {folder}")
        yield


def _unusable(folder: Path, error: OSError) -> BadInput:
    return BadInput(f"cannot use the folder {folder}: {error}; give another --out")


@contextmanager
def hold_as_worker(folder: Path) -> Iterator[None]:
    """Hold a folder together with other workers of one process."""
    with _locked(folder / WORKERS_LOCK, shared=True, wait=_WAIT_SECONDS):
        yield


if sys.platform == "win32":

    @contextmanager
    def _locked(path: Path, *, shared: bool, wait: float) -> Iterator[bool]:
        yield True

else:
    import fcntl

    @contextmanager
    def _locked(path: Path, *, shared: bool, wait: float) -> Iterator[bool]:
        """Lock a file, and say whether it could be within so many seconds."""
        deadline = time.monotonic() + wait
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        try:
            file = path.open("ab")
        except OSError as error:
            raise _unusable(path.parent, error) from error
        with file:
            while True:
                try:
                    fcntl.flock(file, how)
                    break
                except OSError:
                    if time.monotonic() >= deadline:
                        yield False
                        return
                    time.sleep(0.05)
            yield True
