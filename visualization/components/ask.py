"""Ask: put a question to one simulated household; never a part of the run, never counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import solara

from econsim_mesa.errors import EconSimError
from econsim_mesa.llm.ready import asks_model
from econsim_mesa.scenario.decider_traits import recorded_traits

from ..view import Frame
from .setup_dialog import SERVER

if TYPE_CHECKING:
    from econsim_mesa.runs.answer_store import Answer

LONGEST = 1000
"""Characters of a question."""
SHOWN = 10
"""Earlier answers of a household that are shown at most."""


@solara.component_vue("ask.vue", vuetify=False)
def _Ask(
    name: str | None,
    step: int,
    why_not: str,
    waiting: bool,
    wrong: str,
    answers: list[dict[str, object]],
    longest: int,
    event_put: Callable[[str], None],
) -> None: ...


@solara.component
def Ask(frame: Frame, name: str | None, folder: Path) -> None:
    """Let a reader ask a household at the step that is shown; one question at a time."""

    def work(who: str, step: int, question: str) -> str:
        """Put the question, and return what went wrong."""
        from econsim_mesa.runs.questions import ask

        try:
            ask(folder, who, step, question)
        except EconSimError as error:
            return str(error)
        return ""

    task: Any = solara.lab.use_task(work, dependencies=None, raise_error=False)

    def put(text: str) -> None:
        if not task.pending and name is not None:
            task(name, frame.step, str(text)[:LONGEST])

    wrong = str(task.exception) if task.error else (task.value or "") if task.finished else ""
    _Ask(
        name=name,
        step=frame.step,
        why_not=why_not(frame, name),
        waiting=task.pending,
        wrong=wrong,
        answers=answers_of(folder, name) if name else [],
        longest=LONGEST,
        event_put=put,
    )


def why_not(frame: Frame, name: str | None) -> str:
    """Return why nobody can be asked, in words; "" if somebody can."""
    if frame.step < 0 and asks_model(frame.scene.scenario):
        return "Nobody can be asked before the first step."
    named = frame.scene.scenario.deciders
    if not any(recorded_traits(name, named).asks_model for name in frame.outcomes):
        return (
            "Only a household for which a language model decides can be asked, and here none does. "
            "Under “Open or set up”, build a town that is decided by llm. To try it free of "
            f"charge, start `econsim mock-server` and give {SERVER} as the address of the server."
        )
    if name is None or frame.scene.number[name] >= frame.scene.households:
        return "Click a household in the town to ask it."
    return ""


def answers_of(folder: Path, name: str) -> list[dict[str, object]]:
    """Return the newest answers of one household, newest first."""
    from econsim_mesa.runs.answer_store import asked

    mine = [answer for answer in asked(folder) if answer.agent == name]
    return [_shown(answer) for answer in reversed(mine[-SHOWN:])]


def _shown(answer: Answer) -> dict[str, object]:
    return {
        "step": answer.step,
        "question": answer.question,
        "text": answer.text or "",
        "status": answer.status,
        "model": answer.model,
    }
