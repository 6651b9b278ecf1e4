"""One household: who it is, what it has, feels, remembers, thinks, does, writes and is sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import solara

from econsim_mesa.runs.reader import Run

from ..agent_history import DecisionLines, goods_held, newest_decisions, recorded_run
from ..palette import category
from ..prompt_view import PromptView, prompt_view
from ..raw_json import RawJson, raw_json
from ..view import Frame, Scene

POSTS = 20
"""Own posts that are shown at most, the newest."""
PAUSE_SECONDS = 0.3
"""How long a reader stays at a step before its prompt is put together."""
_THIS_STEP: int | None = None


@solara.component_vue("household.vue", vuetify=False, to_json={"now": raw_json, "prompt": raw_json})
def _Household(
    now: RawJson,
    prompt: RawJson,
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
    now = solara.use_memo(
        lambda: RawJson(household_now(frame, name, recorded_run(folder))), [frame, name]
    )
    step = asked if asked is not None and asked <= frame.step else frame.step
    wanted = (folder, name, step) if still and step >= 0 else None
    newest = solara.use_ref(wanted)
    newest.current = wanted

    def look_back() -> PromptView | None:
        if wanted is None:
            return None
        time.sleep(PAUSE_SECONDS)
        return prompt_view(*wanted) if newest.current == wanted else None

    task: Any = solara.lab.use_task(look_back, dependencies=[wanted], raise_error=False)
    seen = task.value if task.finished else None
    prompt = seen if seen is not None and seen.step == step else None
    shown = solara.use_memo(
        lambda: RawJson(None if prompt is None else prompt_now(prompt)), [prompt]
    )
    _Household(
        now=now,
        prompt=shown,
        state=why_no_prompt(task, still, frame.step),
        event_select=on_select,
        event_look=look,
    )


def why_no_prompt(task: Any, still: bool, step: int) -> str:
    """Return in words why there is no prompt to see; "" if there is one."""
    if step < 0:
        return "Before step 0 nobody was asked."
    if not still:
        return "Pause to see its memory, reasons and prompt."
    if task.error:
        return str(task.exception)
    return "" if task.finished else "Looking back …"


def household_now(frame: Frame, name: str, run: Run | None) -> dict[str, object]:
    """Return what the browser shows of a household at a frame; ``run`` None: nothing is kept."""
    scene, i = frame.scene, frame.scene.number[name]
    time_of = scene.clock.time
    goods = goods_held(run, name, frame.step, scene) if run else {}
    decisions = newest_decisions(run, name, frame.step, scene) if run else []
    asleep, unasked = bool(frame.asleep[i]), ""
    is_asked = bool(decisions) and decisions[0].step == frame.step
    if run and frame.step >= 0 and not asleep and not is_asked:
        unasked = why_not_asked(frame, i, decisions)
    posts = [post for post in reversed(frame.so_far("posts", 0)) if post.author == name]
    return {
        "name": name,
        "step": frame.step,
        "persona": scene.personas[i],
        "place": f"{int(frame.x[i])},{int(frame.y[i])}",
        "home": f"{int(scene.home_x[i])},{int(scene.home_y[i])}",
        "asleep": asleep,
        "unasked": unasked,
        "cash": scene.wording.money(int(frame.cash[i])) if frame.step >= 0 else "",
        "goods": [scene.wording.amount(item, quantity) for item, quantity in goods.items()],
        "stress": [
            {
                "kind": kind,
                "level": round(float(frame.levels[i, k])),
                "color": category(k),
            }
            for k, kind in enumerate(scene.stressors)
        ],
        "overall": round(float(frame.stress()[i])),
        "decisions": [
            {
                **decision._asdict(),
                "time": f"{time_of(decision.step):%a %d, %H:%M}",
                "actions": [action._asdict() for action in decision.actions],
            }
            for decision in decisions
        ],
        "posts": [[f"{time_of(post.step):%a %d, %H:%M}", post.text] for post in posts[:POSTS]],
        "follows": [scene.names[b] for a, b in frame.follows if a == i],
        "followers": [scene.names[a] for a, b in frame.follows if b == i],
    }


def why_not_asked(frame: Frame, household: int, decisions: list[DecisionLines]) -> str:
    """Return in words where a household goes or is that was not asked in the step of a frame.

    ``decisions`` are its newest ones, newest first.
    """
    here = _cell(frame, household)
    place = _destination(frame, household, decisions)
    if place:
        return f"on the way {place if place == 'home' else f'to {place}'}"
    at_home = here == (int(frame.scene.home_x[household]), int(frame.scene.home_y[household]))
    stores = [store.name for store in frame.scene.stores if (store.x, store.y) == here]
    where = stores[0] if stores else "home" if at_home else f"{here[0]},{here[1]}"
    return f"at {where}, with nothing new"


def _destination(frame: Frame, household: int, decisions: list[DecisionLines]) -> str:
    """Return the place for which a household set out and where it is not yet; empty: there is none.

    An order at a store elsewhere sets out for it.
    """
    scene, here = frame.scene, _cell(frame, household)
    for decision in decisions:
        night_between = scene.clock.time(decision.step).date() != frame.time.date()
        if decision.gives_up or (night_between and scene.scenario.clock.overnight == "home"):
            return ""
        stood = _cell(frame.history.frame(decision.step - 1), household)
        orders_elsewhere = _cell_called(scene, household, decision.orders_at) not in (stood, None)
        place = decision.walks_to or (decision.orders_at if orders_elsewhere else "")
        if place:
            goal = _cell_called(scene, household, place)
            return place if goal not in (here, None) else ""
    return ""


def _cell(frame: Frame, household: int) -> tuple[int, int]:
    return int(frame.x[household]), int(frame.y[household])


def _cell_called(scene: Scene, household: int, place: str) -> tuple[int, int] | None:
    """Return the cell of a place; None: it is not known."""
    if place == "home":
        return int(scene.home_x[household]), int(scene.home_y[household])
    for known in (*scene.stores, *scene.other_places):
        if known.name == place:
            return known.x, known.y
    x, _, y = place.partition(",")
    return (int(x), int(y)) if x.strip().isdecimal() and y.strip().isdecimal() else None


def prompt_now(prompt: PromptView) -> dict[str, object]:
    """Return what the browser shows of a prompt and its replies."""
    return {**prompt._asdict(), "replies": [reply._asdict() for reply in prompt.replies]}
