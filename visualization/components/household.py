"""One household: who it is, what it has, feels, remembers, thinks, does, writes and is sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from ..chart import COLORS
from ..doings import amount, decisions_of, goods_of, opened
from ..minds import Mind, mind_of
from ..plain import Plain, plain
from ..view import Frame

POSTS = 20
"""Own posts that are shown at most, the newest."""
PAUSE_SECONDS = 0.3
"""How long a reader stays at a step before its prompt is put together."""
_THIS_STEP: int | None = None


@solara.component_vue("household.vue", vuetify=False, to_json={"now": plain, "mind": plain})
def _Household(
    now: Plain,
    mind: Plain,
    state: str,
    event_select: Callable[[str], None],
    event_look: Callable[[int | None], None],
) -> None: ...


@solara.component
def Household(
    frame: Frame,
    name: str,
    folder: Path,
    *,
    still: bool,
    on_select: Callable[[str | None], None],
) -> None:
    """Show all about one household at a frame; ``still``: nothing plays.

    Its prompt is put together only while nothing plays: of an embedded decider it takes living
    through the run again. A reader may ask for the prompt of any other step.
    """
    asked, look = solara.use_state(_THIS_STEP, key="asked")
    now = solara.use_memo(lambda: Plain(household_now(frame, name, folder)), [frame, name])
    step = asked if asked is not None and asked <= frame.step else frame.step
    wanted = (folder, name, step) if still and step >= 0 else None
    newest = solara.use_ref(wanted)
    newest.current = wanted

    def look_back() -> Mind | None:
        if wanted is None:
            return None
        time.sleep(PAUSE_SECONDS)
        return mind_of(*wanted) if newest.current == wanted else None

    task: Any = solara.lab.use_task(look_back, dependencies=[wanted], raise_error=False)
    found = task.value if task.finished else None
    mind = found if found is not None and found.step == step else None
    shown = solara.use_memo(lambda: Plain(None if mind is None else mind_now(mind)), [mind])
    _Household(
        now=now,
        mind=shown,
        state=said(task, still, frame.step),
        event_select=on_select,
        event_look=look,
    )


def said(task: Any, still: bool, step: int) -> str:
    """Return in words why there is no prompt to see; "" if there is one."""
    if step < 0:
        return "Before step 0 nobody was asked."
    if not still:
        return "Pause to see its memory, reasons and prompt."
    if task.error:
        return str(task.exception)
    return "" if task.finished else "Looking back …"


def household_now(frame: Frame, name: str, folder: Path) -> dict[str, object]:
    """Return what the browser shows of a household at a frame."""
    scene, i = frame.scene, frame.scene.number[name]
    run, when = opened(folder), scene.clock.time
    goods = goods_of(run, name, frame.step, scene) if run else {}
    decided = decisions_of(run, name, frame.step, scene) if run else []
    posts = [post for post in reversed(frame.so_far("posts", 0)) if post.author == name]
    return {
        "name": name,
        "step": frame.step,
        "persona": scene.personas[i],
        "place": f"{int(frame.x[i])},{int(frame.y[i])}",
        "home": f"{int(scene.home_x[i])},{int(scene.home_y[i])}",
        "asleep": bool(frame.asleep[i]),
        "cash": scene.money.words(int(frame.cash[i])) if frame.step >= 0 else "",
        "goods": [amount(scene, item, quantity) for item, quantity in goods.items()],
        "stress": [
            {
                "kind": kind,
                "level": round(float(frame.levels[i, k])),
                "color": COLORS[k % len(COLORS)],
            }
            for k, kind in enumerate(scene.stressors)
        ],
        "overall": round(float(frame.stress()[i])),
        "decided": [
            {
                **one._asdict(),
                "time": f"{when(one.step):%a %d, %H:%M}",
                "done": [deed._asdict() for deed in one.done],
            }
            for one in decided
        ],
        "posts": [[f"{when(post.step):%a %d, %H:%M}", post.text] for post in posts[:POSTS]],
        "follows": [scene.names[b] for a, b in frame.follows if a == i],
        "followers": [scene.names[a] for a, b in frame.follows if b == i],
    }


def mind_now(mind: Mind) -> dict[str, object]:
    """Return what the browser shows of a prompt and its replies."""
    return {**mind._asdict(), "replies": [reply._asdict() for reply in mind.replies]}
