"""The feed: what happened, newest first, filtered and searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import solara

from ..activity_feed import MOST_ENTRIES, FeedFilter, kinds_of, newest_entries
from ..raw_json import RawJson, raw_json
from ..view import Frame
from .vue_pieces import SAVE

LONGEST_SEARCH = 80


@solara.component_vue("feed.vue", vuetify=False, to_json={"rows": raw_json})
def _Feed(
    rows: RawJson,
    kinds: list[str],
    chosen: list[str],
    text: str,
    about: str,
    selected: str | None,
    most: int,
    components: dict[str, str],
    event_want: Callable[[Mapping[str, Any]], None],
    event_select: Callable[[str], None],
) -> None: ...


@solara.component
def Feed(
    frame: Frame,
    selected: str | None,
    *,
    about: str = "",
    on_select: Callable[[str | None], None],
) -> None:
    """Show the newest entries up to a frame; ``on_select`` gets the name in one that is clicked.

    At first they are those about the agent named by ``about``, if there is one.
    """
    wanted, want = solara.use_state(FeedFilter(agent=about), key="wanted")
    kinds = list(kinds_of(frame.scene))
    rows = solara.use_memo(lambda: RawJson(feed_rows(frame, wanted)), [frame, wanted])

    def changed(form: Mapping[str, Any]) -> None:
        chosen = tuple(kind for kind in kinds if kind in form["kinds"])
        agent = (selected or "") if form["about"] else ""
        want(FeedFilter(chosen, str(form["text"])[:LONGEST_SEARCH], agent))

    _Feed(
        rows=rows,
        kinds=kinds,
        chosen=list(wanted.kinds),
        text=wanted.text,
        about=wanted.agent,
        selected=selected,
        most=MOST_ENTRIES,
        components=SAVE,
        event_want=changed,
        event_select=on_select,
    )


def feed_rows(frame: Frame, wanted: FeedFilter, most: int | None = MOST_ENTRIES) -> list[list[Any]]:
    """Return the newest entries, None: all, as the browser shows them: their time first."""
    time = frame.scene.clock.time
    entries = newest_entries(frame, wanted, most)
    return [[f"{time(entry.step):%a %d, %H:%M}", *entry] for entry in entries]
