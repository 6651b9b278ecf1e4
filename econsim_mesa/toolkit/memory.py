"""What agents of any Mesa model remember in words: of each the newest and most unusual."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import mesa

from econsim_mesa.errors import BadInput
from econsim_mesa.mind.recall import Recalled, chosen_lines, lines_of
from econsim_mesa.society.wording import PLAIN

DONE, REFUSED, THOUGHT, TOLD = "done", "refused", "thought", "told"
"""Topics: what an agent did, what was refused, what it thought, what the model's code tells it."""
_WEIGHTS = {DONE: 2.0, REFUSED: 3.0, THOUGHT: 1.5, TOLD: 2.0}


class Memory:
    """The memory of the agents of a model, some steps back.

    What an agent does and thinks is remembered by itself; ``add`` tells it more. In a prompt an
    event loses weight with age and with each newer one about the same subject, and what repeats
    itself is said once.

    Args:
        steps: Steps that memory reaches back.
        characters: Most characters of a prompt that it takes.
        weights: How much an event counts, by its topic (default 2; what was refused counts 3).
        thoughts: Whether an agent is reminded of its own reasons.

    Raises:
        BadInput: A number is below 1.
    """

    def __init__(
        self,
        steps: int = 20,
        characters: int = 600,
        *,
        weights: Mapping[str, float] | None = None,
        thoughts: bool = False,
    ) -> None:
        if steps < 1 or characters < 1:
            raise BadInput(f"memory: steps {steps} and characters {characters} must be 1 or more")
        self.steps, self.characters, self.thoughts = steps, characters, thoughts
        self._weights = {**_WEIGHTS, **(weights or {})}
        self._events: WeakKeyDictionary[mesa.Agent[Any], deque[Recalled]] = WeakKeyDictionary()

    def add(self, agent: mesa.Agent[Any], text: str, topic: str = TOLD, subject: str = "") -> None:
        """Let an agent remember something that happens now.

        Args:
            agent: The agent.
            text: What it is, in words that go on after the time, such as *lost 3 coins to A*.
            topic: What kind of thing it is; a topic of your own counts 2 unless ``weights`` says.
            subject: What it is about: of several events about one subject the newest counts most.
        """
        self._weights.setdefault(topic, _WEIGHTS[TOLD])
        event = Recalled(now(agent.model), topic, subject, " ".join(text.split()))
        self._events.setdefault(agent, deque()).append(event)

    def recall(self, agent: mesa.Agent[Any]) -> list[str]:
        """Return all that an agent remembers within the reach of its memory, newest first."""
        return [event.words for event in self._recalled(agent)]

    def summary(self, agent: mesa.Agent[Any]) -> str:
        """Return what stands in the agent's prompt, a line an event, newest first; may be empty."""
        step = now(agent.model)
        shown = (one for one in self._recalled(agent) if self.thoughts or one.topic != THOUGHT)
        lines = lines_of(shown, step, PLAIN)
        return "\n".join(chosen_lines(lines, self.characters, step, self._weights))

    def _recalled(self, agent: mesa.Agent[Any]) -> list[Recalled]:
        events = self._events.get(agent, deque())
        while events and events[0].t < now(agent.model) - self.steps:
            events.popleft()
        return list(reversed(events))


def now(model: mesa.Model) -> int:
    """Return the number of the step that a model makes, or made last: 0 is its first."""
    return max(int(model.steps) - 1, 0)
