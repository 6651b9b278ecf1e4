"""What is touched on a page: a step follows when the one before is drawn, and never by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from econsim_mesa.visualization import session as module
from econsim_mesa.visualization import state
from econsim_mesa.visualization.live import Live
from econsim_mesa.visualization.session import Session
from econsim_mesa.visualization.view import Frame
from made_run import Made

from econsim_mesa.records import load_run
from econsim_mesa.rerun.replay import replay
from econsim_mesa.scenario import load_scenario

STEPS = 8


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end, "it did not happen within 10 s"
        time.sleep(0.005)


@pytest.fixture
def page() -> Iterator[Session]:
    """A page whose browser draws everything at once, at full speed."""
    session = Session()
    state.speed.value = 1000
    stop = state.frame.subscribe(lambda frame: session.drawn(-1 if frame is None else frame.step))
    yield session
    stop()
    session.close()
    until(lambda: not session.alive)
    for held in (state.source, state.frame, state.selected, state.parent, state.notice):
        held.value = None
    state.busy.value = ""


def shown() -> int:
    return -2 if state.frame.value is None else state.frame.value.step


@pytest.fixture
def town(page: Session) -> Session:
    """A page with a small live town."""
    page.live(load_scenario("pizza_place", set={"steps": STEPS, "agents.Household.count": 5}))
    until(lambda: shown() == -1 and not state.busy.value)
    return page


def test_play_goes_to_the_end_and_stops(town: Session) -> None:
    town.play()
    until(lambda: not state.playing.value)
    assert shown() == STEPS - 1
    source = state.source.value
    assert source is not None
    assert replay(source.folder) == STEPS
    assert state.notice.value is None


def test_pause_stops_and_step_makes_one(town: Session) -> None:
    town.step()
    until(lambda: shown() == 0)
    time.sleep(0.05)
    assert shown() == 0
    state.speed.value = 20
    town.play()
    until(lambda: shown() >= 2)
    town.pause()
    until(stands)  # a step may have been under way
    assert shown() < STEPS - 1


def stands() -> bool:
    """Whether no step is made while six would be, at twenty a second."""
    here = shown()
    time.sleep(0.3)
    return shown() == here


def test_a_step_waits_until_the_one_before_is_drawn(
    town: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.3)
    monkeypatch.setattr(town, "_drawn", type(town._drawn)())
    monkeypatch.setattr(town, "drawn", lambda step: None)
    begun = time.monotonic()
    town.play()
    until(lambda: shown() == 2)
    assert time.monotonic() - begun > 0.5


def test_reset_starts_anew_with_the_same_luck_in_another_folder(town: Session) -> None:
    town.play()
    until(lambda: not state.playing.value)
    first, frame = state.source.value, state.frame.value
    town.reset()
    until(lambda: shown() == -1 and state.source.value is not first)
    town.play()
    until(lambda: not state.playing.value)
    again = state.frame.value
    assert isinstance(frame, Frame)
    assert isinstance(again, Frame)
    assert (frame.cash == again.cash).all()
    assert first is not None
    assert again.history is not frame.history
    assert state.source.value is not None
    assert state.source.value.folder != first.folder


def test_a_replay_is_scrubbed_and_played_on(page: Session, made: Made) -> None:
    page.replay(made.folder)
    until(lambda: shown() == 0)
    page.seek(20)
    assert shown() == 20
    page.seek(10**6)
    assert shown() == 29
    page.reset()
    assert shown() == 0
    page.play()
    until(lambda: shown() == 29)
    until(lambda: not state.playing.value)


def test_a_fork_stands_beside_its_parent(page: Session, made: Made) -> None:
    page.replay(made.folder)
    until(lambda: shown() == 0)
    page.seek(11)
    page.fork({"stress.mode": "off"})
    until(lambda: state.parent.value is not None)
    parent, source = state.parent.value, state.source.value
    assert isinstance(source, Live)
    assert parent is not None
    assert (shown(), parent.forked, parent.folder) == (11, 12, made.folder)
    page.step()
    until(lambda: shown() == 12)
    source.close()
    assert [row[1] for row in load_run(source.folder).rows("inputs")] == ["event", "settings"]


def test_what_goes_wrong_is_told(page: Session, tmp_path: Path) -> None:
    page.replay(tmp_path)
    until(lambda: state.notice.value is not None)
    assert state.notice.value is not None
    assert "not the folder of a run" in state.notice.value.words
    assert state.busy.value == ""


def test_closing_the_page_leaves_a_whole_run(town: Session) -> None:
    town.step()
    until(lambda: shown() == 0)
    source = state.source.value
    assert source is not None
    town.close()
    until(lambda: load_run(source.folder).meta["status"] == "interrupted")
