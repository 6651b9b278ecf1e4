"""The transport: play, pause, step, speed, and the timeline of the whole run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import solara

from econsim_mesa.numbers import counted

from ..raw_json import RawJson, raw_json
from ..time_axis import promotions
from ..view import Frame, Waiting

SPEEDS = (1, 2, 5, 10, 20, 60)
"""Steps per second that can be chosen; the last one is as fast as the page can draw."""
DAILY = frozenset({"restock", "salary", "scripted_posts"})
MOST_A_DAY = 2
"""Events of a kind that are worth a mark: no more than so many a day."""
MOST_MARKS = 400
"""Events that are marked on the timeline at most, the newest."""


@solara.component_vue("transport.vue", to_json={"marks": raw_json})
def _Transport(
    step: int,
    last: int,
    planned: int,
    label: str,
    playing: bool,
    live: bool,
    speed: int,
    speeds: list[int],
    marks: RawJson,
    waiting: list[int] | None,
    left: str,
    event_play: Callable[[Any], None],
    event_pause: Callable[[Any], None],
    event_halt: Callable[[Any], None],
    event_forward: Callable[[Any], None],
    event_seek: Callable[[int], None],
    event_pace: Callable[[int], None],
    event_restart: Callable[[Any], None],
    event_branch: Callable[[Any], None],
    event_resume: Callable[[Any], None],
) -> None: ...


@solara.component
def Transport(
    frame: Frame,
    *,
    planned: int,
    live: bool,
    playing: bool,
    speed: int,
    waiting: Waiting | None,
    left: int,
    on_play: Callable[[], None],
    on_pause: Callable[[], None],
    on_halt: Callable[[], None],
    on_step: Callable[[], None],
    on_seek: Callable[[int], None],
    on_speed: Callable[[int], None],
    on_reset: Callable[[], None],
    on_fork: Callable[[], None],
    on_resume: Callable[[], None],
) -> None:
    """Show where the run stands, and take every wish to move in it.

    ``left`` are the steps that a run on disk was to have and has not: ``on_resume`` makes it live.
    Space plays and pauses, arrows go a step, with Shift a day; Home and End go to the ends.
    """
    last = frame.history.last
    marks = solara.use_memo(
        lambda: RawJson(timeline_marks(frame.history.frame())), [frame.history, last]
    )
    _Transport(
        step=frame.step,
        last=last,
        planned=planned,
        label=frame.time.strftime("%a %d %b %Y, %H:%M"),
        playing=playing,
        live=live,
        speed=speed,
        speeds=list(SPEEDS),
        marks=marks,
        waiting=list(waiting) if waiting else None,
        left=f"It was stopped: {counted(left, 'step')} to come" if left > 0 else "",
        event_play=lambda _: on_play(),
        event_pause=lambda _: on_pause(),
        event_halt=lambda _: on_halt(),
        event_forward=lambda _: on_step(),
        event_seek=on_seek,
        event_pace=on_speed,
        event_restart=lambda _: on_reset(),
        event_branch=lambda _: on_fork(),
        event_resume=lambda _: on_resume(),
    )


def timeline_marks(frame: Frame) -> dict[str, object]:
    """Return what stands on the timeline: days, promotions and events up to a frame.

    What recurs daily, or more often than ``MOST_A_DAY``, is left out.
    """
    scene = frame.scene
    per_day = scene.clock.steps_per_day
    days = 1 + scene.clock.day(max(frame.step, 0))
    often = Counter(row.event for row in frame.so_far("events"))
    shown = [
        [row.step, row.event, row.detail]
        for row in frame.so_far("events")
        if row.event not in DAILY and often[row.event] <= MOST_A_DAY * days
    ]
    by_hand = [
        [row.step, "by hand", "changed by hand"]
        for row in frame.so_far("inputs")
        if row.kind != "summary"
    ]
    return {
        "day": per_day,
        "offset": -scene.clock.step_at(datetime.combine(scene.clock.start.date(), time())),
        "start": scene.clock.start.date().isoformat(),
        "events": (by_hand + shown)[-MOST_MARKS:],
        "sales": [
            [span.first, span.last, f"{span.percent} % off at {span.store}"]
            for span in promotions(frame)
        ],
    }
