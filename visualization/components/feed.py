"""The feed: what happened, newest first, filtered and searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import solara

from ..plain import Plain, plain
from ..stories import KINDS, MOST, Wanted, newest
from ..view import Frame

LONGEST_SEARCH = 80


@solara.component_vue("feed.vue", vuetify=False, to_json={"rows": plain})
def _Feed(
    rows: Plain,
    kinds: list[str],
    chosen: list[str],
    words: str,
    about: str,
    selected: str | None,
    most: int,
    event_want: Callable[[Mapping[str, Any]], None],
    event_select: Callable[[str], None],
) -> None: ...


@solara.component
def Feed(frame: Frame, selected: str | None, *, on_select: Callable[[str | None], None]) -> None:
    """Show the newest stories up to a frame; a name in them is told to ``on_select``."""
    wanted, want = solara.use_state(Wanted(), key="wanted")
    time = frame.scene.clock.time
    rows = solara.use_memo(
        lambda: Plain([[f"{time(one.step):%a %d, %H:%M}", *one] for one in newest(frame, wanted)]),
        [frame, wanted],
    )

    def changed(given: Mapping[str, Any]) -> None:
        kinds = tuple(kind for kind in KINDS if kind in given["kinds"])
        about = (selected or "") if given["about"] else ""
        want(Wanted(kinds, str(given["words"])[:LONGEST_SEARCH], about))

    _Feed(
        rows=rows,
        kinds=list(KINDS),
        chosen=list(wanted.kinds),
        words=wanted.words,
        about=wanted.about,
        selected=selected,
        most=MOST,
        event_want=changed,
        event_select=on_select,
    )
