"""An experiment: its statements, its arms side by side, paired differences, and its runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import solara

from .charts import ChartView

if TYPE_CHECKING:
    from ..experiment_view import ExperimentView


@solara.component_vue("experiment.vue", vuetify=False)
def _Found(found: list[dict[str, str]], state: str) -> None: ...


@solara.component_vue("differences.vue", vuetify=False)
def _Differences(
    measures: list[str],
    measure: str,
    rows: list[list[str]],
    event_choose: Callable[[str], None],
) -> None: ...


@solara.component_vue("experiment_runs.vue", vuetify=False)
def _Runs(runs: list[list[str]], event_open: Callable[[str], None]) -> None: ...


@solara.component
def Experiment(view: ExperimentView, *, on_open: Callable[[Path], None]) -> None:
    """Show an experiment; ``on_open`` is told the folder of a run that is to be looked at."""
    measures = view.measures
    measure, choose = solara.use_state(measures[0] if measures else "")
    arms = solara.use_memo(lambda: view.arms(measure) if measure else None, [view, measure])
    with solara.Div(classes=["ec-experiment"]):
        with solara.Div(classes=["ec-card"]):
            _Found(found=view.found, state=view.state)
        if arms is not None:
            with solara.Div(classes=["ec-card"]):
                _Differences(
                    measures=measures,
                    measure=measure,
                    rows=view.differences(measure),
                    event_choose=lambda name: choose(name if name in measures else measure),
                )
                ChartView(arms).key(measure)
        with solara.Div(classes=["ec-card"]):
            _Runs(runs=view.runs, event_open=lambda folder: on_open(Path(folder)))
