"""A model that makes its steps now, as a source of frames; all it does is recorded in a folder.

The folder is made at the first step. What is stopped within a step, or fails there, goes on from
the records: the steps that are whole, and the replies that were paid.
"""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.llm import loop
from econsim_mesa.llm.connect import load_client
from econsim_mesa.llm.ready import asks_model, refuse_unready
from econsim_mesa.runs.bundle.run_request import differences
from econsim_mesa.runs.call_log import spent_on
from econsim_mesa.runs.costs import need_of
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.loop import make_step
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.resume import resume
from econsim_mesa.runs.store import in_use
from econsim_mesa.scenario import recorded_scenario
from econsim_mesa.society.model import EconModel

from .history import History
from .replay import history_of
from .scenario_files import ScenarioFiles
from .view import Frame, Scene, Waiting

if TYPE_CHECKING:
    from econsim_mesa.llm.progress import Progress
    from econsim_mesa.scenario import Event, Scenario

PAUSE_SECONDS = 0.05
"""How often a step that is to be broken off is looked at."""


class Stopped(EconSimError):
    """The step under way was broken off because somebody asked for it."""


_under_way: dict[Path, Live] = {}
"""Registry, shared by all pages of this process: folder -> the one run that makes steps there.

A run is in it until it is closed.
"""


class Live:
    """A run under way; ``begin``, ``fork`` or ``reopen`` makes one.

    ``next``, ``intervene`` and ``close`` exclude each other; ``stop`` and ``waiting`` may be
    called at any time, from any thread.
    """

    live = True

    def __init__(
        self,
        model: EconModel,
        history: History,
        folder: Path,
        recorder: Recorder | None = None,
        files: ScenarioFiles | None = None,
    ) -> None:
        self.history = history
        self.folder = folder
        self._model, self._recorder = model, recorder
        self._files = files or ScenarioFiles()
        self._settings = model.config
        """Those of the next step: what was changed since the last one included."""
        self._calls_shown = 0
        """How many of the model's past calls are in the history."""
        self._calls_before = 0
        """Calls that the deciders had made when the step under way began."""
        self._lock = threading.Lock()
        self._stepping: threading.Thread | None = None
        self._asked_to_stop = self._closed = False
        self._no_limit = False

    @classmethod
    def begin(cls, scenario: Scenario, folder: Path, files: ScenarioFiles | None = None) -> Live:
        """Return a new run, before its first step.

        ``folder`` must be new or empty; it is made at the first step. ``files`` know what the
        run is asked.
        """
        model = EconModel(scenario, seed=scenario.seed)
        return cls(model, _first_history(model), folder.absolute(), files=files)._register()

    @classmethod
    def fork(cls, folder: Path, at: int, changes: Mapping[str, Any], out: Path) -> Live:
        """Return a branch of a run: its past before step ``at``, then another future.

        Raises what ``econsim_mesa.runs.fork.fork`` raises.
        """
        model, recorder = fork(folder, at, changes, out)
        branch = cls(model, history_of(load_run(out)), out.absolute(), recorder)
        branch._settings = recorded_scenario(model.config, set=changes)
        return branch._register()

    @classmethod
    def reopen(cls, folder: Path) -> Live:
        """Return a run that was stopped, to go on after its last whole step.

        A page of this process that has it open loses it. Raises what
        ``econsim_mesa.runs.resume.resume`` raises, and ``BadInput`` for a run that another
        process makes steps of.
        """
        folder = folder.absolute()
        if (other := _under_way.get(folder)) is not None:
            other.close()
        run = load_run(folder)  # puts in order what a killed process left
        if in_use(folder):
            raise BadInput(f"{folder} is under way in another process; look at it there")
        history = history_of(run)
        model, recorder = resume(folder)
        again = cls(model, history, folder, recorder)
        again._calls_shown = sum(call.step <= history.last for call in model.past_calls)
        return again._register()

    def _register(self) -> Live:
        """Enter this run among those under way, to be closed with the process at the latest.

        The client of a language model is loaded now, so that its first step can be stopped.
        """
        if asks_model(self._model.config):
            load_client(self._model.config.llm)
        _under_way[self.folder] = self
        atexit.register(self.close)
        return self

    @property
    def planned(self) -> int:
        """Number of steps that the run is to have."""
        return self._settings.steps

    @property
    def left(self) -> int:
        """Number of steps that are not made yet."""
        return self.planned - self.history.last - 1

    @property
    def settings(self) -> Scenario:
        """The scenario of the next step, with all that was changed up to now."""
        return self._settings

    @property
    def asks_model(self) -> bool:
        """Whether a language model decides for anybody from the next step on."""
        return asks_model(self._settings)

    @property
    def needs_limit(self) -> bool:
        """Whether nobody said yet how many calls the next step may make, or all are made."""
        spec = self._settings.llm
        if not self.asks_model or self._no_limit:
            return False
        if spec.max_calls is not None:
            return self._calls_made() >= spec.max_calls
        return spec.max_tokens is None and spec.max_cost is None

    def _calls_made(self) -> int:
        """Return the run's own calls, those of a step that was broken off included."""
        return spent_on(self._model.past_calls, self._settings.llm).calls

    def calls_left(self) -> int:
        """Return how many calls the steps that are left need at most, repair turns not counted."""
        need = need_of(EconModel(self._settings, seed=self._model.run_seed)).calls
        return math.ceil(need * self.left / self.planned)

    def limit(self, calls: int | None) -> None:
        """Allow so many calls from now on; None: as many as it takes.

        A run that has begun records it as an input. Raises ``ScenarioError`` for a bad number.
        """
        with self._lock:
            if calls is None:
                self._no_limit = True
                calls_at_most = None
            else:
                calls_at_most = self._calls_made() + calls
            settings = recorded_scenario(self._settings, set={"llm.max_calls": calls_at_most})
            if self._recorder is None and self._model.town.t < 0:
                self._model = EconModel(settings, seed=settings.seed)
                self.history = _first_history(self._model)
            elif calls_at_most != self._settings.llm.max_calls:
                self._ready().reconfigure({"llm.max_calls": calls_at_most})
            self._settings = settings

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
        if self._closed:
            self._refuse_elsewhere()
            return False
        if self.needs_limit:
            raise BadInput("say first how many calls of the language model may be made")
        recorder = self._open_recorder()
        if not self._model.running:
            return False
        self._calls_before = sum(progress.done for progress in self._progress())
        self._stepping, self._asked_to_stop = threading.current_thread(), False
        try:
            make_step(self._model, recorder, lambda: self._asked_to_stop)
        except BaseException as error:
            self._break_off(error)
            raise
        finally:
            self._stepping = None
        self._append()
        return True

    def _ready(self) -> EconModel:
        """Return the model with a recorder; one that was broken off is made again."""
        self._open_recorder()
        return self._model

    def _open_recorder(self) -> Recorder:
        """Return the recorder; after a step that was broken off it is made again."""
        if self._recorder is None:
            meta = {"scenario": self._model.config.name, "command": "econsim dashboard"}
            if self._model.town.t < 0:
                refuse_unready(self._model.config)
                self._recorder = Recorder.begin(
                    self._model, self.folder, meta, self._files.request(self._model.config)
                )
            else:
                self._model, self._recorder = resume(self.folder)
                if lost := differences(self._model.config, self._settings):
                    self._model.reconfigure(lost)
        return self._recorder

    def _refuse_elsewhere(self) -> None:
        """Refuse to go on with a run that another page took over."""
        if _under_way.get(self.folder, self) is not self:
            raise BadInput(f"{self.folder.name} goes on in another page; go on there")

    def _append(self) -> None:
        calls = self._model.past_calls
        self.history.append(self._model.town.records, calls[self._calls_shown :])
        self._calls_shown = len(calls)
        self._settings = self._model.config

    def _break_off(self, error: BaseException) -> None:
        """Take leave of records that a step closed which was not made."""
        self._recorder = None
        if self._asked_to_stop:
            raise Stopped(f"step {self._model.town.t} was broken off") from error

    def _progress(self) -> list[Progress]:
        deciders = self._model.scheduler.deciders
        all_progress = (getattr(decider, "progress", None) for decider in deciders)
        return [progress for progress in all_progress if progress is not None]

    def waiting(self) -> Waiting | None:
        """Return the progress of the calls that the step under way waits for, if any."""
        if self._stepping is None:
            return None
        progress = self._progress()
        done = sum(each.done for each in progress) - self._calls_before
        in_flight = sum(each.in_flight for each in progress)
        waiting = sum(each.waiting for each in progress)
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
            self._refuse_elsewhere()
            self._ready().intervene(event)

    def close(self) -> None:
        """Stop, and leave the run's folder whole and closed. A second call does nothing."""
        self.stop()
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            if _under_way.get(self.folder) is self:
                del _under_way[self.folder]
            if self._recorder is not None:
                self._recorder.close("interrupted")


def _first_history(model: EconModel) -> History:
    """Return the history of a model that stands before its first step."""
    history = History(Scene(model.config, model.run_seed, model.town))
    history.append(model.town.records)
    return history
