"""Parts of the dashboard as components for Mesa's own SolaraViz: ``Town, Network, Charts``.

Each takes a model that has made no step yet, as SolaraViz hands it over. A reset makes another
model, with a history of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import solara
from mesa.visualization.utils import update_counter

from econsim_mesa.errors import BadInput
from econsim_mesa.numbers import counted
from econsim_mesa.runs.store import RunStore
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.records import Call, StepRecords

from .components.charts import Charts as _Charts
from .components.network import Network as _Network
from .components.town import Town as _Town
from .history import History
from .view import OVERALL, Scene

STYLE = Path(__file__).with_name("style.css")


class HistoryStore:
    """A run store that fills a history, and hands everything on to the store that was there."""

    def __init__(self, model: EconModel) -> None:
        if model.town.t >= 0:
            raise BadInput(
                f"this model has made {counted(model.town.t + 1, 'step')}; "
                "show a model before its first one"
            )
        self.history = History(Scene(model.config, model.run_seed, model.town))
        self.history.append(model.town.records)
        self._calls: list[Call] = []
        self._behind: RunStore | None = model.store
        model.attach(self)

    def commit(self, records: StepRecords) -> None:
        """Take the records of a step."""
        if self._behind is not None:
            self._behind.commit(records)
        self.history.append(records, self._calls)
        self._calls = []

    def keep(self, call: Call) -> None:
        """Take a call of a language model."""
        if self._behind is not None:
            self._behind.keep(call)
        self._calls.append(call)

    def close(self) -> None:
        """Close the store that was there."""
        if self._behind is not None:
            self._behind.close()


_watched: WeakKeyDictionary[EconModel, HistoryStore] = WeakKeyDictionary()
"""The history of each model that is shown: SolaraViz hands its components the model alone."""


def history_of_model(model: EconModel) -> History:
    """Return the history of a model, which is watched from now on.

    Raises ``BadInput`` for a model that made steps before it was watched.
    """
    if model not in _watched:
        _watched[model] = HistoryStore(model)
    return _watched[model].history


def _framed(child: solara.Element, height: int) -> Any:
    """Return a component in a box with the dashboard's colours."""
    solara.Style(STYLE)
    box = {"height": f"{height}px", "min-width": "0", "border-radius": "12px", "width": "100%"}
    return solara.Div(classes=["econsim", "ec-card"], style=box, children=[child])


@solara.component
def Town(model: EconModel) -> None:
    """Draw the town of a model: who is where, how stressed, and what is sold."""
    update_counter.get()
    selected, select = solara.use_state(None)
    colour, set_colour = solara.use_state(OVERALL)
    dark = solara.lab.use_dark_effective()
    frame = history_of_model(model).frame()
    town = _Town(frame, selected, colour, on_select=select, on_colour=set_colour, dark=dark)
    _framed(town, 380)


@solara.component
def Network(model: EconModel) -> None:
    """Draw who follows whom in a model, and the newest posts."""
    update_counter.get()
    selected, select = solara.use_state(None)
    dark = solara.lab.use_dark_effective()
    frame = history_of_model(model).frame()
    _framed(_Network(frame, selected, OVERALL, on_select=select, dark=dark), 380)


@solara.component
def Charts(model: EconModel) -> None:
    """Draw the charts of a model."""
    update_counter.get()
    _framed(_Charts(history_of_model(model).frame()), 380)
