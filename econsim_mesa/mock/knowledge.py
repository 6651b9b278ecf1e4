"""What the server knows of the town beside a prompt: the scenario, and nothing of any run."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from econsim_mesa.deciders.utility.facts import Facts
from econsim_mesa.mind import Topics
from econsim_mesa.mind.topics import valence
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.build import build_town
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.rng import Integers, Streams
from econsim_mesa.society.view import observe

_POSTS_KEPT = 50_000


class Knowledge:
    """The fixed facts of a scenario's town, and the names that prompts use.

    ``store`` and ``item`` map names to indices, ``value`` a commodity to the value of its
    smallest unit at list prices, ``shares`` a stressor to its share in overall stress;
    ``strangers`` are those whom a household may follow without limit.
    """

    def __init__(self, scenario: Scenario) -> None:
        town = build_town(scenario, Streams(scenario.seed))
        self.facts = Facts(observe(town))
        self.clock: Clock = town.clock
        self.store = {name: i for i, name in enumerate(self.facts.stores)}
        self.item = {name: i for i, name in enumerate(self.facts.items)}
        self.currency = scenario.currency.name
        self.value = dict(zip(town.roster.commodities, self.facts.value.tolist(), strict=True))
        self.strangers = frozenset(town.roster.names[town.roster.households :])
        self.shares = _shares(scenario)
        self.posts = Posts(self)
        valence("")  # loads the lexicon before anybody waits
        self._foot, self._speed = scenario.agents.Household.speed, town.economy.goods.speed

    def speeds(self, holdings: Integers) -> Integers:
        """Return the cells a step of households with such goods: (r,)."""
        has = holdings >= self.facts.unit
        fastest: Integers = np.where(has, self._speed, 0).max(axis=1, initial=self._foot)
        return fastest

    def moment(self, time: str) -> tuple[int, float]:
        """Return the step and the clock hour of a prompt's time. Raises ``ValueError``."""
        now = datetime.fromisoformat(time)
        return self.clock.step_at(now), now.hour + now.minute / 60


def _shares(scenario: Scenario) -> dict[str, float]:
    spec = scenario.stress
    weights = {
        name: 0.0 if name in spec.hide else spec.weights.get(name, 1.0) for name in spec.stressors
    }
    total = sum(weights.values()) or 1.0
    return {name: weight / total for name, weight in weights.items()}


class Posts:
    """What posts are about, read once for each text, author and time of writing."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._forget()

    def _forget(self) -> None:
        known = self._knowledge
        self.topics = Topics(known.facts.stores, known.facts.items, known.clock)
        self._number: dict[tuple[int, str, int], int] = {}

    def make_room(self) -> None:
        """Forget all posts when there are many; only between two batches."""
        if len(self._number) > _POSTS_KEPT:
            self._forget()

    def number(self, author: str, text: str, t: int) -> int:
        """Return the number of a post in ``topics``."""
        key = (self._knowledge.store.get(author, -1), text, t)
        number = self._number.get(key)
        if number is None:
            number = self._number[key] = len(self._number)
            self.topics.read(number, key[0], text, t)
        return number
