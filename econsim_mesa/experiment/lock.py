"""Locks on the folder of an experiment: one process and its workers write in it at a time."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.plan import LOCK, WORKERS_LOCK

_WAIT_SECONDS = 30.0
"""Time to wait for the workers of a killed process, which end after the step under way."""


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Hold a folder alone, and create it if necessary; the lock ends with the process.

    Raises ``BadInput`` if another process holds the folder, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK).acquire(timeout=0)
    except Timeout:
        raise BadInput(f"another process works in {folder}; wait for its end or stop it") from None
    except OSError as error:
        raise _unusable(folder, error) from error
    with lock:
        with _workers_lock(folder, shared=False) as is_free:
            if not is_free:
                raise BadInput(f"workers of an earlier process are still busy in {folder}")
        yield


@contextmanager
def hold_as_worker(folder: Path) -> Iterator[None]:
    """Hold a folder together with other workers of one process."""
    with _workers_lock(folder, shared=True):
        yield


def _unusable(folder: Path, error: OSError) -> BadInput:
    return BadInput(f"cannot use the folder {folder}: {error}; give another --out")


# Written by hand: filelock shares a lock only by way of a database. Python has no shared lock for
# Windows, so there nobody waits for the workers of a killed process.
if sys.platform == "win32":

    @contextmanager
    def _workers_lock(folder: Path, *, shared: bool) -> Iterator[bool]:
        yield True

else:
    import fcntl

    @contextmanager
    def _workers_lock(folder: Path, *, shared: bool) -> Iterator[bool]:
        """Lock the workers' file, and yield whether that succeeded within ``_WAIT_SECONDS``."""
        deadline = time.monotonic() + _WAIT_SECONDS
        operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        try:
            file = (folder / WORKERS_LOCK).open("ab")
        except OSError as error:
            raise _unusable(folder, error) from error
        with file:
            while True:
                try:
                    fcntl.flock(file, operation)
                    break
                except OSError:
                    if time.monotonic() >= deadline:
                        yield False
                        return
                    time.sleep(0.05)
            yield True
