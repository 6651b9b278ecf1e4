"""What a page does when something is touched: open, play, pause, seek, start anew, fork.

Whatever may take long happens in threads, so that the page answers at once. A step follows the
one before it when the browser has drawn that: frames never queue up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from econsim_mesa.cli.run import new_folder
from econsim_mesa.errors import EconSimError
from econsim_mesa.scenario import Scenario

from . import state
from .live import Live, Stopped
from .replay import Replay
from .view import Source

PATIENCE_SECONDS = 2.0
"""How long a frame waits for the browser to say that the one before is drawn."""
GLANCE_SECONDS = 0.25
"""How often the progress of calls is looked at."""


class Session:
    """The actions of one page. Its threads end with ``close``, or when a run has no more steps."""

    def __init__(self) -> None:
        self._drawn = threading.Event()
        self._wake = threading.Event()
        self._one_more = False
        self._open = True
        self._player = threading.Thread(target=self._live_on, name="econsim-page", daemon=True)
        self._player.start()

    @property
    def alive(self) -> bool:
        """Whether the thread that makes steps still runs."""
        return self._player.is_alive()

    # Opening

    def replay(self, folder: Path) -> None:
        """Open a finished run."""
        self._in_background(f"opening {folder.name}", lambda: self._show(Replay(folder)))

    def live(self, scenario: Scenario) -> None:
        """Make a new town, before its first step."""
        self._in_background(
            f"building {scenario.name}", lambda: self._show(Live(scenario, new_folder(scenario)))
        )

    def fork(self, changes: Mapping[str, Any]) -> None:
        """Branch the run that is shown after the present step, with other settings from there."""
        source, frame = state.source.value, state.frame.value
        if source is None or frame is None:
            return
        self.pause()
        at = min(frame.step + 1, source.planned - 1)
        out = new_folder(frame.scene.scenario)

        def branch() -> None:
            forked = Live.fork(source.folder, at, changes, out)
            self._show(forked, at - 1)
            state.parent.value = state.Parent(source.history, source.folder, at)

        self._in_background(f"forking after step {at - 1}", branch)

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

    def _show(self, source: Source, step: int | None = None) -> None:
        """Put a source in the place of the one before; a fork stays where it began."""
        before = state.source.value
        if before is not None:
            before.close()
        state.parent.value = None
        state.source.value = source
        first = -1 if source.live else 0
        state.frame.value = source.history.frame(first if step is None else step)
        known = source.history.scene.number
        if state.selected.value not in known:
            state.selected.value = None
        if source.live:
            threading.Thread(target=self._watch, args=(source,), daemon=True).start()

    def _watch(self, source: Source) -> None:
        """Show the progress of calls for as long as a source is open."""
        while self._open and state.source.value is source:
            state.waiting.value = source.waiting()
            time.sleep(GLANCE_SECONDS)

    def _in_background(self, words: str, act: Callable[[], None]) -> None:
        """Do something in a thread; what goes wrong becomes a notice."""

        def work() -> None:
            try:
                act()
            except Exception as error:
                self._report(error)
            finally:
                state.busy.value = ""

        if not state.busy.value:
            state.busy.value, state.notice.value = words, None
            threading.Thread(target=work, daemon=True).start()

    def _report(self, error: Exception) -> None:
        known = isinstance(error, EconSimError)
        state.notice.value = state.Notice(
            str(error) if known else f"{type(error).__name__}: {error}"
        )

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
            self._one_more = True
            self._wake.set()

    def pause(self) -> None:
        """Make no more steps after the one under way."""
        state.playing.value = self._one_more = False

    def halt(self) -> None:
        """Pause, and break off a step that waits for calls."""
        self.pause()
        if state.source.value is not None:
            state.source.value.stop()

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
        source = state.source.value
        if source is not None:
            threading.Thread(target=source.close, daemon=True).start()

    def _live_on(self) -> None:
        """Make steps whenever they are wanted: what the page's own thread does."""
        while self._open:
            self._wake.wait()
            self._wake.clear()
            while self._open and (state.playing.value or self._one_more):
                self._one_more = False
                begun = time.monotonic()
                if not self._advance():
                    self.pause()
                elif state.playing.value:
                    self._drawn.wait(PATIENCE_SECONDS)
                    time.sleep(max(0.0, begun + 1 / state.speed.value - time.monotonic()))

    def _advance(self) -> bool:
        """Show the step after the one that is shown; return False if there is none."""
        source, shown = state.source.value, state.frame.value
        if source is None or shown is None:
            return False
        try:
            frame = source.next(shown.step)
        except Stopped:
            return False
        except Exception as error:
            self._report(error)
            return False
        if frame is None or state.source.value is not source or state.frame.value != shown:
            return False
        self._drawn.clear()
        state.frame.value = frame
        return True
