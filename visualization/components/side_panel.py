"""The panel beside the town: feed, household or store, touch, ask, one at a time."""

from __future__ import annotations

from collections.abc import Callable

import solara

from ..live import Live
from ..view import Frame, Scene, Source
from .ask import Ask
from .feed import Feed
from .household import Household
from .store import Store
from .tabs import Tabs
from .touch import Touch

FEED, INSPECT, TOUCH, ASK = "Feed", "Inspect", "Touch", "Ask"


@solara.component
def SidePanel(
    frame: Frame,
    source: Source,
    selected: str | None,
    *,
    playing: bool,
    on_select: Callable[[str | None], None],
    clicked: tuple[int, int] | None = None,
) -> None:
    """Show one panel at a time; what is selected is shown at once, or can be asked or touched.

    ``clicked`` is the cell that was clicked last in the town.
    """
    tab, set_tab = solara.use_state(FEED)

    def follow() -> None:
        if selected and tab not in (ASK, TOUCH):
            set_tab(INSPECT)

    solara.use_effect(follow, [selected])
    with solara.Div(classes=["ec-card", "ec-area-side"]):
        Tabs((FEED, INSPECT, TOUCH, ASK), tab, set_tab)
        with solara.Div(classes=["ec-panel"]):
            if tab == FEED:
                Feed(frame, selected, on_select=on_select)
            elif tab == INSPECT:
                _Inspect(frame, source, selected, still=not playing, on_select=on_select)
            elif tab == TOUCH:
                goes_on = source.history.last + 1 < source.planned
                intervene = source.intervene if isinstance(source, Live) and goes_on else None
                Touch(frame, intervene, clicked).key(str(source.folder))
            else:
                Ask(frame, selected, source.folder).key(str(source.folder))


@solara.component
def _Inspect(
    frame: Frame,
    source: Source,
    name: str | None,
    *,
    still: bool,
    on_select: Callable[[str | None], None],
) -> None:
    households = frame.scene.names[: frame.scene.households]
    if name is None or name not in frame.scene.number:
        solara.Div(
            classes=["ec-hint"],
            children=["Click a household or a store, in the town, the network or the feed."],
        )
    elif name in households:
        Household(frame, name, source.folder, still=still, on_select=on_select)
    elif name in {store.name for store in frame.scene.stores}:
        Store(frame, name, source.folder, on_select=on_select)
    else:
        solara.Div(classes=["ec-hint"], children=[described(frame.scene, name)])
        Feed(frame, name, about=name, on_select=on_select).key(name)


def described(scene: Scene, name: str) -> str:
    """Return what an agent is that is neither a household nor a store, and where it stands."""
    cells = {place.name: f", at {place.x},{place.y}" for place in scene.other_places}
    kind = scene.kinds[scene.number[name]]
    return f"{name}{cells.get(name, '')}" + ("" if kind == name else f" ({kind})")
