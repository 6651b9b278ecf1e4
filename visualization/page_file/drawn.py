"""All that the page draws of a finished run, step by step, as JSON.

Each function returns what the components of the live page are handed, made by the functions that
make it there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from econsim_mesa.runs.inspection import prompts_of

from ..activity_feed import FeedFilter, kinds_of
from ..agent_history import recorded_run
from ..chart import Chart
from ..components.charts import chart_json, first_choice, ware_called, wares_of
from ..components.feed import feed_rows
from ..components.header import header_now
from ..components.headline import headline_now
from ..components.hints import LOOK, PLAY
from ..components.household import household_now, prompt_now
from ..components.network import network_now, network_scene
from ..components.store import store_now
from ..components.town import town_now, town_scene
from ..components.transport import SPEEDS, timeline_marks
from ..fork_charts import comparable, paired
from ..palette import stress_levels
from ..prompt_view import in_parts
from ..replay import Replay
from ..run_charts import Choice, all_charts, sold_items, stocks
from ..time_axis import Unit, time_axis
from ..view import OVERALL, Frame

UNITS: tuple[Unit, ...] = ("day", "step")
Json = dict[str, Any]


def frames_of(run: Replay) -> list[Frame]:
    """Return all steps of a run as frames."""
    return [run.history.frame(step) for step in range(run.history.last + 1)]


def run_drawn(run: Replay, parent: Replay | None) -> Json:
    """Return what is drawn of a run, of what it was forked from, and of both side by side."""
    frames = frames_of(run)
    last, scene = frames[-1], frames[-1].scene
    return {
        "header": header_now(last),
        "headlines": [headline_now(frame) for frame in frames],
        "hints": [PLAY, LOOK],
        "speeds": list(SPEEDS),
        "marks": timeline_marks(last),
        "times": [f"{frame.time:%a %d %b %Y, %H:%M}" for frame in frames],
        "stores": [store.name for store in scene.stores],
        "town": town_drawn(frames),
        "network": network_drawn(frames),
        "feed": {
            "kinds": list(kinds_of(scene)),
            "rows": feed_rows(last, FeedFilter(), most=None),
        },
        "charts": charts_drawn(last),
        "parent": None if parent is None else town_drawn(frames_of(parent)),
        "compared": None if parent is None else compared(last, parent, run.history.forked_at),
    }


def town_drawn(frames: Sequence[Frame]) -> Json:
    """Return the town of each step, with the levels of each stressor."""
    scene = frames[-1].scene
    return {
        "scene": town_scene(scene),
        "now": [town_now(frame, None, OVERALL) for frame in frames],
        "levels": {
            kind: [stress_levels(frame, kind)["level"] for frame in frames]
            for kind in (OVERALL, *scene.stressors)
        },
    }


def network_drawn(frames: Sequence[Frame]) -> Json:
    """Return the network of each step, and each change of who follows whom."""
    last = frames[-1]
    number = last.scene.number
    return {
        "scene": network_scene(last.scene),
        "now": [network_now(frame, OVERALL) for frame in frames],
        "follows": [
            [row.step, number[row.follower], number[row.followed], row.change]
            for row in last.so_far("follows")
        ],
    }


def charts_drawn(last: Frame) -> Json:
    """Return the charts of the whole run for all that can be chosen, each chart once.

    ``places`` has the place of each step on the axis, by the unit of time.
    """
    first, scene = first_choice(last.scene), last.scene
    known: dict[str, int] = {}

    def kept(charts: Sequence[Chart]) -> list[int]:
        texts = (json.dumps(chart_json(chart)) for chart in charts)
        return [known.setdefault(text, len(known)) for text in texts]

    keywords = list(scene.scenario.keywords) or [first.keyword]
    wares = wares_of(scene) or {"": (first.store, first.item)}
    shown = [
        [unit, keyword, ware, kept(all_charts(last, Choice(unit, keyword, *sold)))]
        for unit in UNITS
        for keyword in keywords
        for ware, sold in wares.items()
    ]
    return {
        "chosen": {
            "unit": first.unit,
            "keyword": first.keyword,
            "sold": ware_called(first.store, first.item) if first.item else "",
        },
        "keywords": keywords,
        "wares": list(wares),
        "shown": shown,
        "charts": [json.loads(text) for text in known],
        "places": {unit: time_axis(last, unit).of.tolist() for unit in UNITS},
    }


def compared(last: Frame, parent: Replay, forked: int) -> Json:
    """Return all that is compared of a fork and its parent, by name and unit of time."""
    theirs = parent.history.frame(last.step)
    return {
        "names": list(comparable(last.scene)),
        "says": f"forked at step {forked}",
        "charts": {
            unit: {
                name: [chart_json(chart) for chart in paired(last, theirs, name, unit, forked)]
                for name in comparable(last.scene)
            }
            for unit in UNITS
        },
    }


def stores_drawn(run: Replay) -> Iterator[tuple[str, Json]]:
    """Yield the name of each store and what is drawn of it."""
    frames, recorded = frames_of(run), recorded_run(run.folder)
    last = frames[-1]
    for store in last.scene.stores:
        charts = sold_items(last, store.name), stocks(last, store.name)
        yield (
            store.name,
            {
                "now": [store_now(frame, store.name, recorded) for frame in frames],
                "charts": [chart_json(chart) for chart in charts],
            },
        )


def households_drawn(run: Replay, names: Sequence[str]) -> Iterator[tuple[str, Json]]:
    """Yield the name of each household and what is drawn of it: state, prompts, replies.

    The run is lived through once more for the prompts. Raises ``Irreproducible`` if it cannot be.
    """
    frames, recorded = frames_of(run), recorded_run(run.folder)
    sent = list(zip(*prompts_of(run.folder, names), strict=True))
    for name, prompts in zip(names, sent, strict=True):
        views = [prompt_now(in_parts(prompt)) for prompt in prompts]
        yield (
            name,
            {
                "now": [household_now(frame, name, recorded) for frame in frames],
                "prompts": views,
            },
        )
