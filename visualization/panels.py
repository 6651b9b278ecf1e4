"""The panels beside and below the town: charts, feed, household, store, ask, touch."""

from __future__ import annotations

import solara

from .session import Session
from .view import Frame

TABS = ("Feed", "Inspect", "Touch", "Ask")


@solara.component
def Panels(session: Session, frame: Frame, dark: bool) -> None:
    """Show the charts below the town, and one panel at a time beside it."""
    tab, set_tab = solara.use_state(TABS[0])
    with solara.Div(classes=["ec-card", "ec-area-charts"]):
        solara.Text("charts")
    with solara.Div(classes=["ec-card", "ec-area-side"]):
        solara.Text(tab)
