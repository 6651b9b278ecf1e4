"""What a household of the town could write about, whom it could follow, what it is offered.

Looked up one household at a time, for the few that post, look or are asked in a step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from econsim_mesa.deciders.utility.perception import Suggestion, SwapOffer
from econsim_mesa.deciders.utility.words import Subject
from econsim_mesa.domains.body.records import Consumption
from econsim_mesa.domains.economy.records import Sale
from econsim_mesa.society.records import Rejection
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.view import View


class Experiences:
    """The rare parts of a perception, for the households in ``rows``."""

    def __init__(self, view: View, rows: Integers) -> None:
        self._view, self._rows = view, rows

    def subjects(self, k: int) -> list[Subject]:
        """Return subjects from the last step: records, prices and people met."""
        i = int(self._rows[k])
        return self._records(i) + self._prices(i) + self._crowds(i)

    def _records(self, i: int) -> list[Subject]:
        found = []
        for row in self._view.town.memory.last_records(i):
            if isinstance(row, Sale):
                details = {"item": row.item, "store": row.store, "price": str(row.amount)}
                found.append(Subject("bought", details))
            elif isinstance(row, Rejection):
                found.append(Subject("rejected", {"reason": row.reason}))
            elif isinstance(row, Consumption) and row.eaten:
                found.append(Subject("ate", {"item": row.item}))
        return found

    def _prices(self, i: int) -> list[Subject]:
        town = self._view.town
        visit_memory, store = town.visit_memory, int(self._view.standing[i])
        sign, item = int(visit_memory.price_change[i]), int(visit_memory.changed_item[i])
        if not sign or store < 0 or visit_memory.hides("prices"):
            return []
        details = {
            "item": town.economy.goods.names[item],
            "store": town.roster.store_names[store],
            "price": str(int(self._view.posted[store, item])),
        }
        return [Subject("dearer" if sign > 0 else "cheaper", details)]

    def _crowds(self, i: int) -> list[Subject]:
        town, store = self._view.town, int(self._view.standing[i])
        met = int(town.visit_memory.met[i])
        if store < 0 or met < 0 or town.visit_memory.hides("crowding"):
            return []
        crowded = town.scenario.choice.post.crowded.value
        return [Subject.of_crowd(town.roster.store_names[store], met, crowded)]

    def suggestions(self, k: int) -> list[Suggestion]:
        """Return whom the network suggests, and whom each would replace."""
        view, i = self._view, int(self._rows[k])
        town, names = view.town, view.town.roster.names
        followed = [j for j in town.social.graph.chosen(i) if j < town.roster.households]
        replaced = ""
        if followed and len(followed) >= town.social.graph.follow_cap:
            replaced = names[min(followed, key=lambda j: self.relevance(i, j))]
        return [
            Suggestion(
                names[j], self.relevance(i, j), replaced if j < town.roster.households else ""
            )
            for j in view.suggestions(i)
        ]

    def relevance(self, i: int, author: int) -> int:
        """Return how many recent posts of an author are about a store or item that i knows."""
        town = self._view.town
        slots = town.visit_memory.remembered(self._view.t, np.array([i]))[0]
        known: Any = np.where(slots, town.visit_memory.store[i], -1)
        owned = town.economy.holdings()[i] > 0
        recent = [p for p in town.social.posts.recent[author].tolist() if p >= 0]
        return sum(
            bool((known == town.social.topics.store[p]).any() and town.social.topics.store[p] >= 0)
            or bool((town.social.topics.items[p] > 0)[owned].any())
            for p in recent
        )

    def offers(self, k: int) -> list[SwapOffer]:
        """Return the proposals that wait for an answer, with their values at list prices."""
        town = self._view.town
        if not town.economy.swaps.any_open:
            return []
        unit_value = [1.0, *(town.economy.goods.price / town.economy.goods.unit).tolist()]
        return [
            SwapOffer(
                offer.id,
                offer.give_quantity * unit_value[offer.give_commodity],
                offer.take_quantity * unit_value[offer.take_commodity],
            )
            for offer in town.economy.swaps.waiting(int(self._rows[k]))
        ]
