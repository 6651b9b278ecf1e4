"""The page: a town, its network and its panels, above a timeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import solara
from solara.server import kernel_context

from econsim_mesa.runs.folders import is_run

from . import state
from .components.call_limit_dialog import CallLimitDialog
from .components.charts import Charts
from .components.compare import Compare
from .components.experiment import Experiment
from .components.fork_dialog import ForkDialog
from .components.header import Header
from .components.headline import Headline
from .components.hints import Hints
from .components.network import Network
from .components.setup_dialog import SetupDialog
from .components.side_panel import SidePanel
from .components.tabs import Tabs
from .components.town import Town
from .components.transport import Transport
from .session import Session
from .view import Frame, Source

COMPARE, PARENT, NETWORK = "Compare", "Parent's town", "Network"
_NOWHERE: tuple[int, int] | None = None
STYLE = Path(__file__).with_name("style.css")


def connection() -> Callable[[], bool]:
    """Return a function that says whether a browser shows the page being made now.

    A browser that was killed says no goodbye. Outside of a server there is none to lose: the
    function says yes.
    """
    if not kernel_context.has_current_context():
        return lambda: True
    page = kernel_context.get_current_context()
    connected = kernel_context.PageStatus.CONNECTED
    return lambda: connected in tuple(page.page_status.values())


@solara.component
def Page() -> None:
    """Show everything: one page of the dashboard."""
    session = solara.use_memo(lambda: Session(connection()), [])
    query = solara.use_router().search or ""
    setup, set_setup = solara.use_state(False)
    forking, set_forking = solara.use_state(False)
    dark = solara.lab.use_dark_effective()

    def open_and_close() -> object:
        session.open_first(query)
        return session.close

    solara.use_effect(open_and_close, [])
    solara.Title("econsim")
    solara.Style(STYLE)
    with solara.Div(classes=["econsim"]):
        _Head(session, state.frame.value, state.source.value, dark, lambda: set_setup(True))
        if state.frame.value is None and state.experiment.value is not None:
            Experiment(state.experiment.value, on_open=session.replay)
        if state.frame.value is not None and state.source.value is not None:
            Hints()
            Headline(state.frame.value)
            _Body(session, state.frame.value, state.source.value, dark)
            _Time(session, state.frame.value, state.source.value, lambda: set_forking(True))
        if forking and state.frame.value is not None:
            ForkDialog(
                state.frame.value,
                beside=_beside_fork(state.source.value),
                on_fork=session.fork,
                on_shut=lambda: set_forking(False),
            )
        if state.limiting.value is not None:
            CallLimitDialog(
                state.limiting.value,
                on_limit=session.limit,
                on_shut=session.refuse_limit,
            )
        if setup:
            present = state.frame.value
            SetupDialog(
                None if present is None else present.scene.scenario,
                session.files,
                on_live=session.live,
                on_replay=session.replay,
                on_shut=lambda: set_setup(False),
            )


def _beside_fork(source: Source | None) -> str:
    """Say what becomes of a run while its fork goes on."""
    if source is not None and source.live and source.asks_model:
        return (
            "Both branches stay side by side; this one goes on only when you ask for it, since "
            "its calls are paid too."
        )
    return "Both branches stay side by side."


def _behind(parent: state.Parent, step: int) -> str:
    """Say why the parent of a fork stands before a step although it could go on; "": it does."""
    source = parent.source
    if parent.along or not source.left or parent.reached >= step:
        return ""
    text = f"The parent stands at step {parent.reached}."
    if source.asks_model:
        text += " Its calls to the language model are paid apart from those of the fork."
    return text


@solara.component
def _Head(
    session: Session,
    frame: Frame | None,
    source: Source | None,
    dark: bool,
    on_setup: Callable[[], None],
) -> None:
    mode = "" if source is None else "live" if source.live else "replay"
    Header(
        frame,
        mode="fork" if state.parent.value is not None else mode,
        folder=source.folder if source is not None and is_run(source.folder) else None,
        experiment=state.experiment.value,
        notice=state.notice.value,
        busy=state.busy.value,
        dark=dark,
        on_setup=on_setup,
        on_theme=lambda: _set_dark(not dark),
        on_dismiss=lambda: state.notice.set(None),
        on_up=session.up,
    )


def _set_dark(dark: bool) -> None:
    solara.lab.theme.dark = dark


@solara.component
def _Body(session: Session, frame: Frame, source: Source, dark: bool) -> None:
    clicked, click = solara.use_state(_NOWHERE)
    with solara.Div(classes=["ec-body"]):
        with solara.Div(classes=["ec-card", "ec-area-town"]):
            Town(
                frame,
                state.selected.value,
                state.colour_by.value,
                on_select=state.selected.set,
                on_colour=state.colour_by.set,
                on_drawn=session.drawn,
                on_cell=click,
                dark=dark,
            )
        with solara.Div(classes=["ec-card", "ec-area-network"]):
            _Beside(session, frame, dark)
        with solara.Div(classes=["ec-card", "ec-area-charts"]):
            choices = (frame.scene.stores, frame.scene.scenario.keywords)
            Charts(frame).key(repr(choices))  # another town begins with choices of its own
        SidePanel(
            frame,
            source,
            state.selected.value,
            playing=state.playing.value,
            on_select=state.selected.set,
            clicked=clicked,
        )


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
                parent.source.history,
                parent.forked,
                behind=_behind(parent, frame.step),
                on_back=session.back,
                on_bring=session.bring_parent,
            )
        elif parent is not None and tab == PARENT:
            Town(
                parent.source.history.frame(frame.step),
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
        left=0 if source.live else source.left,
        on_resume=session.go_on,
    )


@solara.component
def Layout(children: list[solara.Element]) -> None:
    """Leave out Solara's own bars."""
    solara.Div(children=children, classes=["ec-page"])
