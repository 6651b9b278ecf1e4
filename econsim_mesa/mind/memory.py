"""What households remember in words: a window on the records of the last steps.

Memory keeps the records and a few columns of each step within its reach, for everybody at
once; what one household remembers is looked up when somebody reads it. So a town whose
households never read words pays nothing, and memory is bounded by steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.mind.recall import Recalled, chosen_lines, lines_of
from econsim_mesa.quoting import quoted
from econsim_mesa.society.records import Decision, Record, Remembered, StepRecords
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.wording import PLAIN, Wording

Int32 = NDArray[np.int32]
_WEIGHT = {
    "rejections": 3.0,
    "purchases": 3.0,
    "sales": 3.0,
    "payments": 3.0,
    "prices": 2.0,
    "crowding": 1.5,
    "thoughts": 1.5,
    "consumption": 1.0,
    "posts_written": 1.0,
    "posts_read": 0.8,
    "sleep": 0.6,
    "moves": 0.3,
}
"""How much what is remembered of a topic counts when the summary has to choose."""
TOPICS = tuple(_WEIGHT)
"""What households of every town remember."""
READ, THOUGHTS = "posts_read", "thoughts"
"""Topics that a summary treats apart: what others wrote, and one's own reasons."""
_SHARE_READ = 4
"""Posts read get one part in so many of a summary, and what all else leaves of it."""


@dataclass(frozen=True)
class Scene:
    """What can be remembered of one step: some records, and columns over households."""

    step: int
    records: Mapping[str, Sequence[Record]]
    """Records by table, in the order in which they are told: see ``remembered_records``."""
    x: Int32
    y: Int32
    standing: Int32
    others: Int32
    asleep: Any
    feed: Any
    posted: Integers
    """Posted prices, shape (stores, items)."""

    @cached_property
    def prices_at(self) -> dict[int, Recalled]:
        """What is remembered of the prices at a store, as far as somebody has asked."""
        return {}

    @cached_property
    def posts(self) -> dict[int, Recalled]:
        """What is remembered of a post, as far as somebody has asked who read it."""
        return {}

    @cached_property
    def lived(self) -> dict[int, list[Recalled]]:
        """What else agents remember, by their numbers, as far as somebody has asked."""
        return {}

    @cached_property
    def by_agent(self) -> dict[str, list[Record]]:
        """Return the records of the step by the agents that they concern."""
        by_agent: dict[str, list[Record]] = {}
        for records in self.records.values():
            for record in records:
                for column in record.concerns:
                    by_agent.setdefault(getattr(record, column), []).append(record)
        return by_agent


def remembered_records(records: StepRecords, tables: Sequence[str]) -> dict[str, Sequence[Record]]:
    """Return the records of some tables of a step; of decisions only those with a thought.

    All else of a step, most of all the state of every household, is not held in memory. The
    lists are those of the step: what is added to them later in the step is remembered too.
    """
    remembered: dict[str, Sequence[Record]] = {table: records[table] for table in tables}
    if Decision.table in remembered:
        remembered[Decision.table] = [row for row in records[Decision.table] if row.thought]
    return remembered


class Memory:
    """The memory of everybody, some steps back, without some topics."""

    def __init__(
        self,
        steps: int,
        *,
        hide: Collection[str],
        names: Collection[str],
        stores: Collection[str],
        items: Collection[str],
        text_of: Callable[[int], tuple[str, str]],
        tables: Sequence[str],
        own_topics: Mapping[str, float] = MappingProxyType({}),
        thoughts: bool = False,
        wording: Wording = PLAIN,
    ) -> None:
        """Begin empty.

        Args:
            steps: Steps that memory reaches back.
            hide: Topics that nobody remembers; ``all``: nothing is remembered.
            names: Names of all agents, by number.
            stores: Names of the stores.
            items: Names of the items.
            text_of: Returns author and text of a post by its number.
            tables: Tables whose records are remembered, in the order in which they are told.
            own_topics: Topics that domains add -> how much they count in a summary.
            thoughts: Whether a summary says what an agent thought.
            wording: How the town speaks, and counts goods, money and time.
        """
        self.tables = tuple(tables)
        self._weight = {**_WEIGHT, **own_topics}
        self._scenes: deque[Scene] = deque()
        self._written: dict[int, tuple[int, str]] = {}
        self.set_horizon(steps, hide, thoughts=thoughts)
        self._wording = wording
        self._names, self._stores, self._items = list(names), list(stores), list(items)
        self._text_of = text_of

    def set_horizon(self, steps: int, hide: Collection[str], *, thoughts: bool = False) -> None:
        """Reach back so many steps from now on, hide these topics, and tell of thoughts or not."""
        self._scenes = deque(self._scenes, maxlen=steps)
        self._thoughts = thoughts
        self.hide = frozenset(self._weight) if "all" in hide else frozenset(hide)

    def remember(self, scene: Scene) -> None:
        """Keep a step; the oldest one beyond the reach of memory is forgotten."""
        if self._scenes:
            # An embedded decider looks up the last step only: a copy is without its index.
            self._scenes[-1] = replace(self._scenes[-1])
        self._scenes.append(scene)

    def write(self, number: int, t: int, text: str) -> None:
        """Keep what an agent wrote down before step ``t``, in place of what it wrote before."""
        self._written[number] = (t, text)

    def view(self) -> MemoryView:
        """Return what can be read of it."""
        return MemoryView(self)

    def recall(
        self, number: int, without: Collection[int] = (), *, before_last: bool = False
    ) -> list[Recalled]:
        """Return all that agent ``number`` remembers, newest step first.

        A post is remembered where it was read last; those in ``without`` are left out. With
        ``before_last`` what happened in the last step is left out, but for sleep and posts read.
        """
        recalled, read = [], set(without)
        for scene in reversed(self._scenes):
            is_told = before_last and scene is self._scenes[-1]
            of_scene = self._of_scene(scene, number, read, is_told=is_told)
            recalled += [event for event in of_scene if event.topic not in self.hide]
        return recalled

    def last_records(self, number: int) -> list[tuple[Record, Remembered]]:
        """Return the records of the last step that an agent remembers, and what of each."""
        if not self._scenes:
            return []
        remembered = self._remembered(self._scenes[-1], number)
        return [(record, left) for record, left in remembered if left.topic not in self.hide]

    def summary(
        self,
        number: int,
        characters: int,
        without: Collection[int] = (),
        *,
        before_last: bool = False,
    ) -> str:
        """Return at most ``characters`` of what an agent remembers, in words, newest first.

        Its own life comes first, then what it read; that has a quarter of the length, and what
        its life leaves. Of each the newest and most unusual is chosen: an event loses weight with
        age and with each newer event about the same subject; what repeats itself is said once.
        What the agent wrote down itself stands last, for the time before.

        Args:
            number: Number of the agent.
            characters: Greatest length.
            without: Numbers of posts that need not be recalled (they are in view).
            before_last: Whether the last step is told apart; see ``recall``.
        """
        since, written = self._written.get(number, (-1, ""))
        notes = self._wording.say("so far: {text}", text=quoted(written)) if written else ""
        recalled = [
            event
            for event in self.recall(number, without, before_last=before_last)
            if event.t >= since and (self._thoughts or event.topic != THOUGHTS)
        ]
        now = self._scenes[-1].step + 1 if self._scenes else 0
        lived = lines_of((event for event in recalled if event.topic != READ), now, self._wording)
        read = lines_of((event for event in recalled if event.topic == READ), now, self._wording)
        room = characters - len(notes)
        kept_for_read = min(room // _SHARE_READ, sum(len(line) + 1 for line in read))
        lines = chosen_lines(lived, room - kept_for_read, now, self._weight)
        left = room - sum(len(line) + 1 for line in lines)
        lines += chosen_lines(read, left, now, self._weight)
        return "\n".join([*lines, notes] if notes else lines)

    def _of_scene(
        self, scene: Scene, number: int, read: set[int], *, is_told: bool
    ) -> Iterator[Recalled]:
        """Yield what is remembered of a step; if it is told apart, sleep and posts read only."""
        is_household = number < len(scene.x)
        is_asleep = is_household and scene.asleep[number]
        if not is_told:
            yield from self._lived(scene, number)
        elif is_asleep:
            yield self._slept(scene)
        if is_household and not is_asleep:
            yield from self._posts_read(scene, number, read)

    def _lived(self, scene: Scene, number: int) -> list[Recalled]:
        """Return what an agent remembers of a step but for posts; it is put in words once."""
        if number not in scene.lived:
            remembered = self._remembered(scene, number)
            lived = [Recalled(scene.step, *left) for _, left in remembered]
            if number < len(scene.x):
                is_asleep = scene.asleep[number]
                lived += [self._slept(scene)] if is_asleep else self._of_columns(scene, number)
            scene.lived[number] = lived
        return scene.lived[number]

    def _remembered(self, scene: Scene, number: int) -> Iterator[tuple[Record, Remembered]]:
        """Yield the records of a step that concern an agent, and what it remembers of each."""
        name = self._names[number]
        for record in scene.by_agent.get(name, ()):
            left = record.remembered_by(name, self._wording)
            if left is not None:
                yield record, left

    def _slept(self, scene: Scene) -> Recalled:
        return Recalled(scene.step, "sleep", "", self._wording.say("slept"))

    def _of_columns(self, scene: Scene, i: int) -> Iterator[Recalled]:
        t, store = scene.step, int(scene.standing[i])
        say = self._wording.say
        place = say("cell {cell}", cell=f"{int(scene.x[i])},{int(scene.y[i])}")
        if store >= 0:
            place = self._stores[store]
            others = self._wording.counted(int(scene.others[i]), "other")
            met = say("met {others} at {place}", others=others, place=place)
            yield Recalled(t, "crowding", place, met)
            yield self._prices_at(scene, store)
        yield Recalled(t, "moves", place, say("was at {place}", place=place))

    def _prices_at(self, scene: Scene, store: int) -> Recalled:
        """Return what everybody remembers of the prices at a store in a step."""
        if store not in scene.prices_at:
            place = self._stores[store]
            prices = self._wording.listed(
                f"{item} {self._wording.price(price)}"
                for item, price in zip(self._items, scene.posted[store].tolist(), strict=True)
                if price >= 0
            )
            words = self._wording.say("prices at {place}: {prices}", place=place, prices=prices)
            scene.prices_at[store] = Recalled(scene.step, "prices", place, words)
        return scene.prices_at[store]

    def _posts_read(self, scene: Scene, i: int, read: set[int]) -> Iterator[Recalled]:
        """Yield the posts of a step that are not in ``read``, and add them to it."""
        for post in scene.feed[i].tolist():
            if post >= 0 and post not in read:
                read.add(post)
                yield self._post(scene, post)

    def _post(self, scene: Scene, post: int) -> Recalled:
        """Return what everybody remembers of a post who read it in a step."""
        if post not in scene.posts:
            author, text = self._text_of(post)
            words = self._wording.say("read {author}: {text}", author=author, text=quoted(text))
            scene.posts[post] = Recalled(scene.step, READ, str(post), words)
        return scene.posts[post]


@dataclass(frozen=True)
class MemoryView:
    """What of it can be read at the start of a step, for one agent at a time."""

    _memory: Memory

    def recall(
        self, number: int, without: Collection[int] = (), *, before_last: bool = False
    ) -> list[Recalled]:
        """Return all that agent ``number`` remembers, newest step first; see ``Memory.recall``."""
        return self._memory.recall(number, without, before_last=before_last)

    def last_records(self, number: int) -> list[tuple[Record, Remembered]]:
        """Return the records of the last step that an agent remembers, and what of each."""
        return self._memory.last_records(number)

    def summary(
        self,
        number: int,
        characters: int,
        without: Collection[int] = (),
        *,
        before_last: bool = False,
    ) -> str:
        """Return at most ``characters`` of what an agent remembers; see ``Memory.summary``."""
        return self._memory.summary(number, characters, without, before_last=before_last)
