"""The town: cells, homes, stores, and where everybody is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import solara

from econsim_mesa.numbers import counted

from ..palette import SCALE, category, stress_levels
from ..raw_json import RawJson, raw_json
from ..view import OVERALL, Frame, Scene, StorePlace
from .vue_pieces import DRAWING

TRAIL = 24
"""Steps that the path of a selected household reaches back."""


@solara.component_vue("town.vue", to_json={"scene": raw_json, "now": raw_json})
def _Town(
    scene: RawJson,
    now: RawJson,
    selected: str | None,
    dark: bool,
    components: dict[str, str],
    event_select: Callable[[str | None], None],
    event_drawn: Callable[[int], None],
    event_click_cell: Callable[[list[int]], None],
    event_colour: Callable[[str], None],
) -> None: ...


@solara.component
def Town(
    frame: Frame,
    selected: str | None,
    colour_by: str,
    *,
    on_select: Callable[[str | None], None],
    on_colour: Callable[[str], None] = lambda kind: None,
    on_drawn: Callable[[int], None] = lambda step: None,
    on_cell: Callable[[tuple[int, int]], None] = lambda cell: None,
    dark: bool = False,
) -> None:
    """Draw the town of a frame; ``on_select`` is told the name of what is clicked, or None.

    ``on_drawn`` is told each step that the browser has drawn, ``on_cell`` the cell that is clicked.
    """
    scene = frame.scene
    still = solara.use_memo(lambda: RawJson(town_scene(scene)), [scene])
    now = solara.use_memo(
        lambda: RawJson(town_now(frame, selected, colour_by)), [frame, selected, colour_by]
    )
    _Town(
        scene=still,
        now=now,
        selected=selected,
        dark=dark,
        components=DRAWING,
        event_select=on_select,
        event_drawn=on_drawn,
        event_click_cell=lambda cell: on_cell((int(cell[0]), int(cell[1]))),
        event_colour=on_colour,
    )


def town_scene(scene: Scene) -> dict[str, object]:
    """Return what the browser needs once."""
    sizes = counted(scene.households, "household"), counted(len(scene.stores), "store")
    return {
        "width": scene.width,
        "height": scene.height,
        "names": list(scene.names[: scene.households]),
        "homes": np.stack((scene.home_x, scene.home_y), axis=1).tolist(),
        "stores": [
            {
                "name": store.name,
                "x": store.x,
                "y": store.y,
                "food": store.kind == "Restaurant",
                "colour": category(index),
            }
            for index, store in enumerate((*scene.stores, *scene.other_places))
        ],
        "spoken": ", ".join(sizes),
        "kinds": [OVERALL, *scene.stressors],
        "scale": list(SCALE),
    }


def town_now(frame: Frame, selected: str | None, colour_by: str) -> dict[str, object]:
    """Return what the browser needs at each step."""
    return {
        "step": frame.step,
        **stress_levels(frame, colour_by),
        "x": frame.x.tolist(),
        "y": frame.y.tolist(),
        "asleep": np.flatnonzero(frame.asleep).tolist(),
        "closed": [list(cell) for cell in sorted(frame.closed)],
        "stores": [
            [
                store.visitors,
                counted(store.visitors, "visitor"),
                counted(store.waiting, "order waits", "orders wait"),
            ]
            for store in frame.stores
        ]
        + [_visited(frame, place) for place in frame.scene.other_places],
        "sales": _sales(frame),
        "trail": _trail(frame, selected),
    }


def _visited(frame: Frame, place: StorePlace) -> list[object]:
    """Return how many households are at a place that is no store, as a number and in words."""
    visitors = int(np.count_nonzero((frame.x == place.x) & (frame.y == place.y)))
    return [visitors, counted(visitors, "visitor")]


def _sales(frame: Frame) -> list[dict[str, object]]:
    """Return in a few words what each store sold in the step."""
    sold: dict[str, dict[str, int]] = {}
    for sale in frame.new("sales"):
        basket = sold.setdefault(sale.store, {})
        basket[sale.item] = basket.get(sale.item, 0) + sale.quantity
    sales: list[dict[str, object]] = []
    for store, place in enumerate(frame.scene.stores):
        basket = sold.get(place.name, {})
        most = sorted(basket, key=lambda item: -basket[item])
        first = [frame.scene.wording.amount(item, basket[item]) for item in most[:2]]
        if first:
            sales.append({"store": store, "text": ", ".join(first) + (" …" if most[2:] else "")})
    return sales


def _trail(frame: Frame, selected: str | None) -> list[list[int]]:
    """Return the cells that the selected household came through, oldest first."""
    number = frame.scene.number.get(selected or "", -1)
    if not 0 <= number < frame.scene.households:
        return []
    steps = range(max(frame.step - TRAIL, -1), frame.step + 1)
    frames = (frame.history.frame(step) for step in steps)
    return [[int(frame.x[number]), int(frame.y[number])] for frame in frames]
