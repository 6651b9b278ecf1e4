"""The rare parts of a perception: what to write about, whom to follow, what is offered.

Looked up one household at a time, in the text of its prompt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from econsim_mesa.deciders.utility.perception import Suggestion, SwapOffer
from econsim_mesa.deciders.utility.words import Subject
from econsim_mesa.mock.knowledge import Knowledge
from econsim_mesa.prompts.labels import ReadHousehold
from econsim_mesa.society.clock import weekday_and_time
from econsim_mesa.society.rng import Integers

_BOUGHT = re.compile(r"^\w+ \d\d:\d\d bought \d+ (.+) at (.+) for (\d+)$", re.MULTILINE)
_ATE = re.compile(r"^(\w+ \d\d:\d\d) ate \d+ (.+)$", re.MULTILINE)


class Told(NamedTuple):
    """A prompt: its text and what was read in it."""

    text: str
    read: ReadHousehold


class Recall:
    """Looks things up for the households that were told; ``known`` are stores they know."""

    def __init__(
        self, told: Sequence[Told], knowledge: Knowledge, feed: Integers, known: Integers, t: int
    ) -> None:
        self._told, self._knowledge = told, knowledge
        self._feed, self._known, self._t = feed, known, t

    def subjects(self, k: int) -> list[Subject]:
        """Return subjects from the last step: purchases, meals, refusals, prices, people met."""
        read = self._told[k].read
        refused = [Subject("rejected", {"reason": reason}) for reason in read.rejected]
        return self._bought(k) + refused + self._ate(k) + self._here(k)

    def _bought(self, k: int) -> list[Subject]:
        """Return purchases; store and price from memory, else as the scenario has them."""
        text, read = self._told[k]
        if not read.bought:
            return []
        newest: dict[str, tuple[str, str]] = {}
        for item, store, amount in _BOUGHT.findall(text):
            newest.setdefault(item, (store, amount))
        found = []
        for item in read.bought:
            store, price = newest.get(item) or self._seller(item)
            found.append(Subject("bought", {"item": item, "store": store, "price": price}))
        return found

    def _seller(self, item: str) -> tuple[str, str]:
        facts, index = self._knowledge.facts, self._knowledge.item.get(item, -1)
        sellers = np.flatnonzero(facts.sells[:, index]).tolist() if index >= 0 else []
        if not sellers:
            return "a store", "a good price"
        return facts.stores[sellers[0]], str(int(facts.list_price[sellers[0], index]))

    def _ate(self, k: int) -> list[Subject]:
        last = self._knowledge.clock.time(self._t - 1)
        stamp = weekday_and_time(last)
        meals = _ATE.findall(self._told[k].text)
        return [Subject("ate", {"item": item}) for time, item in meals if time == stamp]

    def _here(self, k: int) -> list[Subject]:
        """Return what is noticed at the store: a price that changed, the others met."""
        read, found = self._told[k].read, []
        if read.here is None:
            return []
        prices = {shelf.item: shelf.price for shelf in read.here.shelves}
        if read.price_change and read.changed_item in prices:
            details = {
                "item": read.changed_item,
                "store": read.here.name,
                "price": str(prices[read.changed_item]),
            }
            found.append(Subject("dearer" if read.price_change > 0 else "cheaper", details))
        if read.met >= 0:
            crowded = self._knowledge.facts.choice.post.crowded.value
            found.append(Subject.of_crowd(read.here.name, read.met, crowded))
        return found

    def suggestions(self, k: int) -> list[Suggestion]:
        """Return whom the prompt suggests, and whom each would replace."""
        read, strangers = self._told[k].read, self._knowledge.strangers
        followed = [name for name in read.follows if name not in strangers]
        replaced = ""
        if followed and len(followed) >= self._knowledge.facts.follow_cap:
            replaced = min(followed, key=lambda name: self._relevance(k, name))
        return [
            Suggestion(name, self._relevance(k, name), "" if name in strangers else replaced)
            for name in read.suggestions
        ]

    def _relevance(self, k: int, author: str) -> int:
        """Return how many posts of an author in view are about what the household knows."""
        read, topics = self._told[k].read, self._knowledge.posts.topics
        items = [self._knowledge.item[name] for name in read.goods if name in self._knowledge.item]
        known = set(self._known[k].tolist()) - {-1}
        return sum(
            int(topics.store[number]) in known or bool(topics.items[number, items].any())
            for number, post in zip(self._feed[k].tolist(), read.posts, strict=False)
            if post.author == author
        )

    def offers(self, k: int) -> list[SwapOffer]:
        """Return the proposals that wait for an answer, with their values at list prices."""
        value = self._knowledge.value
        return [
            SwapOffer(
                one.id,
                one.gives_quantity * value.get(one.gives, 0.0),
                one.wants_quantity * value.get(one.wants, 0.0),
            )
            for one in self._told[k].read.offers
        ]
