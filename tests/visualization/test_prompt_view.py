"""The prompt of an agent is shown part by part, as it was sent."""

from __future__ import annotations

import json

from econsim_mesa.visualization.components.household import prompt_now
from econsim_mesa.visualization.prompt_view import prompt_view
from econsim_mesa.visualization.view import Frame
from made_run import Made

from econsim_mesa.runs.inspection import prompt_at


def test_a_prompt_is_shown_part_by_part(made: Made, frame: Frame) -> None:
    name = frame.scene.names[0]
    sent, shown = prompt_at(made.folder, name, 20), prompt_view(made.folder, name, 20)
    assert (shown.system, shown.user, shown.origin) == (sent.system, sent.user, "relived")
    assert shown.memory
    assert shown.memory in sent.user
    for reason in shown.reasons.values():
        assert reason in sent.user
    json.dumps(prompt_now(shown))
