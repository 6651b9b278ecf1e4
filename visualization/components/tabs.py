"""A row of tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import solara


@solara.component_vue("tabs.vue", vuetify=False)
def _Tabs(names: list[str], current: str, event_choose: Callable[[str], None]) -> None: ...


@solara.component
def Tabs(names: Sequence[str], current: str, on_choose: Callable[[str], None]) -> None:
    """Show names side by side; ``on_choose`` is told the one that is clicked."""
    _Tabs(names=list(names), current=current, event_choose=on_choose)
