"""The panel beside the town: feed, household or store, touch, ask, one at a time."""

from __future__ import annotations

import solara

from . import state
from .components.ask import Ask
from .components.feed import Feed
from .components.household import Household
from .components.store import Store
from .components.tabs import Tabs
from .components.touch import Touch
from .live import Live
from .view import Frame, Source

FEED, INSPECT, TOUCH, ASK = "Feed", "Inspect", "Touch", "Ask"


@solara.component
def SidePanel(frame: Frame, source: Source) -> None:
    """Show one panel at a time; what is selected is shown at once, or can be asked."""
    tab, set_tab = solara.use_state(FEED)
    chosen = state.selected.value

    def follow() -> None:
        if chosen and tab != ASK:
            set_tab(INSPECT)

    solara.use_effect(follow, [chosen])
    with solara.Div(classes=["ec-card", "ec-area-side"]):
        Tabs((FEED, INSPECT, TOUCH, ASK), tab, set_tab)
        with solara.Div(classes=["ec-panel"]):
            if tab == FEED:
                Feed(frame, chosen, on_select=state.selected.set)
            elif tab == INSPECT:
                _Inspect(frame, source, chosen)
            elif tab == TOUCH:
                goes_on = source.history.last + 1 < source.planned
                intervene = source.intervene if isinstance(source, Live) and goes_on else None
                Touch(frame, intervene).key(str(source.folder))
            else:
                Ask(frame, chosen, source.folder).key(str(source.folder))


@solara.component
def _Inspect(frame: Frame, source: Source, name: str | None) -> None:
    households = frame.scene.names[: frame.scene.households]
    if name is None or name not in frame.scene.number:
        solara.Div(
            classes=["ec-hint"],
            children=["Click a household or a store, in the town, the network or the feed."],
        )
    elif name in households:
        Household(
            frame,
            name,
            source.folder,
            still=not state.playing.value,
            on_select=state.selected.set,
        )
    else:
        Store(frame, name, source.folder, on_select=state.selected.set)
