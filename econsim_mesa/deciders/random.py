"""The random decider: uniform over what is legal; the control that coherence checks must fail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, TypeVar

from econsim_mesa.scenario.naming import Names
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society import actions as act
from econsim_mesa.society.actions import Action, Decision
from econsim_mesa.society.observation import HouseholdObservation, StoreObservation
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.rng import Floats
from econsim_mesa.society.view import View

_T = TypeVar("_T")
_WORDS = (
    "blue", "stone", "walks", "pizza", "seven", "quietly", "lamp", "rice", "river", "good",
    "bad", "soup", "under", "paper", "sings", "terrible", "wonderful", "bread", "window", "of",
)  # fmt: skip
_LONGEST_SLEEP = 8
_MOST = 3
"""Most units of an order or a meal, and most steps that an order stays open."""


class _Luck:
    """The uniforms of one agent, used one after the other."""

    def __init__(self, uniforms: Floats) -> None:
        self._left: Iterator[float] = iter(uniforms.tolist())

    def below(self, n: int) -> int:
        """Return a whole number 0 .. n - 1."""
        return min(int(next(self._left) * n), n - 1)

    def pick(self, choices: Sequence[_T]) -> _T:
        """Return one of some choices."""
        return choices[self.below(len(choices))]


class Random:
    """Does something legal, whatever it sees; one kind of action a step.

    The kind is drawn uniformly among nothing and all kinds that are legal now, then its details
    uniformly among what is legal.
    """

    name: ClassVar[str] = "random"

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._households = frozenset(Names.of(scenario).households)

    def decide(self, requests: Requests) -> list[Decision]:
        """Return one decision for each request, in the same order."""
        return [one for part in requests.split() for one in self._decide(part)]

    def _decide(self, requests: Requests) -> list[Decision]:
        """Decide for households only, or for stores only."""
        if not len(requests):
            return []
        view, households = requests.view, requests[0].kind == "Household"
        drawn = self._draw(view, households=households)
        first = 0 if households else view.town.who.households
        decided = []
        for request in requests:
            luck = _Luck(drawn[request.agent - first])
            seen = request.observation()
            legal = (
                self._household(seen)
                if isinstance(seen, HouseholdObservation)
                else self._store(seen)
            )
            made = self._make(luck.pick(["", *legal]), view, seen, luck)
            decided.append(Decision(made, decider=self.name))
        return decided

    def _draw(self, view: View, *, households: bool) -> Floats:
        who = view.town.who
        kind, n = ("Household", who.households) if households else ("Store", who.stores)
        return view.town.streams.uniforms("random.acts", view.t, kind, n)

    def _household(self, seen: HouseholdObservation) -> list[str]:
        """Return the verbs of what a household may legally do."""
        legal = {
            "sleep_hours": seen.at_home,
            "move_to": True,
            "order": bool(self._affordable(seen)),
            "propose": bool(seen.nearby) and (bool(seen.goods) or seen.cash > 0),
            "react": bool(seen.offers),
            "eat": bool(self._food(seen)),
            "post": True,
            "follow": bool(self._suggested(seen)),
            "unfollow": bool(self._chosen(seen)),
        }
        return [verb for verb, possible in legal.items() if possible]

    def _store(self, seen: StoreObservation) -> list[str]:
        return ["set_prices", "post", *(["react"] if seen.orders else [])]

    def _food(self, seen: HouseholdObservation) -> list[tuple[str, int]]:
        items = self._scenario.items
        return [(item, held) for item, held in seen.goods if items[item].nutrition > 0]

    def _chosen(self, seen: HouseholdObservation) -> list[str]:
        scripted = {getattr(event, "author", None) for event in self._scenario.events}
        stores = {name for _, name, _ in self._scenario.agents.stores()}
        return [name for name in seen.follows if name not in scripted - stores]

    def _affordable(self, seen: HouseholdObservation) -> list[tuple[str, int]]:
        """Return what is in stock and can be paid, with the most whole units, at most 3."""
        found = []
        for item, price, quantity in seen.here.shelves if seen.here is not None else ():
            stock = quantity // 10 ** self._scenario.items[item].decimals
            most = min(stock, _MOST, seen.cash // price if price else _MOST)
            if most > 0:
                found.append((item, most))
        return found

    def _suggested(self, seen: HouseholdObservation) -> list[str]:
        """Return whom it may follow: no household more once the cap is reached."""
        full = sum(self._is_household(name) for name in seen.follows)
        if full < self._scenario.social.follow_cap:
            return list(seen.suggestions)
        return [name for name in seen.suggestions if not self._is_household(name)]

    def _is_household(self, name: str) -> bool:
        return name in self._households

    def _make(
        self, verb: str, view: View, seen: HouseholdObservation | StoreObservation, luck: _Luck
    ) -> tuple[Action, ...]:
        """Return the action of a verb with details drawn; none for the empty verb."""
        if not verb:
            return ()
        if verb == "post":
            return (act.Publish(" ".join(luck.pick(_WORDS) for _ in range(5 + luck.below(6)))),)
        if isinstance(seen, StoreObservation):
            return (self._store_action(verb, seen, luck),)
        return (self._household_action(verb, view, seen, luck),)

    def _store_action(self, verb: str, seen: StoreObservation, luck: _Luck) -> Action:
        if verb == "react":
            return act.React(luck.pick(seen.orders).id, accept=bool(luck.below(2)))
        item, price = luck.pick(seen.base_prices)
        return act.SetPrice(item, luck.below(2 * price + 1))

    def _household_action(
        self, verb: str, view: View, seen: HouseholdObservation, luck: _Luck
    ) -> Action:
        if verb == "sleep_hours":
            return act.Sleep(1 + luck.below(_LONGEST_SLEEP))
        if verb == "move_to":
            return act.MoveTo(self._place(view, seen, luck))
        if verb == "order" and seen.here is not None:
            item, most = luck.pick(self._affordable(seen))
            units = (1 + luck.below(most)) * 10 ** self._scenario.items[item].decimals
            return act.PlaceOrder(seen.here.name, item, units, 1 + luck.below(_MOST))
        if verb == "propose":
            return self._proposal(seen, luck)
        if verb == "react":
            return act.React(luck.pick(seen.offers).id, accept=bool(luck.below(2)))
        if verb == "eat":
            item, held = luck.pick(self._food(seen))
            return act.Eat(item, min(self._units(item, luck), held))
        if verb == "follow":
            return act.Follow(luck.pick(self._suggested(seen)))
        return act.Unfollow(luck.pick(self._chosen(seen)))

    def _place(self, view: View, seen: HouseholdObservation, luck: _Luck) -> str:
        """Return home, a store or an open cell, each sort with the same chance; open ones only."""
        closed, grid, sort = view.town.space.closed, self._scenario.grid, luck.below(3)
        stores = [store.name for store in seen.stores if not closed[store.x, store.y]]
        here = f"{seen.x},{seen.y}"
        if sort == 0:
            return here if closed[seen.home] else "home"
        if sort == 1 and stores:
            return luck.pick(stores)
        x, y = luck.below(grid.width), luck.below(grid.height)
        return here if closed[x, y] else f"{x},{y}"

    def _units(self, item: str, luck: _Luck) -> int:
        """Return 1 to 3 whole units, in smallest ones."""
        return int((1 + luck.below(_MOST)) * 10 ** self._scenario.items[item].decimals)

    def _proposal(self, seen: HouseholdObservation, luck: _Luck) -> Action:
        currency = self._scenario.currency.name
        owned = [*seen.goods, *([(currency, seen.cash)] if seen.cash else [])]
        give, held = luck.pick(owned)
        wanted = [name for name in (currency, *self._scenario.items) if name != give]
        to, take = luck.pick(seen.nearby), luck.pick(wanted)
        quantity = 1 + luck.below(min(held, 1000))
        ttl, number = 1 + luck.below(_MOST), 1 + luck.below(_MOST)
        return act.Propose(to, give, quantity, take, number, ttl)
