"""What households of the utility decider write and whom they follow."""

from __future__ import annotations

from typing import Any

import numpy as np

from econsim_mesa.decision import actions as act
from econsim_mesa.decision.actions import Action
from econsim_mesa.decision.utility.perception import Perception
from econsim_mesa.decision.utility.plans import Pressure
from econsim_mesa.decision.utility.words import FEELINGS, Subject, compose, part_of_day
from econsim_mesa.observation import View
from econsim_mesa.rng import Floats
from econsim_mesa.scenario.choice import ChoiceSpec

_CROWD = 3
"""Others in a store's cell from which on a household calls it crowded."""
_FEELING = 0.5
"""Share of the highest level from which on a household may write about a feeling."""


def logistic(utility: Floats) -> Floats:
    """Return the chance of a binary logit choice."""
    chance: Floats = 1.0 / (1.0 + np.exp(-utility))
    return chance


class Talk:
    """Posts and follows of the households that are asked, from eight draws each."""

    _POST, _SUBJECT, _WORDS, _LOOK, _FOLLOW = 0, 1, slice(2, 6), 6, 7

    def __init__(
        self,
        view: View,
        seen: Perception,
        felt: Pressure,
        choice: ChoiceSpec,
        uniforms: Floats,
    ) -> None:
        self._view, self._seen, self._felt, self._choice = view, seen, felt, choice
        self._u = uniforms

    def add_to(self, doing: list[list[Action]]) -> None:
        """Add posts and follows to what the households do."""
        for k in np.flatnonzero(self._u[:, self._POST] < self.post_chance()).tolist():
            doing[k].append(act.Publish(self._text(k)))
        look = self._choice.follow.look.value
        for k in np.flatnonzero(self._u[:, self._LOOK] < look).tolist():
            doing[k] += self._follow(k)

    def post_chance(self) -> Floats:
        """Return each household's chance of writing a post in this step: (r,)."""
        town, rows, terms = self._view.town, self._seen.rows, self._choice.post
        recollection, lately = town.recollection, town.lately
        shown = {
            domain: not recollection.hides(domain)
            for domain in ("purchases", "prices", "crowding", "rejections")
        }
        utility = (
            terms.constant.value
            + terms.bought.value * (lately.bought[rows] > 0) * shown["purchases"]
            + terms.price.value * (recollection.price_change[rows] != 0) * shown["prices"]
            + terms.crowd.value * np.maximum(recollection.met[rows], 0) * shown["crowding"]
            + terms.rejected.value * (lately.rejected[rows] > 0) * shown["rejections"]
            + terms.stress.value * self._felt.overall_in("social")
            + terms.money.value * self._felt.of("money", "social")
        )
        return logistic(utility)

    def _text(self, k: int) -> str:
        subjects = self._subjects(k)
        chosen = subjects[min(int(self._u[k, self._SUBJECT] * len(subjects)), len(subjects) - 1)]
        return compose(chosen, self._u[k, self._WORDS])

    def _subjects(self, k: int) -> list[Subject]:
        """Return what household ``k`` may write about: its last step, what it feels, the day."""
        town, i = self._view.town, int(self._seen.rows[k])
        common = {
            "hour": part_of_day(self._view.hour),
            "x": str(int(town.space.x[i])),
            "y": str(int(town.space.y[i])),
            "walked": str(round(float(self._seen.walked[k]))),
        }
        found = self._experiences(i) + self._prices(i) + self._crowds(i) + self._feelings(k)
        found = found or [Subject("idle", {})]
        return [Subject(one.kind, {**common, **one.details}) for one in found]

    def _experiences(self, i: int) -> list[Subject]:
        """Return subjects from the last step's records of the household."""
        found = []
        for table, row in self._view.town.memory.last_records(i):
            if table == "sales":
                details = {"item": row.item, "store": row.store, "price": str(row.amount)}
                found.append(Subject("bought", details))
            elif table == "rejections":
                found.append(Subject("rejected", {"reason": row.reason}))
            elif table == "consumption" and row.eaten:
                found.append(Subject("ate", {"item": row.item}))
        return found

    def _prices(self, i: int) -> list[Subject]:
        town = self._view.town
        recollection, store = town.recollection, int(self._view.standing[i])
        sign, item = int(recollection.price_change[i]), int(recollection.changed_item[i])
        if not sign or store < 0 or recollection.hides("prices"):
            return []
        details = {
            "item": town.goods.names[item],
            "store": town.who.store_names[store],
            "price": str(int(self._view.posted[store, item])),
        }
        return [Subject("dearer" if sign > 0 else "cheaper", details)]

    def _crowds(self, i: int) -> list[Subject]:
        town, store = self._view.town, int(self._view.standing[i])
        met = int(town.recollection.met[i])
        if store < 0 or met < 0 or town.recollection.hides("crowding"):
            return []
        details = {"store": town.who.store_names[store], "count": str(met)}
        return [Subject("crowded" if met >= _CROWD else "quiet", details)]

    def _feelings(self, k: int) -> list[Subject]:
        levels = {name: float(level[k]) for name, level in self._felt.levels.items()}
        return [
            Subject("stress", {"feeling": FEELINGS.get(name, name)})
            for name, level in levels.items()
            if level >= _FEELING
        ]

    def _follow(self, k: int) -> list[Action]:
        """Follow who is suggested if relevant, in place of the least relevant if need be."""
        view, i = self._view, int(self._seen.rows[k])
        town, names = view.town, view.town.who.names
        for other in view.suggestions(i):
            terms = self._choice.follow
            utility = terms.constant.value + terms.relevance.value * self.relevance(i, other)
            if self._u[k, self._FOLLOW] >= float(logistic(np.float64(utility))):  # type: ignore[arg-type]
                continue
            followed = [j for j in town.graph.chosen(i) if j < town.who.households]
            replaced: list[Action] = []
            if other < town.who.households and len(followed) >= town.graph.follow_cap:
                worst = min(followed, key=lambda j: self.relevance(i, j))
                replaced = [act.Unfollow(names[worst])]
            return [*replaced, act.Follow(names[other])]
        return []

    def relevance(self, i: int, author: int) -> int:
        """Return how many recent posts of an author are about a store or item that i knows."""
        town = self._view.town
        known: Any = town.recollection.store[i]
        owned = town.holdings()[i] > 0
        recent = [p for p in town.posts.recent[author].tolist() if p >= 0]
        return sum(
            bool((known == town.topics.store[p]).any() and town.topics.store[p] >= 0)
            or bool((town.topics.items[p] > 0)[owned].any())
            for p in recent
        )
