"""Touch: change a live town by hand; what is done is recorded as an input of its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import solara

from econsim_mesa.errors import EconSimError

from ..interventions import LONGEST_POST, Form, authors, event_from_form
from ..view import Frame, Scene

Line = tuple[bool, str]
"""Whether an intervention was taken, and what there is to say."""
MOST_LINES = 8
_NOTHING: list[Line] = []


@solara.component_vue("touch.vue", vuetify=False)
def _Touch(
    wares: dict[str, list[str]],
    prices: dict[str, dict[str, float]],
    clicked: list[Any],
    authors: list[str],
    size: list[int],
    money: str,
    longest: int,
    live: bool,
    outcomes: list[list[Any]],
    event_do: Callable[[Mapping[str, Any]], None],
) -> None: ...


@solara.component
def Touch(
    frame: Frame,
    intervene: Callable[[dict[str, object]], None] | None,
    clicked: tuple[int, int] | None = None,
) -> None:
    """Show what can be done to a live town; ``intervene`` takes an event, None: a replay.

    The cell that was ``clicked`` in the town, and a store in it, are filled in.

    An event acts from the next step on. It is handed over in a thread, since it waits for the
    end of the step under way.
    """
    outcomes, set_outcomes = solara.use_state(_NOTHING, key="outcomes")
    scene = frame.scene

    def work(kind: str, form: Form) -> None:
        begin = frame.history.last + 1
        try:
            if intervene is not None:
                intervene(event_from_form(kind, scene, form, begin))
            line: Line = True, f"{kind}: from step {begin} on"
        except EconSimError as error:
            line = False, f"{kind}: {error}"
        set_outcomes(lambda before: [line, *before][:MOST_LINES])

    task: Any = solara.lab.use_task(work, dependencies=None, raise_error=False)

    def do(request: Mapping[str, Any]) -> None:
        task(str(request["kind"]), {str(k): str(v) for k, v in request["form"].items()})

    _Touch(
        wares={store.name: list(store.items) for store in scene.stores},
        prices=base_prices(frame),
        clicked=[] if clicked is None else [*clicked, _store_at(scene, clicked)],
        authors=authors(scene),
        size=[scene.width, scene.height],
        money=scene.currency.name,
        longest=LONGEST_POST,
        live=intervene is not None,
        outcomes=[list(line) for line in outcomes],
        event_do=do,
    )


def base_prices(frame: Frame) -> dict[str, dict[str, float]]:
    """Return the base price of each item of each store, in whole units of the currency."""
    unit = 10**frame.scene.currency.decimals
    return {
        store.name: {item: price / unit for item, price in store.base.items() if price >= 0}
        for store in frame.stores
    }


def _store_at(scene: Scene, cell: tuple[int, int]) -> str:
    return next((store.name for store in scene.stores if (store.x, store.y) == cell), "")
