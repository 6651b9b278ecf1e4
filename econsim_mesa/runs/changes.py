"""What was changed in a run from outside, in words: settings, and events by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import NamedTuple

from econsim_mesa.runs.reader import Run


class Change(NamedTuple):
    """A change, and the step from which on it acts; ``time`` is when that begins, ISO 8601."""

    step: int
    time: str
    text: str


def changes(run: Run) -> list[Change]:
    """Return what a run was given from outside; of a fork what its parent was not given."""
    clock = run.scenario.clock.clock()
    return [
        Change(step, clock.time(step).isoformat(timespec="minutes"), text)
        for step, kind, content in run.rows("inputs")
        if step >= run.forked_at
        for text in input_in_words(kind, content)
    ]


def input_in_words(kind: str, text: str) -> Iterator[str]:
    """Yield what an input changed, from its kind and its JSON; a summary changes nothing."""
    content = json.loads(text)
    if kind == "settings":
        for path, value in content.items():
            yield f"{path}={value if isinstance(value, str) else json.dumps(value)}"
    elif kind == "event":
        yield f"event {content['type']}"
