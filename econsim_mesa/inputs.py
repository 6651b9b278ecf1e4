"""What comes to a run from outside: events by hand, changed settings, summaries; step by step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from econsim_mesa.errors import BadInput
from econsim_mesa.scenario import Event, Scenario, load_scenario
from econsim_mesa.scenario.overrides import plain
from econsim_mesa.scenario.when import step_of
from econsim_mesa.town.settings import refuse_build_only, refuse_strangers

if TYPE_CHECKING:
    from econsim_mesa.town.town import Town

Inputs = list[tuple[str, str]]
"""What came from outside for a step: kind and canonical JSON."""
INPUT_KINDS = ("event", "settings", "summary")


class Incoming:
    """Inputs that wait for the next step; each is checked when it is given.

    ``recorded`` holds the inputs of steps that were made before: there nothing else is taken.
    """

    def __init__(self) -> None:
        self.recorded: Mapping[int, Inputs] = {}
        self._waiting: Inputs = []

    def of_step(self, t: int) -> Inputs:
        """Return the inputs of a step; what waited for it waits no more."""
        if t in self.recorded:
            return self.recorded[t]
        taken, self._waiting = self._waiting, []
        return taken

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
        self._waiting.append(("event", canonical(checked[0].model_dump(mode="json"))))

    def add_settings(self, changes: Mapping[str, Any], config: Scenario, town: Town) -> None:
        """Add a change of settings, by dotted paths.

        Raises ``ScenarioError`` for a bad value and for what is read at build only.
        """
        refuse_build_only(list(changes), "settings")
        planned = config
        for kind, content in self._waiting:
            if kind == "settings":
                planned = load_scenario(planned, set=json.loads(content))
        refuse_strangers(town, load_scenario(planned, set=changes).events, "settings")
        self._waiting.append(("settings", canonical(plain(dict(changes)))))


def canonical(content: Any) -> str:
    """Return canonical JSON, as it stands in records."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
