"""The calendar: which events happen in a step, in the order of the scenario."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from econsim_mesa.records.definitions import Happening
from econsim_mesa.scenario.when import After, Event, Occasion
from econsim_mesa.town.town import Town


class Calendar:
    """All events of a run, those of the scenario first, interventions after them."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = list(events)
        self._on: dict[int, bool] = {}
        self._lucky: list[bool] = []
        self._any_chance = any(event.when.probability is not None for event in events)

    def add(self, event: Event) -> None:
        """Add an event while the run goes on (an intervention)."""
        self.events.append(event)
        self._any_chance = self._any_chance or event.when.probability is not None

    def replace(self, town: Town, events: Sequence[Event]) -> None:
        """Go on with other events of the scenario; one that changed ends and may begin anew."""
        for number, event in enumerate(events):
            before = self.events[number] if number < len(self.events) else None
            if before is not None and before != event and self._on.pop(number, False):
                _note(town, before, before.end(town, Occasion(number)))
        self.events[: len(events)] = events
        self._any_chance = any(event.when.probability is not None for event in self.events)

    def scheduled(self, town: Town) -> None:
        """Let everything happen that time and chance bring in this step."""
        self._lucky = self._luck(town)
        for number, event in enumerate(self.events):
            if event.when.after is not None:
                continue
            holds = event.holds(town.t, town.clock) and self._lucky[number]
            if event.lasting:
                self._switch(town, number, event, on=holds)
            elif holds:
                _note(town, event, event.apply(town, Occasion(number)))

    def triggered(self, town: Town) -> None:
        """Let everything happen that records of this step set off, once for each record."""
        for number, event in enumerate(self.events):
            if event.when.after is None or not event.holds(town.t, town.clock):
                continue
            if not self._lucky[number]:
                continue
            for row in list(_matching(town, event.when.after)):
                _note(town, event, event.apply(town, Occasion(number, row)))

    def _switch(self, town: Town, number: int, event: Event, *, on: bool) -> None:
        if on != self._on.get(number, False):
            self._on[number] = on
            change = event.apply if on else event.end
            _note(town, event, change(town, Occasion(number)))

    def _luck(self, town: Town) -> list[bool]:
        """Return for each event whether its chance lets it happen in this step."""
        if not self._any_chance:
            return [True] * len(self.events)
        drawn = town.streams.uniforms("events.probability", town.t, "event", len(self.events))
        return [
            event.when.probability is None or bool(u < event.when.probability)
            for event, u in zip(self.events, drawn[:, 0], strict=True)
        ]


def _note(town: Town, event: Event, detail: str | None) -> None:
    if detail is not None:
        town.records["events"].append(Happening(town.t, event.type, detail))


def _matching(town: Town, after: After) -> Iterable[Any]:
    for row in town.records[after.record]:
        if all(getattr(row, column, None) == value for column, value in after.where.items()):
            yield row
