"""What is on one page at one moment; every browser tab has its own.

Components read none of this: they are given a frame, what is selected, and what to call. Only
``app`` and the controls look here.
"""

from __future__ import annotations

import solara

from .view import OVERALL, Frame, Source

source: solara.Reactive[Source | None] = solara.reactive(None)
"""Where the frames come from; None: nothing is open yet."""
frame: solara.Reactive[Frame | None] = solara.reactive(None)
"""What is shown."""
selected: solara.Reactive[str | None] = solara.reactive(None)
"""Name of the household or store that is looked at; names are unique in a town."""
colour_by: solara.Reactive[str] = solara.reactive(OVERALL)
"""The stressor that colours households, or overall stress."""
playing: solara.Reactive[bool] = solara.reactive(False)
"""Whether steps follow each other."""
