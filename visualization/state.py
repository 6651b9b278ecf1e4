"""What is on one page at one moment; every browser tab has its own.

Components read none of this: they are given a frame, what is selected, and what to call. Only
``app`` and ``session`` look here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import solara

from .live import Live
from .view import OVERALL, Frame, Source, Waiting

if TYPE_CHECKING:
    from .experiment_view import ExperimentView


class Notice(NamedTuple):
    """Something that the user must know, in words."""

    text: str
    error: bool = True


class Parent(NamedTuple):
    """The run that the present one was forked from."""

    source: Source
    forked: int
    """The first step in which the fork may differ."""
    along: bool
    """Whether the parent makes each step that the fork makes."""
    reached: int
    """The last step of the parent."""


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
speed: solara.Reactive[int] = solara.reactive(5)
"""Steps per second, at most."""
waiting: solara.Reactive[Waiting | None] = solara.reactive(None)
"""Progress of the calls that the step under way waits for."""
busy: solara.Reactive[str] = solara.reactive("")
"""What goes on that the page waits for, in words; empty: nothing."""
notice: solara.Reactive[Notice | None] = solara.reactive(None)
"""What went wrong last, until it is put away."""
limiting: solara.Reactive[Live | None] = solara.reactive(None)
"""A live run that waits to be told how many calls it may make."""
experiment: solara.Reactive[ExperimentView | None] = solara.reactive(None)
"""The experiment that is shown, or of which a run is."""
parent: solara.Reactive[Parent | None] = solara.reactive(None)
"""What the present run was forked from, to compare with."""
