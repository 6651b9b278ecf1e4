"""The question how many calls of a language model may be made, before the first is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import solara

from econsim_mesa.numbers import counted

from ..live import Live
from .vue_pieces import DIALOG


@solara.component_vue("call_limit_dialog.vue", vuetify=False)
def _CallLimitDialog(
    question: str,
    calls: int,
    components: dict[str, str],
    event_go: Callable[[int | None], None],
    event_shut: Callable[[Any], None],
) -> None: ...


@solara.component
def CallLimitDialog(
    live: Live, *, on_limit: Callable[[int | None], None], on_shut: Callable[[], None]
) -> None:
    """Ask how many calls a run may make from now on; ``on_limit`` takes None for no limit."""
    calls = solara.use_memo(live.calls_left, [live, live.history.last])
    _CallLimitDialog(
        question=question(live, calls),
        calls=calls,
        components=DIALOG,
        event_go=on_limit,
        event_shut=lambda _: on_shut(),
    )


def question(live: Live, calls: int) -> str:
    """Return in words who is to be asked, and how often at most."""
    spec = live.settings.llm
    left = counted(live.left, "step")
    where = f" at {spec.base_url}" if spec.base_url else ""
    return (
        f"{spec.model or 'A language model'}{where} decides here, and each call may cost money. "
        f"The {left} to come need at most {counted(calls, 'call')}, repairs of replies not "
        "counted. When the limit is reached, the town stands still and you are asked again."
    )
