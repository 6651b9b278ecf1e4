"""Answers given in checks, kept so that the checks can be made again without whoever gave them.

An embedded decider answers alike whenever it is asked. Of any other the answers are kept, in the
order in which the checks ask: made again with these, the checks must give the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from econsim_mesa.domains.roster import read_actions
from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.coherence.lab import Subject
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.action import HOUSEHOLD, OUTCOMES, Decision, encode
from econsim_mesa.society.decider import Decider
from econsim_mesa.society.requests import Requests

ANSWERS = "coherence-answers.jsonl"
"""Name of their file in a folder: a line an answer, its outcome, thought and actions."""


class Keeping:
    """Makes deciders whose answers are kept, in the order in which they give them."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._lines: list[str] = []

    def __call__(self, scenario: Scenario) -> Decider:
        """Return the decider for a scenario."""
        return _Kept(self._subject(scenario), self._lines)

    def text(self) -> str:
        """Return all answers as their file holds them."""
        return "".join(self._lines)


class _Kept:
    """A decider that notes what it answers."""

    name: ClassVar[str] = "kept"

    def __init__(self, decider: Decider, lines: list[str]) -> None:
        self._decider, self._lines = decider, lines

    def decide(self, requests: Requests) -> list[Decision]:
        """Return the decider's answers."""
        answers = self._decider.decide(requests)
        for one in answers:
            told = [one.outcome, one.thought, encode(one.actions)]
            self._lines.append(json.dumps(told, ensure_ascii=False) + "\n")
        return answers


class GivenBack:
    """Answers with what was kept. Raises ``BadInput``: no answer is left, or it is none."""

    name: ClassVar[str] = "given back"

    def __init__(self, path: Path, decider: str) -> None:
        self._path, self._decider = path, decider
        lines = path.read_text("utf-8").split("\n")  # a thought may hold other ends of lines
        self._lines: Iterator[str] = filter(None, lines)

    def __call__(self, scenario: Scenario) -> Decider:
        """Return itself: answers go on from one fork to the next."""
        return self

    def decide(self, requests: Requests) -> list[Decision]:
        """Return the next answers."""
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
        return Decision(read_actions(actions, HOUSEHOLD), thought, self._decider, outcome)
