"""What is touched on a page: a step follows when the one before is drawn, and never by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from econsim_mesa.visualization import session as module
from econsim_mesa.visualization import state
from econsim_mesa.visualization.live import Live
from econsim_mesa.visualization.run_address import address_of
from econsim_mesa.visualization.session import Session
from econsim_mesa.visualization.view import Frame
from made_run import Made

from econsim_mesa.llm import loop
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.scenario import load_scenario

STEPS = 8
SMALL = {"steps": STEPS, "agents.Household.count": 5}


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not what():
        assert time.monotonic() < end, "it did not happen within 10 s"
        time.sleep(0.005)


@dataclass
class Browser:
    """What shows a page: whether it is there, and whether it draws what it gets, at once."""

    connected: bool = True
    draws: bool = True


@pytest.fixture
def browser() -> Browser:
    return Browser()


@pytest.fixture
def page(browser: Browser) -> Iterator[Session]:
    """A page at full speed."""
    session = Session(lambda: browser.connected)
    state.speed.value = 1000

    def draw(frame: Frame | None) -> None:
        if browser.draws:
            session.drawn(-1 if frame is None else frame.step)

    stop = state.frame.subscribe(draw)
    yield session
    stop()
    session.close()
    until(lambda: not session.alive)
    for held in (state.source, state.frame, state.selected, state.parent, state.limiting):
        held.value = None
    state.notice.value = None
    state.busy.value = ""


def shown() -> int:
    return -2 if state.frame.value is None else state.frame.value.step


@pytest.fixture
def town(page: Session) -> Session:
    """A page with a small live town."""
    page.live(load_scenario("pizza_place", set=SMALL))
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
    town: Session, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.3)
    browser.draws = False
    town.play()
    until(lambda: not state.playing.value)
    assert shown() == 0, "one step, and none after it"
    assert state.notice.value is not None
    assert "did not draw" in state.notice.value.text


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
    assert (shown(), parent.forked, parent.source.folder) == (11, 12, made.folder)
    assert not parent.along, "it is finished"
    page.step()
    until(lambda: shown() == 12)
    source.close()
    assert [row[1] for row in load_run(source.folder).rows("inputs")] == ["event", "settings"]


def test_a_fork_that_is_opened_again_stands_beside_its_parent(town: Session) -> None:
    for step in range(3):
        town.step()
        until(lambda step=step: shown() == step)
    town.fork({"stress.mode": "off"})
    until(lambda: state.parent.value is not None and not state.busy.value)
    town.step()
    until(lambda: shown() == 3)
    forked = state.source.value
    assert forked is not None
    town.replay(forked.folder)
    until(lambda: not isinstance(state.source.value, Live) and not state.busy.value)
    assert shown() == 3
    assert state.parent.value is not None
    assert state.parent.value.forked == 3
    assert state.parent.value.source.history.last >= 2


def test_a_town_that_nobody_sees_stands_still_until_it_is_played_again(
    town: Session, browser: Browser
) -> None:
    state.speed.value = 20
    town.play()
    until(lambda: shown() >= 1)
    browser.connected = False  # it was killed
    until(lambda: not state.playing.value)
    assert stands()
    assert shown() < STEPS - 1
    assert state.notice.value is not None
    assert "not connected" in state.notice.value.text
    browser.connected = True
    assert stands(), "it does not go on by itself"
    town.step()
    before = shown()
    until(lambda: shown() == before + 1)


def test_a_live_parent_goes_along_with_its_fork(town: Session) -> None:
    for step in range(3):
        town.step()
        until(lambda step=step: shown() == step)
    town.seek(1)
    parent = state.source.value
    town.fork({"stress.mode": "off"})
    until(lambda: state.parent.value is not None and not state.busy.value)
    town.play()
    until(lambda: not state.playing.value and shown() == STEPS - 1)
    beside = state.parent.value
    assert beside is not None
    assert beside.source is parent
    until(lambda: state.parent.value.reached == STEPS - 1)  # type: ignore[union-attr]
    assert isinstance(parent, Live)
    assert (parent.left, load_run(parent.folder).meta["status"]) == (0, "finished")
    town.back()
    until(lambda: state.source.value is parent)
    assert state.parent.value is None


def test_a_parent_that_was_stopped_goes_on_only_if_wished(page: Session, tmp_path: Path) -> None:
    first = Live.begin(load_scenario("pizza_place", set=SMALL), tmp_path / "run")
    for step in range(-1, 3):
        first.next(step)
    first.close()
    page.replay(tmp_path / "run")
    until(lambda: shown() == 3)
    page.fork({"stress.mode": "off"})
    until(lambda: state.parent.value is not None and not state.busy.value)
    page.step()
    until(lambda: shown() == 4)
    assert state.parent.value is not None
    assert (state.parent.value.along, state.parent.value.reached) == (False, 3)
    page.bring_parent()
    until(lambda: state.parent.value.reached == 4)  # type: ignore[union-attr]
    page.step()
    until(lambda: shown() == 5)
    until(lambda: state.parent.value.reached == 5)  # type: ignore[union-attr]


def test_a_run_is_opened_by_the_address_of_the_page_and_goes_on(
    page: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECONSIM_DASHBOARD", "pizza_place")
    first = Live.begin(load_scenario("pizza_place", set=SMALL), Path("runs") / "mine")
    for step in range(-1, 3):
        first.next(step)
    assert address_of(first.folder) == "mine"
    page.open_first("run=mine")  # the page was loaded anew
    until(lambda: shown() == 3 and not state.busy.value)
    assert state.source.value is not None
    assert not state.source.value.live
    assert state.source.value.left == STEPS - 4
    page.go_on()
    until(lambda: isinstance(state.source.value, Live) and not state.busy.value)
    page.play()
    until(lambda: shown() == STEPS - 1)
    assert replay(Path("runs") / "mine") == STEPS


@pytest.mark.parametrize("address", ["none", "../..", "a" * 5000, "\0", "/etc"])
def test_an_address_of_no_run_is_told(page: Session, address: str) -> None:
    page.open_first(f"run={quote(address)}")
    until(lambda: state.notice.value is not None)
    assert state.notice.value is not None
    assert "there is no run" in state.notice.value.text


def test_play_asks_how_many_calls_may_be_made_and_then_goes_on(page: Session) -> None:
    with MockServer() as server:
        settings = {"decider": "llm", "llm.model": "mock", "llm.base_url": server.base_url}
        page.live(load_scenario("pizza_place", set={**SMALL, **settings, "llm.client": "direct"}))
        until(lambda: shown() == -1 and not state.busy.value)
        page.play()
        until(lambda: state.limiting.value is not None and not state.playing.value)
        assert server.stats()["requests"] == 0
        page.limit(10)
        until(lambda: state.limiting.value is not None and shown() == 1)
        assert server.stats()["requests"] == 10
        page.refuse_limit()
        page.step()
        until(lambda: state.limiting.value is not None)
        page.limit(None)
        until(lambda: shown() == 2)
        assert state.source.value is not None
        state.source.value.close()
    loop.stop()


def test_what_goes_wrong_is_told(page: Session, tmp_path: Path) -> None:
    page.replay(tmp_path)
    until(lambda: state.notice.value is not None)
    assert state.notice.value is not None
    assert "not the folder of a run" in state.notice.value.text
    assert state.busy.value == ""


def test_closing_the_page_leaves_a_whole_run(town: Session) -> None:
    town.step()
    until(lambda: shown() == 0)
    source = state.source.value
    assert source is not None
    town.close()
    until(lambda: load_run(source.folder).meta["status"] == "interrupted")
