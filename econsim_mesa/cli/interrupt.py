"""Handle Ctrl-C: a run stops after its step, and calls of a language model are cancelled."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

from econsim_mesa.errors import RunIncomplete

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(RunIncomplete):
    """A run was stopped from outside after a whole step. The message gives the step."""

    exit_code = 130


class Interruption:
    """While entered, handles SIGINT and SIGTERM by setting ``asked``.

    If ``at_once`` returns true, the signal raises ``KeyboardInterrupt`` as well. A second signal
    has its default effect and ends the process. Outside the main thread, which alone can handle
    signals, this does nothing.
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
