"""A model that makes its steps now, as a source of frames; all it does is recorded in a folder.

The folder is made at the first step. What is stopped within a step, or fails there, goes on from
the records: the steps that are whole, and the replies that were paid.
"""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from econsim_mesa.collection.recorder import Recorder
from econsim_mesa.errors import BadInput, EconSimError, RunIncomplete
from econsim_mesa.llm import loop
from econsim_mesa.llm.connect import load_client
from econsim_mesa.llm.ready import asks_model, refuse_unready
from econsim_mesa.model import EconModel
from econsim_mesa.records import load_run
from econsim_mesa.rerun.fork import fork
from econsim_mesa.rerun.resume import resume

from .given import given_of
from .history import History
from .replay import history_of
from .view import Frame, Scene, Waiting

if TYPE_CHECKING:
    from econsim_mesa.llm.progress import Progress
    from econsim_mesa.scenario import Event, Scenario

PAUSE_SECONDS = 0.05
"""How often a step that is to be broken off is looked at."""


class Stopped(EconSimError):
    """The step under way was broken off because somebody asked for it."""


class Live:
    """A run under way. ``folder`` must be new or empty; ``meta`` stands in its table ``meta``.

    ``next``, ``intervene`` and ``close`` exclude each other; ``stop`` and ``waiting`` may be
    called at any time, from any thread.
    """

    live = True

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        model = EconModel(scenario, seed=scenario.seed)
        self._take(model, None, folder)
        self.history = History(Scene(model.config, model.run_seed, model.town))
        self.history.append(model.town.records)

    @classmethod
    def fork(cls, folder: Path, at: int, changes: Mapping[str, Any], out: Path) -> Live:
        """Return a branch of a run: its past before step ``at``, then another future.

        Raises what ``econsim_mesa.rerun.fork.fork`` raises.
        """
        branch = cls.__new__(cls)
        branch._take(*fork(folder, at, changes, out), out)
        branch.history = history_of(load_run(branch.folder))
        return branch

    def _take(self, model: EconModel, recorder: Recorder | None, folder: Path) -> None:
        """Go on with a model and its recorder; None: it is made at the first step.

        The client of a language model is loaded now, so that its first step can be stopped.
        """
        if asks_model(model.config):
            load_client(model.config.llm)
        self.folder = folder.absolute()
        self._model, self._recorder = model, recorder
        self._counted = 0
        self._lock = threading.Lock()
        self._stepping: threading.Thread | None = None
        self._asked_to_stop = self._closed = False
        self._calls_before = 0
        atexit.register(self.close)

    @property
    def planned(self) -> int:
        """Number of steps that the run is to have."""
        return self._model.config.steps

    def next(self, step: int) -> Frame | None:
        """Return the frame after ``step``, made if it is not there; None: there is no more.

        Raises ``Stopped`` if ``stop`` broke the step off, else what the step raised. Calling it
        again goes on from what is recorded.
        """
        with self._lock:
            if step >= self.history.last and not self._make_step():
                return None
            return self.history.frame(step + 1)

    def _make_step(self) -> bool:
        """Make one step; return False after the last one."""
        if self._closed or not self._ready().running:
            return False
        self._calls_before = sum(progress.done for progress in self._progress())
        self._stepping, self._asked_to_stop = threading.current_thread(), False
        try:
            self._model.step()
        except BaseException as error:
            self._break_off(error)
            raise
        finally:
            self._stepping = None
        self._append()
        if not self._model.running:
            self._end()
        return True

    def _ready(self) -> EconModel:
        """Return the model with a recorder; one that was broken off is made again."""
        if self._recorder is None:
            meta = {"scenario": self._model.config.name, "command": "econsim dashboard"}
            if self._model.town.t < 0:
                refuse_unready(self._model.config)
                self._recorder = Recorder(
                    self._model, self.folder, meta, given_of(self._model.config)
                )
            else:
                self._model, self._recorder = resume(self.folder)
        return self._model

    def _append(self) -> None:
        calls = self._model.past_calls
        self.history.append(self._model.town.records, calls[self._counted :])
        self._counted = len(calls)

    def _break_off(self, error: BaseException) -> None:
        """Leave the folder whole after a step that was not made."""
        stopped = self._asked_to_stop or isinstance(error, RunIncomplete)
        if self._recorder is not None:
            self._recorder.close("interrupted" if stopped else "failed")
        self._recorder = None
        if self._asked_to_stop:
            raise Stopped(f"step {self._model.town.t} was broken off") from error

    def _end(self) -> None:
        """Finish the folder of a run that made its last step."""
        if self._recorder is not None:
            self._recorder.close()

    def _progress(self) -> list[Progress]:
        deciders = self._model.scheduler.deciders
        found = (getattr(decider, "progress", None) for decider in deciders)
        return [progress for progress in found if progress is not None]

    def waiting(self) -> Waiting | None:
        """Return the progress of the calls that the step under way waits for, if any."""
        if self._stepping is None:
            return None
        progress = self._progress()
        done = sum(one.done for one in progress) - self._calls_before
        in_flight = sum(one.in_flight for one in progress)
        waiting = sum(one.waiting for one in progress)
        return Waiting(done, in_flight, waiting) if in_flight or waiting else None

    def stop(self) -> None:
        """Break off the step under way at once, if it waits for calls, or as soon as it does."""
        thread = self._stepping
        if thread is not None:
            self._asked_to_stop = True
            if not loop.interrupt(thread):
                threading.Thread(target=self._insist, args=(thread,), daemon=True).start()

    def _insist(self, thread: threading.Thread) -> None:
        """Break the step off when it next waits: between two calls there is nothing to cancel."""
        while self._stepping is thread and self._asked_to_stop and not loop.interrupt(thread):
            time.sleep(PAUSE_SECONDS)

    def intervene(self, event: Event | Mapping[str, Any]) -> None:
        """Add an event from the next step on, recorded as an input of the run.

        Waits for the end of the step under way. Raises what ``EconModel.intervene`` raises, and
        ``BadInput`` after the last step.
        """
        with self._lock:
            if self.history.last + 1 >= self.planned:
                raise BadInput("the last step is made: nothing more can happen; fork the run")
            self._ready().intervene(event)

    def close(self) -> None:
        """Stop, and leave the run's folder whole and closed. A second call does nothing."""
        self.stop()
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            if self._recorder is not None:
                self._recorder.close("interrupted")
