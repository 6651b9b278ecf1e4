"""Answers that a decider gave in checks, recorded so that the checks can be made again without it.

An embedded decider answers alike whenever it is asked. The answers of any other are recorded in
the order in which the checks ask: with these answers, the checks must give the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from econsim_mesa.domains.roster import OF_PACKAGE, domains_of, read_actions
from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.coherence.lab import DeciderFactory
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.action import HOUSEHOLD, OUTCOMES, Decision, encode
from econsim_mesa.society.decider import Decider
from econsim_mesa.society.requests import Requests

ANSWERS = "coherence-answers.jsonl"
"""Name of their file in a folder: each line has an answer's outcome, thought and actions."""


class AnswerRecorder:
    """A factory of deciders whose answers are recorded, in the order in which they give them.

    Args:
        factory: Makes the deciders that answer.
    """

    def __init__(self, factory: DeciderFactory) -> None:
        self._factory = factory
        self._lines: list[str] = []

    def __call__(self, scenario: Scenario) -> Decider:
        """Return the decider for a scenario."""
        return RecordingDecider(self._factory(scenario), self._lines)

    def text(self) -> str:
        """Return all answers as their file holds them."""
        return "".join(self._lines)


class RecordingDecider:
    """A decider that appends each answer of another one to ``lines``."""

    name: ClassVar[str] = "recording"

    def __init__(self, decider: Decider, lines: list[str]) -> None:
        self._decider, self._lines = decider, lines

    def decide(self, requests: Requests) -> list[Decision]:
        """Return the decider's answers."""
        decisions = self._decider.decide(requests)
        for decision in decisions:
            answer = [decision.outcome, decision.thought, encode(decision.actions)]
            self._lines.append(json.dumps(answer, ensure_ascii=False) + "\n")
        return decisions


class RecordedDecider:
    """A decider, and a factory of itself, that answers with what was recorded.

    Args:
        path: The file of answers.
        decider: Name of the decider that gave them.
    """

    name: ClassVar[str] = "recorded"

    def __init__(self, path: Path, decider: str) -> None:
        self._path, self._decider = path, decider
        self._domains = OF_PACKAGE
        lines = path.read_text("utf-8").split("\n")  # a thought may hold other ends of lines
        self._lines: Iterator[str] = filter(None, lines)

    def __call__(self, scenario: Scenario) -> Decider:
        """Return itself, since answers go on from one fork to the next."""
        self._domains = domains_of(scenario)
        return self

    def decide(self, requests: Requests) -> list[Decision]:
        """Return the next answers. Raises ``BadInput`` if none is left, or a line is no answer."""
        return [self._next() for _ in range(len(requests))]

    def refuse_rest(self) -> None:
        """Raise ``BadInput`` if answers are left over."""
        if next(self._lines, None) is not None:
            raise BadInput(f"{self._path.name} holds more answers than the checks ask for")

    def _next(self) -> Decision:
        line = next(self._lines, None)
        if line is None:
            raise BadInput(f"{self._path.name} holds fewer answers than the checks ask for")
        try:
            outcome, thought, actions = json.loads(line)
        except (ValueError, TypeError, RecursionError) as error:
            raise BadInput(f"{self._path.name} holds a line that is no answer") from error
        if outcome not in OUTCOMES or not isinstance(thought, str) or not isinstance(actions, str):
            raise BadInput(f"{self._path.name} holds a line that is no answer")
        return Decision(
            read_actions(actions, HOUSEHOLD, self._domains), thought, self._decider, outcome
        )
