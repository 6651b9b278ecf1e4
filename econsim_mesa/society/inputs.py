"""What comes to a run from outside: events by hand, changed settings, summaries; step by step."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.scenario import Event, Scenario, load_scenario
from econsim_mesa.scenario.overrides import plain
from econsim_mesa.scenario.when import step_of
from econsim_mesa.society.settings import refuse_build_only, refuse_strangers

if TYPE_CHECKING:
    from econsim_mesa.society.town import Town

Inputs = list[tuple[str, str]]
"""What came from outside for a step: kind and canonical JSON."""
INPUT_KINDS = ("event", "settings", "summary")


class WaitingInput(NamedTuple):
    """An input that waits for a step, or for the end of the step in which it acted."""

    step: int
    kind: str
    content: str


class Incoming:
    """Inputs that wait for their step; each is checked when it is given.

    ``recorded`` holds the inputs of steps that were made before: there nothing else is taken.
    """

    def __init__(self) -> None:
        self.recorded: Mapping[int, Inputs] = {}
        self._taken = -1  # the last step whose recorded inputs acted
        self._waiting: list[WaitingInput] = []
        self._acted: list[WaitingInput] = []

    @property
    def unmade(self) -> list[WaitingInput]:
        """Inputs that stand in no whole step yet."""
        return [*self._acted, *self._waiting]

    def inputs_at(self, t: int) -> Inputs:
        """Return the inputs of a step that have not acted yet."""
        if t in self.recorded:
            again, self._taken = t == self._taken, t
            return [] if again else self.recorded[t]
        acting = [one for one in self._waiting if one.step <= t]
        self._waiting = [one for one in self._waiting if one.step > t]
        self._acted += acting
        return [(one.kind, one.content) for one in acting]

    def made(self) -> bool:
        """Forget the inputs of a step that is whole; return whether there were any."""
        acted, self._acted = self._acted, []
        return bool(acted)

    def wait_again(self, inputs: Iterable[WaitingInput]) -> None:
        """Have inputs wait that were given, and checked, in an earlier part of a run."""
        self._waiting += inputs

    def add_event(self, event: Event | Mapping[str, Any], config: Scenario, town: Town) -> None:
        """Add an event, or its JSON object; without a trigger it happens in the next step.

        Raises ``ScenarioError`` for a bad one, ``BadInput`` for one whose time has passed.
        """
        content = event.model_dump(mode="json") if isinstance(event, Event) else dict(event)
        upcoming, when = town.t + 1, dict(content.get("when") or {})
        if all(value is None for value in when.values()):
            content["when"] = {"at": upcoming}
        checked = load_scenario(config, set={"events": [content]}).events
        refuse_strangers(town, checked, "intervention")
        at = checked[0].when.at
        if at is not None and max(step_of(at, town.clock), 0) < upcoming:
            raise BadInput(f"the event is to happen at {at}, and the next step is {upcoming}")
        content_now = canonical(checked[0].model_dump(mode="json"))
        self._waiting.append(WaitingInput(upcoming, "event", content_now))

    def add_settings(
        self, changes: Mapping[str, Any], config: Scenario, town: Town, *, begun: bool = False
    ) -> None:
        """Add a change of settings, by dotted paths.

        ``begun``: the town's step is not decided yet; who decides, and how, acts in it still.
        Raises ``ScenarioError`` for a bad value and for what is read at build only.
        """
        refuse_build_only(list(changes), "settings")
        planned = config
        for one in self._waiting:
            if one.kind == "settings":
                planned = load_scenario(planned, set=json.loads(one.content))
        refuse_strangers(town, load_scenario(planned, set=changes).events, "settings")
        step = town.t if begun and all(map(_of_decisions, changes)) else town.t + 1
        content = canonical(plain(dict(changes)))
        self._waiting.append(WaitingInput(step, "settings", content))


def names_decider(path: str) -> bool:
    """Whether a dotted path of a scenario says who decides."""
    return path.rpartition(".")[2] in ("decider", "mixed")


def _of_decisions(path: str) -> bool:
    """Whether a dotted path says who decides, or how a language model is asked."""
    return names_decider(path) or path.split(".")[0] == "llm"


def canonical(content: Any) -> str:
    """Return canonical JSON, as it stands in records."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
