"""The form in which a fork is described: what is to be different from here on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import solara

from econsim_mesa.errors import EconSimError

from ..setup_form import fork_changes, promotion_percents
from ..view import Frame
from .setup_dialog import problems_of
from .vue_pieces import DIALOG


@solara.component_vue("fork_dialog.vue", vuetify=False)
def _ForkDialog(
    moment: str,
    beside: str,
    stress: str,
    discount: float | None,
    feed: str,
    problems: list[list[str]],
    components: dict[str, str],
    event_fork: Callable[[dict[str, object]], None],
    event_shut: Callable[[Any], None],
) -> None: ...


@solara.component
def ForkDialog(
    frame: Frame,
    *,
    beside: str,
    on_fork: Callable[[Mapping[str, Any]], None],
    on_shut: Callable[[], None],
) -> None:
    """Let a reader say what differs in the branch; ``on_fork`` takes dotted settings.

    ``beside`` says what becomes of the parent.
    """
    problems, set_problems = solara.use_state(list[list[str]]())
    scenario = frame.scene.scenario

    def fork(form: dict[str, object]) -> None:
        try:
            changes = fork_changes(scenario, form)
        except EconSimError as error:
            set_problems(problems_of(error))
        else:
            on_fork(changes)
            on_shut()

    percents = promotion_percents(scenario)
    _ForkDialog(
        moment=f"{frame.time:%a %d %b %Y, %H:%M}, after step {frame.step}",
        beside=beside,
        stress=scenario.stress.mode,
        discount=percents[0] if percents else None,
        feed=scenario.social.feed,
        problems=problems,
        components=DIALOG,
        event_fork=fork,
        event_shut=lambda _: on_shut(),
    )
