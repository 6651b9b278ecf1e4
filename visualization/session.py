"""What a page does when something is touched: open, play, pause, seek, start anew, fork.

Whatever may take long happens in threads, so that the page answers at once. A step follows the
one before it when the browser has drawn that: frames never queue up, and a town that nobody sees
any more stands still.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from econsim_mesa.errors import EconSimError
from econsim_mesa.runs.folders import is_experiment, is_run, new_folder
from econsim_mesa.scenario import Scenario

from . import state
from .live import Live, Stopped
from .replay import Replay
from .run_address import run_at
from .scenario_files import ScenarioFiles
from .view import Source

if TYPE_CHECKING:
    from .experiment_view import ExperimentView

OPEN_FIRST = "ECONSIM_DASHBOARD"
"""Environment variable with a scenario's name or file, or the folder of a run, to open at first."""
DEFAULT_SCENARIO = "pizza_place"
PATIENCE_SECONDS = 10.0
"""How long a step waits for the browser to say that the one before is drawn."""
GLANCE_SECONDS = 0.25
"""How often the progress of calls is looked at."""


class Session:
    """The actions of one page. Its threads end with ``close``, or when a run has no more steps.

    ``connected`` says whether a browser shows the page: without one no step begins.
    """

    def __init__(self, connected: Callable[[], bool] = lambda: True) -> None:
        self.files = ScenarioFiles()
        self._connected = connected
        self._drawn = threading.Event()
        self._wake = threading.Event()
        self._single_step = self._catch_up = False
        self._go_on_as_before: Callable[[], None] = self.step
        self._open = True
        self._player = threading.Thread(target=self._make_steps, name="econsim-page", daemon=True)
        self._player.start()

    @property
    def alive(self) -> bool:
        """Whether the thread that makes steps still runs."""
        return self._player.is_alive()

    # Opening

    def open_first(self, query: str) -> None:
        """Open the run that the address names by ``run``, else what the environment names."""
        run = parse_qs(query).get("run", [""])[0]
        if run:
            self.open(run)
            return
        first = os.environ.get(OPEN_FIRST) or DEFAULT_SCENARIO
        if is_run(Path(first)) or is_experiment(Path(first)):
            self.replay(Path(first))
        else:
            self.live(self.files.open(first))

    def replay(self, folder: Path) -> None:
        """Open a run, one that was stopped early where it stands; or an experiment."""
        if is_experiment(folder):
            self._in_background(f"opening {folder.name}", lambda: self._open_experiment(folder))
            return

        def act() -> None:
            run = Replay.open(folder)
            self.files.open_run(folder, run.history.scene.scenario)
            self._show(run, run.history.last if run.left else 0, _parent_of(run))

        self._in_background(f"opening {folder.name}", act)

    def open(self, address: str) -> None:
        """Open the run that a page's address names."""
        try:
            self.replay(run_at(address))
        except EconSimError as error:
            self._report(error)

    def live(self, scenario: Scenario, folder: Path | None = None) -> None:
        """Make a new town, before its first step; ``folder`` is where its run will lie."""
        self._in_background(
            f"building {scenario.name}",
            lambda: self._show(Live.begin(scenario, folder or new_folder(scenario), self.files)),
        )

    def go_on(self) -> None:
        """Make a live run of one that was stopped, in its folder; it stands until it is played."""
        source, frame = state.source.value, state.frame.value
        if source is not None and frame is not None:
            self.pause()
            folder, parent = source.folder, state.parent.value
            self._in_background(
                f"living through {folder.name} again",
                lambda: self._show(Live.reopen(folder), frame.step, parent),
            )

    def fork(self, changes: Mapping[str, Any]) -> None:
        """Branch the run that is shown after the present step, with other settings from there.

        A live parent makes its steps along with the fork; one that pays for them only if wished.
        """
        source, frame = state.source.value, state.frame.value
        if source is None or frame is None:
            return
        self.pause()
        at = min(frame.step + 1, source.planned - 1)
        out = new_folder(frame.scene.scenario).absolute()
        along = isinstance(source, Live) and not source.asks_model

        def branch() -> None:
            forked = Live.fork(source.folder, at, changes, out)
            parent = state.Parent(source, at, along, source.history.last)
            self._show(forked, at - 1, parent)

        self._in_background(f"forking after step {at - 1}", branch)

    def bring_parent(self) -> None:
        """Let the parent make the steps that the fork has made, and from now on each with it."""
        parent = state.parent.value
        if parent is None:
            return

        def act() -> None:
            source = parent.source
            if not isinstance(source, Live):
                source = Live.reopen(source.folder)
            state.parent.value = parent._replace(source=source, along=True)
            self._move_parent()

        self._in_background("the parent goes on", act)

    def back(self) -> None:
        """Show the parent of a fork again, in place of the fork."""
        parent, frame = state.parent.value, state.frame.value
        if parent is not None and frame is not None:
            self.pause()
            name = parent.source.folder.name
            self._in_background(f"opening {name}", lambda: self._show(parent.source, frame.step))

    def reset(self) -> None:
        """Start a live run anew, with the same scenario and seed; go to the start of a replay."""
        source = state.source.value
        if source is None:
            return
        self.pause()
        if isinstance(source, Live):
            self.live(source.history.scene.scenario)
        else:
            self.seek(0)

    def up(self) -> None:
        """Show the experiment again of which a run is shown."""
        if state.experiment.value is not None:
            self.pause()
            self._show_experiment(state.experiment.value)

    def _open_experiment(self, folder: Path) -> None:
        from .experiment_view import ExperimentView  # statistics take long to load

        self._show_experiment(ExperimentView(folder))

    def _show_experiment(self, experiment: ExperimentView) -> None:
        """Put an experiment in the place of what is shown."""
        for before in _sources():
            before.close()
        state.limiting.value = None
        state.experiment.value = experiment
        state.source.value = state.frame.value = state.parent.value = state.selected.value = None

    def _show(self, source: Source, step: int = -1, parent: state.Parent | None = None) -> None:
        """Put a source, and its parent if it is a fork, in the place of what is shown."""
        stay = (source, None if parent is None else parent.source)
        for before in _sources():
            if before not in stay:
                before.close()
        state.limiting.value = None
        experiment = state.experiment.value
        if experiment is not None and experiment.folder / "runs" != source.folder.parent:
            state.experiment.value = None
        state.source.value = source
        state.frame.value = source.history.frame(step)
        state.parent.value = parent
        if state.selected.value not in source.history.scene.number:
            state.selected.value = None
        if source.live:
            threading.Thread(target=self._watch, args=(source,), daemon=True).start()

    def _watch(self, source: Source) -> None:
        """Show the progress of calls for as long as a source is open."""
        while self._open and state.source.value is source:
            state.waiting.value = next(filter(None, (each.waiting() for each in _sources())), None)
            time.sleep(GLANCE_SECONDS)

    def _in_background(self, activity: str, act: Callable[[], None]) -> None:
        """Do something in a thread; what goes wrong becomes a notice."""

        def work() -> None:
            try:
                act()
            except Exception as error:
                self._report(error)
            finally:
                state.busy.value = ""

        if not state.busy.value:
            state.busy.value, state.notice.value = activity, None
            threading.Thread(target=work, daemon=True).start()

    def _report(self, error: Exception) -> None:
        ours = isinstance(error, EconSimError)  # written for a user
        text = str(error) if ours else f"{type(error).__name__}: {error}"
        state.notice.value = state.Notice(text)

    # Moving in time

    def play(self) -> None:
        """Let steps follow each other until there is no more, or until ``pause``."""
        if state.source.value is not None:
            state.playing.value, state.notice.value = True, None
            self._wake.set()

    def step(self) -> None:
        """Make one step, or show the next one; then stand still."""
        if state.source.value is not None:
            state.playing.value, state.notice.value = False, None
            self._single_step = True
            self._wake.set()

    def _move_parent(self) -> None:
        """Let the parent make the steps that the fork is ahead."""
        self._catch_up = True
        self._wake.set()

    def pause(self) -> None:
        """Make no more steps after the one under way."""
        state.playing.value = self._single_step = self._catch_up = False

    def halt(self) -> None:
        """Pause, and break off a step that waits for calls."""
        self.pause()
        for source in _sources():
            source.stop()

    def limit(self, calls: int | None) -> None:
        """Tell the run that waits for it how many calls it may make; None: as many as it takes."""
        live = state.limiting.value
        if live is None:
            return

        def act() -> None:
            live.limit(calls)
            state.limiting.value = None
            if live is state.source.value and state.frame.value is not None:
                state.frame.value = live.history.frame(state.frame.value.step)
            self._go_on_as_before()

        self._in_background("taking note of the limit", act)

    def refuse_limit(self) -> None:
        """Leave the run that waits for a limit where it stands."""
        state.limiting.value = None

    def seek(self, step: int) -> None:
        """Show a step that is there."""
        self.pause()
        if state.source.value is not None:
            state.frame.value = state.source.value.history.frame(step)

    def drawn(self, _step: int) -> None:
        """Take note that the browser has drawn a step."""
        self._drawn.set()

    def close(self) -> None:
        """End everything: the page was closed."""
        self._open = False
        self.pause()
        self._wake.set()
        for source in _sources():
            threading.Thread(target=source.close, daemon=True).start()

    def _make_steps(self) -> None:
        """Make steps whenever they are wanted: what the page's own thread does."""
        while self._open:
            self._wake.wait()
            self._wake.clear()
            while self._wanted():
                begun = time.monotonic()
                if not self._move():
                    self.pause()
                elif state.playing.value:
                    self._until_drawn()
                    time.sleep(max(0.0, begun + 1 / state.speed.value - time.monotonic()))

    def _wanted(self) -> bool:
        """Whether another step is wanted, by somebody who sees it."""
        wanted = self._open and (state.playing.value or self._single_step or self._catch_up)
        if wanted and not self._connected():
            self._stand("Paused: the browser was not connected.")
            return False
        return wanted

    def _stand(self, why: str) -> None:
        """Pause, and say why."""
        self.pause()
        state.notice.value = state.Notice(why, error=False)

    def _until_drawn(self) -> None:
        """Wait until the browser has drawn the step that was made; give up after a while."""
        if not self._drawn.wait(PATIENCE_SECONDS) and state.playing.value and self._connected():
            self._stand("Paused: the browser did not draw the last step.")

    def _move(self) -> bool:
        """Make the step that is wanted, of the parent or of what is shown; False: none was made."""
        try:
            if self._catch_up:
                return self._advance_parent()
            self._single_step = False
            return self._advance()
        except Stopped:
            return False
        except Exception as error:
            self._report(error)
            return False

    def _advance(self) -> bool:
        """Show the step after the one that is shown; return False if there is none."""
        source, shown = state.source.value, state.frame.value
        if source is None or shown is None or self._must_ask(source, shown.step + 1):
            return False
        frame = source.next(shown.step)
        if frame is None or state.source.value is not source or state.frame.value != shown:
            return False
        self._drawn.clear()
        state.frame.value = frame
        if state.parent.value is not None and state.parent.value.along:
            self._catch_up = state.parent.value.reached < frame.step
        return True

    def _advance_parent(self) -> bool:
        """Let the parent make one step; return False if it cannot."""
        parent, shown = state.parent.value, state.frame.value
        if parent is None or shown is None or self._must_ask(parent.source, parent.reached + 1):
            return False
        frame = parent.source.next(parent.reached)
        self._catch_up = frame is not None and frame.step < shown.history.last
        if frame is not None and state.parent.value is parent:
            state.parent.value = parent._replace(reached=frame.step)
        return True

    def _must_ask(self, source: Source, step: int) -> bool:
        """Whether to ask how many calls may be made, before a step is made that calls a model."""
        if not isinstance(source, Live) or step <= source.history.last or not source.needs_limit:
            return False
        single = self.step if source is state.source.value else self._move_parent
        self._go_on_as_before = self.play if state.playing.value else single
        state.limiting.value = source
        return True


def _parent_of(run: Replay) -> state.Parent | None:
    """Return what a run on disk was forked from, to stand beside it; None: it is not there."""
    if run.parent is None:
        return None
    try:
        parent = Replay.open(run.parent)
    except EconSimError:  # damaged: the fork can be looked at without it
        return None
    if parent.history.scene.scenario != run.history.scene.scenario:
        return None  # another run of that name
    return state.Parent(parent, run.history.forked_at, along=False, reached=parent.history.last)


def _sources() -> list[Source]:
    """Return what is shown and, of a fork, its parent."""
    parent = state.parent.value
    sources = (state.source.value, None if parent is None else parent.source)
    return [source for source in sources if source is not None]
