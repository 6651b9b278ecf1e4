"""Which cells are closed in a step: what the scenario closes, and the keep-outs that are on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from econsim_mesa.domains.mobility.events import KeepOut
from econsim_mesa.scenario import recorded_scenario
from econsim_mesa.scenario.registry import parse_event

if TYPE_CHECKING:
    from econsim_mesa.scenario import Scenario
    from econsim_mesa.society.clock import Clock

Cells = frozenset[tuple[int, int]]


class ClosedCells:
    """The closed cells of a run, from its scenario and its recorded inputs.

    A keep-out with a chance of its own is shown wherever time lets it be on.
    """

    def __init__(self, scenario: Scenario, clock: Clock) -> None:
        self._clock = clock
        self._scenarios: list[tuple[int, Scenario]] = [(0, scenario)]
        self._added: list[tuple[int, KeepOut]] = []

    def take(self, inputs: Iterable[Any]) -> None:
        """Take the inputs of one step, the next in order."""
        for step, kind, content in inputs:
            if kind == "settings":
                changed = recorded_scenario(self._scenarios[-1][1], set=json.loads(content))
                self._scenarios.append((step, changed))
            elif kind == "event":
                event = parse_event(json.loads(content))
                if isinstance(event, KeepOut):
                    self._added.append((step, event))

    def at(self, step: int) -> Cells:
        """Return the closed cells of a step."""
        scenario = [then for since, then in self._scenarios if since <= max(step, 0)][-1]
        cells = set(scenario.grid.closed)
        added = [event for since, event in self._added if since <= step]
        for event in (*scenario.events, *added):
            if isinstance(event, KeepOut) and step >= 0 and event.holds(step, self._clock):
                cells.update(event.cells)
                cells.update(scenario.grid.kinds[event.kind] if event.kind else ())
        return frozenset(cells)
