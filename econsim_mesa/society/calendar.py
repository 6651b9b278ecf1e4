"""The calendar: which events happen in a step, in the order of the scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from econsim_mesa.scenario.when import After, Event, Firing
from econsim_mesa.society.records import EventRecord
from econsim_mesa.society.town import Town


class Calendar:
    """All events of a run: those of the scenario in its order, interventions after them.

    An event keeps its number for the whole run, whatever is added or removed; a number is never
    given twice, so that state kept by number stays with its event. Its draws are keyed by its
    type and its place among those of its type: without a promotion, say, all other events have
    the same luck.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        self._events: dict[int, Event] = {}
        self._keys: dict[int, str] = {}
        self._kinds: Counter[str] = Counter()
        self._given = 0
        self._scenario = [self._number(event) for event in events]
        self._added: list[int] = []
        self._on: dict[int, bool] = {}
        self._lucky: dict[int, bool] = {}

    @property
    def events(self) -> list[Event]:
        """The events in the order in which they happen."""
        return [event for _, event in self._numbered()]

    def add(self, event: Event) -> None:
        """Add an event while the run goes on (an intervention)."""
        self._added.append(self._number(event))

    def replace(self, town: Town, events: Sequence[Event]) -> None:
        """Go on with other events of the scenario; one that changed ends and may begin anew.

        An event that stands anywhere in the new list goes on; another one takes the number of
        the event in whose place it stands, if that is gone.
        """
        old = self._scenario
        kept = _pair(events, [self._events[number] for number in old])
        gone = set(range(len(old))) - set(kept.values())
        numbers = []
        for place, event in enumerate(events):
            if place in kept:
                numbers.append(old[kept[place]])
            elif place in gone:
                self._end(town, old[place])
                self._events[old[place]] = event
                gone.remove(place)
                numbers.append(old[place])
            else:
                numbers.append(self._number(event))
        for place in sorted(gone):
            self._end(town, old[place])
            del self._events[old[place]]
        self._scenario = numbers

    def scheduled(self, town: Town) -> None:
        """Let everything happen that time and chance bring in this step."""
        self._lucky = self._luck(town)
        for number, event in self._numbered():
            if event.when.after is not None:
                continue
            holds = event.holds(town.t, town.clock) and self._lucky[number]
            if event.lasting:
                self._switch(town, number, event, on=holds)
            elif holds:
                _note(town, event, event.apply(town, Firing(number, self._keys[number])))

    def triggered(self, town: Town) -> None:
        """Let everything happen that records of this step set off, once for each record."""
        for number, event in self._numbered():
            if event.when.after is None or not event.holds(town.t, town.clock):
                continue
            if not self._lucky[number]:
                continue
            for row in list(_matching(town, event.when.after)):
                _note(town, event, event.apply(town, Firing(number, self._keys[number], row)))

    def _numbered(self) -> list[tuple[int, Event]]:
        return [(number, self._events[number]) for number in (*self._scenario, *self._added)]

    def _number(self, event: Event) -> int:
        """Give an event a number of its own and return it."""
        number, self._given = self._given, self._given + 1
        self._events[number] = event
        self._keys[number] = f"{event.type} {self._kinds[event.type]}"
        self._kinds[event.type] += 1
        return number

    def _end(self, town: Town, number: int) -> None:
        """End an event that is on."""
        if self._on.pop(number, False):
            event = self._events[number]
            _note(town, event, event.end(town, Firing(number, self._keys[number])))

    def _switch(self, town: Town, number: int, event: Event, *, on: bool) -> None:
        if on != self._on.get(number, False):
            self._on[number] = on
            change = event.apply if on else event.end
            _note(town, event, change(town, Firing(number, self._keys[number])))

    def _luck(self, town: Town) -> dict[int, bool]:
        """Return for each event whether its chance lets it happen in this step."""
        luck = {}
        for number, event in self._numbered():
            chance, key = event.when.probability, self._keys[number]
            luck[number] = chance is None or bool(
                town.streams.uniforms("events.probability", town.t, key, 1)[0, 0] < chance
            )
        return luck


def _pair(events: Sequence[Event], before: Sequence[Event]) -> dict[int, int]:
    """Return which place in ``before`` an equal event in ``events`` had; each is taken once."""
    left = dict(enumerate(before))
    pairs = {}
    for place, event in enumerate(events):
        same = [place] if left.get(place) == event else [k for k in left if left[k] == event]
        if same:
            pairs[place] = same[0]
            del left[same[0]]
    return pairs


def _note(town: Town, event: Event, detail: str | None) -> None:
    if detail is not None:
        town.records["events"].append(EventRecord(town.t, event.type, detail))


def _matching(town: Town, after: After) -> Iterable[Any]:
    for row in town.records[after.record]:
        if all(getattr(row, column, None) == value for column, value in after.where.items()):
            yield row
