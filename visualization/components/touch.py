"""Touch: change a live town by hand; what is done is recorded as an input of its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import solara

from econsim_mesa.errors import EconSimError

from ..touching import LONGEST_POST, Form, authors, event_of
from ..view import Frame

Line = tuple[bool, str]
"""Whether a wish was granted, and what there is to say."""
MOST_LINES = 8
_NOTHING: list[Line] = []


@solara.component_vue("touch.vue", vuetify=False)
def _Touch(
    wares: dict[str, list[str]],
    authors: list[str],
    size: list[int],
    money: str,
    longest: int,
    live: bool,
    said: list[list[Any]],
    event_do: Callable[[Mapping[str, Any]], None],
) -> None: ...


@solara.component
def Touch(frame: Frame, intervene: Callable[[dict[str, object]], None] | None) -> None:
    """Show what can be done to a live town; ``intervene`` takes an event, None: a replay.

    An event acts from the next step on. It is handed over in a thread, since it waits for the
    end of the step under way.
    """
    said, say = solara.use_state(_NOTHING, key="said")
    scene = frame.scene

    def work(wish: str, form: Form) -> None:
        begin = frame.history.last + 1
        try:
            if intervene is not None:
                intervene(event_of(wish, scene, form, begin))
            line: Line = True, f"{wish}: from step {begin} on"
        except EconSimError as error:
            line = False, f"{wish}: {error}"
        say(lambda before: [line, *before][:MOST_LINES])

    task: Any = solara.lab.use_task(work, dependencies=None, raise_error=False)

    def do(given: Mapping[str, Any]) -> None:
        task(str(given["wish"]), {str(k): str(v) for k, v in given["form"].items()})

    _Touch(
        wares={store.name: list(store.items) for store in scene.stores},
        authors=authors(scene),
        size=[scene.width, scene.height],
        money=scene.money.name,
        longest=LONGEST_POST,
        live=intervene is not None,
        said=[list(line) for line in said],
        event_do=do,
    )
