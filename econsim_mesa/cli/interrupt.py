"""Ctrl-C: a note that a run should stop; calls of a language model are cancelled at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

from econsim_mesa.errors import RunIncomplete

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(RunIncomplete):
    """A run was stopped from outside, whole; the message says how far it came."""

    exit_code = 130


class Interruption:
    """While it is entered, SIGINT and SIGTERM set ``asked``.

    Where ``at_once`` says so they raise ``KeyboardInterrupt`` as well. A second signal does what
    it does by default: it kills. Handlers of signals belong to the main thread; in any other
    this does nothing.
    """

    def __init__(self) -> None:
        self.asked = False
        self.at_once: Callable[[], bool] = bool
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        if self.at_once():
            raise KeyboardInterrupt
