"""The page: a town, its network and its panels, above a timeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import solara

from . import state
from .components.branch import Branch
from .components.charts import Charts
from .components.compare import Compare
from .components.header import Header
from .components.network import Network
from .components.setup import Setup
from .components.tabs import Tabs
from .components.town import Town
from .components.transport import Transport
from .opening import open_at_start
from .session import Session
from .side import Side
from .view import Frame, Source

COMPARE, PARENT, NETWORK = "Compare", "Parent's town", "Network"
STYLE = Path(__file__).with_name("style.css")


@solara.component
def Page() -> None:
    """Show everything: one page of the dashboard."""
    session = solara.use_memo(Session, [])
    setup, set_setup = solara.use_state(False)
    forking, set_forking = solara.use_state(False)
    dark = solara.lab.use_dark_effective()

    def live_and_end() -> object:
        open_at_start(session)
        return session.close

    solara.use_effect(live_and_end, [])
    solara.Title("econsim")
    solara.Style(STYLE)
    with solara.Div(classes=["econsim"]):
        _Head(state.frame.value, state.source.value, dark, lambda: set_setup(True))
        if state.frame.value is not None and state.source.value is not None:
            _Body(session, state.frame.value, state.source.value, dark)
            _Time(session, state.frame.value, state.source.value, lambda: set_forking(True))
        if forking and state.frame.value is not None:
            Branch(state.frame.value, on_fork=session.fork, on_shut=lambda: set_forking(False))
        if setup:
            present = state.frame.value
            Setup(
                None if present is None else present.scene.scenario,
                on_live=session.live,
                on_replay=session.replay,
                on_shut=lambda: set_setup(False),
            )


@solara.component
def _Head(
    frame: Frame | None, source: Source | None, dark: bool, on_setup: Callable[[], None]
) -> None:
    mode = "" if source is None else "live" if source.live else "replay"
    Header(
        frame,
        mode="fork" if state.parent.value is not None else mode,
        notice=state.notice.value,
        busy=state.busy.value,
        dark=dark,
        on_setup=on_setup,
        on_theme=lambda: _set_dark(not dark),
        on_dismiss=lambda: state.notice.set(None),
    )


def _set_dark(dark: bool) -> None:
    solara.lab.theme.dark = dark


@solara.component
def _Body(session: Session, frame: Frame, source: Source, dark: bool) -> None:
    with solara.Div(classes=["ec-body"]):
        with solara.Div(classes=["ec-card", "ec-area-town"]):
            Town(
                frame,
                state.selected.value,
                state.colour_by.value,
                on_select=state.selected.set,
                on_colour=state.colour_by.set,
                on_drawn=session.drawn,
                dark=dark,
            )
        with solara.Div(classes=["ec-card", "ec-area-network"]):
            _Beside(session, frame, dark)
        with solara.Div(classes=["ec-card", "ec-area-charts"]):
            choices = (frame.scene.stores, frame.scene.scenario.keywords)
            Charts(frame).key(repr(choices))  # another town begins with choices of its own
        Side(frame, source)


@solara.component
def _Beside(session: Session, frame: Frame, dark: bool) -> None:
    """Show the network; of a fork, first how it differs from its parent."""
    tab, set_tab = solara.use_state(COMPARE)
    parent = state.parent.value
    with solara.Div(classes=["ec-fill"]):
        if parent is not None:
            Tabs((COMPARE, PARENT, NETWORK), tab, set_tab)
        if parent is not None and tab == COMPARE:
            Compare(
                frame,
                parent.history,
                parent.forked,
                on_back=lambda: session.replay(parent.folder),
            )
        elif parent is not None and tab == PARENT:
            Town(
                parent.history.frame(frame.step),
                state.selected.value,
                state.colour_by.value,
                on_select=state.selected.set,
                on_colour=state.colour_by.set,
                dark=dark,
            )
        else:
            Network(
                frame,
                state.selected.value,
                state.colour_by.value,
                on_select=state.selected.set,
                dark=dark,
            )


@solara.component
def _Time(session: Session, frame: Frame, source: Source, on_fork: Callable[[], None]) -> None:
    Transport(
        frame,
        planned=source.planned,
        live=source.live,
        playing=state.playing.value,
        speed=state.speed.value,
        waiting=state.waiting.value,
        on_play=session.play,
        on_pause=session.pause,
        on_halt=session.halt,
        on_step=session.step,
        on_seek=session.seek,
        on_speed=state.speed.set,
        on_reset=session.reset,
        on_fork=on_fork,
    )


@solara.component
def Layout(children: list[solara.Element]) -> None:
    """Leave out Solara's own bars."""
    solara.Div(children=children, classes=["ec-page"])
