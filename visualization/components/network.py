"""The network: who follows whom, and the newest posts on their way."""

from __future__ import annotations

import math
from collections.abc import Callable

import solara

from ..measures import recent_sentiment
from ..palette import SCALE, category, stress_levels
from ..raw_json import RawJson, raw_json
from ..view import Frame, Scene
from .vue_pieces import DRAWING

SNIPPET = 70
"""Characters of a post that are shown in the network."""


@solara.component_vue(
    "network.vue", to_json={"scene": raw_json, "links": raw_json, "now": raw_json}
)
def _Network(
    scene: RawJson,
    links: RawJson,
    now: RawJson,
    selected: str | None,
    dark: bool,
    components: dict[str, str],
    event_select: Callable[[str | None], None],
) -> None: ...


@solara.component
def Network(
    frame: Frame,
    selected: str | None,
    colour_by: str,
    *,
    on_select: Callable[[str | None], None],
    dark: bool = False,
) -> None:
    """Draw the follower graph of a frame; ``on_select`` is told the name of what is clicked."""
    scene = frame.scene
    still = solara.use_memo(lambda: RawJson(network_scene(scene)), [scene])
    changes = len(frame.so_far("follows"))
    links = solara.use_memo(
        lambda: RawJson([list(pair) for pair in frame.follows]), [scene, changes]
    )
    now = solara.use_memo(lambda: RawJson(network_now(frame, colour_by)), [frame, colour_by])
    _Network(
        scene=still,
        links=links,
        now=now,
        selected=selected,
        dark=dark,
        components=DRAWING,
        event_select=on_select,
    )


def network_scene(scene: Scene) -> dict[str, object]:
    """Return what the browser needs once."""
    stores = {store.name: category(index) for index, store in enumerate(scene.stores)}
    return {
        "names": list(scene.names),
        "households": scene.households,
        "colours": [stores.get(name, "") for name in scene.names[scene.households :]],
        "scale": list(SCALE),
    }


def network_now(frame: Frame, colour_by: str) -> dict[str, object]:
    """Return what the browser needs at each step."""
    scene = frame.scene
    return {
        "step": frame.step,
        **stress_levels(frame, colour_by),
        "mood": [
            None if math.isnan(mood) else round(mood, 2)
            for mood in recent_sentiment(frame).tolist()
        ],
        "posts": [
            {"author": scene.number[post.author], "text": _snippet(post.text)}
            for post in frame.new("posts")
        ],
    }


def _snippet(text: str) -> str:
    return text if len(text) <= SNIPPET else text[: SNIPPET - 1] + "…"
