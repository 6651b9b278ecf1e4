"""Three hints on the first visit."""

from __future__ import annotations

import solara

PLAY = "Press Play, or the space bar. Drag along the timeline to look back."
LOOK = "Click a household or a store, in the town or the network, to look inside."
FORK = "Fork here: go on from any step in another way, and compare."


@solara.component_vue("hints.vue", vuetify=False)
def _Hints(hints: list[str]) -> None: ...


@solara.component
def Hints() -> None:
    """Show what to do first, until it was read in this browser."""
    _Hints(hints=[PLAY, LOOK, FORK])
