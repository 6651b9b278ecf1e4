"""The charts of a run: what a reader chooses, and every chart of it."""

from __future__ import annotations

from typing import Any

import solara

from ..chart import Chart
from ..raw_json import RawJson, raw_json
from ..run_charts import Choice, all_charts
from ..time_axis import Unit
from ..view import Frame, Scene
from .vue_pieces import SAVE

LONGEST_KEYWORD = 40


@solara.component_vue("chart.vue", vuetify=False, to_json={"chart": raw_json})
def _Chart(chart: RawJson, mark: int | None, components: dict[str, str]) -> None:
    """Draw one chart in the browser."""


@solara.component
def ChartView(chart: Chart) -> None:
    """Show one chart, with values on hover, its series to hide, and PNG and CSV to save."""
    drawn = solara.use_memo(lambda: RawJson(chart_json(chart)), [chart])
    _Chart(chart=drawn, mark=None, components=SAVE)


def chart_json(chart: Chart) -> dict[str, Any]:
    """Return what the browser draws of a chart."""
    return {**vars(chart), "lines": [vars(line) for line in chart.lines]}


@solara.component
def Charts(frame: Frame) -> None:
    """Show every chart of the run up to a frame, with what can be chosen above them."""
    choice, choose = solara.use_state(first_choice(frame.scene), key="choice")
    with solara.Div(classes=["econsim-charts"]):
        charts = all_charts(frame, choice)
        Chooser(frame.scene, choice, choose, len(charts))
        with solara.Div(classes=["econsim-charts-grid"]):
            for chart in charts:
                ChartView(chart).key(chart.key)


@solara.component_vue("chooser.vue", vuetify=False)
def _Chooser(
    unit: str,
    keyword: str,
    sold: str,
    keywords: list[str],
    wares: list[str],
    closed: bool,
    charts: int,
    event_choose: Any = None,
) -> None:
    """Draw what can be chosen."""


@solara.component
def Chooser(scene: Scene, choice: Choice, choose: Any, charts: int) -> None:
    """Let a reader choose the unit of time, the keyword and the item of the scatter.

    ``charts`` is how many there are to see.
    """
    wares = wares_of(scene)

    def changed(form: dict[str, str]) -> None:
        store, item = wares.get(form["sold"], (choice.store, choice.item))
        unit: Unit = "step" if form["unit"] == "step" else "day"
        choose(Choice(unit, form["keyword"][:LONGEST_KEYWORD].strip(), store, item))

    _Chooser(
        unit=choice.unit,
        keyword=choice.keyword,
        sold=ware_called(choice.store, choice.item),
        keywords=list(scene.scenario.keywords),
        wares=list(wares),
        closed=False,
        charts=charts,
        event_choose=changed,
    )


def wares_of(scene: Scene) -> dict[str, tuple[str, str]]:
    """Return all that is for sale, as it is called: name -> (store, item)."""
    return {
        ware_called(store.name, item): (store.name, item)
        for store in scene.stores
        for item in store.items
    }


def ware_called(store: str, item: str) -> str:
    """Return what an item at a store is called among what can be chosen."""
    return f"{item} · {store}"


def first_choice(scene: Scene) -> Choice:
    """Return what is shown before anybody chose: by day, the scenario's first keyword.

    The item is the first one that the keyword names, or the first for sale.
    """
    keyword = next(iter(scene.scenario.keywords), "")
    wares = [(store.name, item) for store in scene.stores for item in store.items]
    named = [ware for ware in wares if ware[1].casefold() == keyword.casefold()]
    store, item = next(iter([*named, *wares]), ("", ""))
    return Choice("day", keyword, store, item)
