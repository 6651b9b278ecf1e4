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
        for row, _ in self._view.memory.last_records(i):
            if isinstance(row, Sale):
                paid = self._view.wording.price(row.amount)
                details = {"item": row.item, "store": row.store, "price": paid}
                found.append(Subject("bought", details))
            elif isinstance(row, Rejection):
                found.append(Subject("rejected", {"reason": self._view.wording.say(row.cause)}))
            elif isinstance(row, Consumption) and row.eaten:
                found.append(Subject("ate", {"item": row.item}))
        return found

    def _prices(self, i: int) -> list[Subject]:
        view = self._view
        visit_memory, store = view.visit_memory, int(view.standing[i])
        sign, item = int(visit_memory.price_change[i]), int(visit_memory.changed_item[i])
        if not sign or store < 0 or visit_memory.hides("prices"):
            return []
        details = {
            "item": view.economy.goods.names[item],
            "store": view.roster.store_names[store],
            "price": view.wording.price(int(view.posted[store, item])),
        }
        return [Subject("dearer" if sign > 0 else "cheaper", details)]

    def _crowds(self, i: int) -> list[Subject]:
        view, store = self._view, int(self._view.standing[i])
        met = int(view.visit_memory.met[i])
        if store < 0 or met < 0 or view.visit_memory.hides("crowding"):
            return []
        crowded = view.scenario.choice.post.crowded.value
        name, language = view.roster.store_names[store], view.wording.language
        return [Subject.of_crowd(name, met, crowded, language)]

    def suggestions(self, k: int) -> list[Suggestion]:
        """Return whom the network suggests, and whom each would replace."""
        view, i = self._view, int(self._rows[k])
        names = view.roster.names
        followed = [j for j in view.social.graph.chosen(i) if j < view.roster.households]
        replaced = ""
        if followed and len(followed) >= view.social.graph.follow_cap:
            replaced = names[min(followed, key=lambda j: self.relevance(i, j))]
        return [
            Suggestion(
                names[j], self.relevance(i, j), replaced if j < view.roster.households else ""
            )
            for j in view.suggestions(i)
        ]

    def relevance(self, i: int, author: int) -> int:
        """Return how many recent posts of an author are about a store or item that i knows."""
        view = self._view
        slots = view.visit_memory.remembered(view.t, np.array([i]))[0]
        known: Any = np.where(slots, view.visit_memory.store[i], -1)
        owned = view.economy.holdings[i] > 0
        recent = [p for p in view.social.posts.recent[author].tolist() if p >= 0]
        return sum(
            bool((known == view.social.topics.store[p]).any() and view.social.topics.store[p] >= 0)
            or bool((view.social.topics.items[p] > 0)[owned].any())
            for p in recent
        )

    def offers(self, k: int) -> list[SwapOffer]:
        """Return the proposals that wait for an answer, with their values at list prices."""
        economy = self._view.economy
        if not economy.any_proposal:
            return []
        unit_value = [1.0, *(economy.goods.price / economy.goods.unit).tolist()]
        return [
            SwapOffer(
                offer.id,
                offer.give_quantity * unit_value[offer.give_commodity],
                offer.take_quantity * unit_value[offer.take_commodity],
            )
            for offer in economy.proposals(int(self._rows[k]))
        ]
