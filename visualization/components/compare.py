"""A fork beside its parent: paired curves, their difference, and the parent's town."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from ..fork_charts import comparable, paired
from ..history import History
from ..view import Frame
from .charts import ChartView


@solara.component_vue("compare.vue", vuetify=False)
def _Choice(
    names: list[str],
    name: str,
    unit: str,
    says: str,
    behind: str,
    event_choose: Callable[[list[str]], None],
    event_back: Callable[[Any], None],
    event_bring: Callable[[Any], None],
) -> None: ...


@solara.component
def Compare(
    frame: Frame,
    parent: History,
    forked: int,
    *,
    behind: str,
    on_back: Callable[[], None],
    on_bring: Callable[[], None],
) -> None:
    """Draw a measure of both branches and the difference; ``on_back`` opens the parent again.

    ``behind`` says why the parent does not make the steps that the fork makes, although it could
    (``""``: it does, or has no more); ``on_bring`` lets it make them.
    """
    names = list(comparable(frame.scene))
    name, set_name = solara.use_state(names[0])
    unit, set_unit = solara.use_state("step")

    def choose(choice: list[str]) -> None:
        set_name(choice[0] if choice[0] in names else name)
        set_unit("day" if choice[1] == "day" else "step")

    shown = name if name in names else names[0]
    with solara.Div(classes=["ec-compare"]):
        _Choice(
            names=names,
            name=shown,
            unit=unit,
            says=f"forked at step {forked}",
            behind=behind,
            event_choose=choose,
            event_back=lambda _: on_back(),
            event_bring=lambda _: on_bring(),
        )
        charts = paired(
            frame, parent.frame(frame.step), shown, "day" if unit == "day" else "step", forked
        )
        for chart in charts:
            ChartView(chart).key(chart.key)
