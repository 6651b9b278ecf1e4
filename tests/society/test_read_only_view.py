"""What a decider is handed only reads: whatever it tries, the town stays as it is."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import date, time, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel
from towns import parsed, put, village

from econsim_mesa import EconModel
from econsim_mesa.deciders.random import Random
from econsim_mesa.deciders.utility import Utility
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.scenario.base import ReadOnlyDict
from econsim_mesa.scenario.registry import own_registrations
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.scenario.user_files import import_file
from econsim_mesa.society.action import Decision
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.town import Town

LIBRARY = Path(__file__).parents[1] / "plugins" / "library" / "library.py"
PLAIN = str | bytes | int | float | bool | None | np.generic | date | time | timedelta | Enum | type


def market() -> dict[str, Any]:
    """Return a village whose café answers each order."""
    return village(steps=12, agents__Restaurant__Cafe__acceptance="decide")


def with_library() -> dict[str, Any]:
    """Return a village with a lending library."""
    data = village(steps=12)
    data["items"]["Book"] = {"price": 10}
    data["library"] = {"at": [2, 2]}
    return data


TOWNS: dict[str, Callable[[], Any]] = {
    **{name: name.__str__ for name in ("pizza_place", "pizza_place_published", "two_towns")},
    "crowd": lambda: "crowd",
    "market": lambda: parsed(market()),
    "library": lambda: parsed(with_library()),
}


class Reach:
    """All that can be reached by public names from an object, with the way to it."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self._seen: dict[int, Any] = {}

    def walk(self, value: Any, way: str) -> None:
        """Look at an object and at all that can be reached from it."""
        if isinstance(value, PLAIN) or id(value) in self._seen:
            return
        self._seen[id(value)] = value
        if isinstance(value, np.ndarray):
            self._array(value, way)
        elif isinstance(value, Mapping):
            self._mapping(value, way)
        elif isinstance(value, list | bytearray) or (
            isinstance(value, Set) and not isinstance(value, frozenset)
        ):
            self.faults.append(f"{way} is a {type(value).__name__}, which can be changed")
        elif callable(value):
            self._call(value, way)
        else:
            self._object(value, way)

    def _array(self, array: Any, way: str) -> None:
        try:
            array.flags.writeable = True
        except ValueError:
            return
        self.faults.append(f"{way} is an array that can be made writeable")

    def _mapping(self, mapping: Mapping[Any, Any], way: str) -> None:
        try:
            mapping["new"] = 1  # type: ignore[index]
        except TypeError:
            for key, value in mapping.items():
                self.walk(value, f"{way}[{key!r}]")
        else:
            self.faults.append(f"{way} is a mapping that can be changed")

    def _call(self, method: Any, way: str) -> None:
        try:
            answer = method()
        except TypeError:
            return  # it needs arguments
        if isinstance(answer, np.ndarray):
            self.walk(answer, f"{way}()")  # a list or dict is made anew: nobody else reads it

    def _object(self, value: Any, way: str) -> None:
        for name in public_names(value):
            self.walk(getattr(value, name), f"{way}.{name}")
            try:
                setattr(value, name, None)
            except (AttributeError, TypeError, ValueError):
                continue
            self.faults.append(f"{way}.{name} can be set")
        if isinstance(value, Sequence) and not isinstance(value, Requests):
            for place, part in enumerate(value):
                self.walk(part, f"{way}[{place}]")


def public_names(value: Any) -> Iterator[str]:
    """Yield the public names of an object; of a model or a tuple its own."""
    known = next(
        (base for base in (BaseModel, tuple, frozenset) if isinstance(value, base)), object
    )
    yield from (name for name in dir(value) if name[0] != "_" and not hasattr(known, name))


def look(requests: Requests) -> list[str]:
    """Look at all that can be reached from a batch; return what can be changed."""
    reach = Reach()
    reach.walk(requests, "requests")
    for place in (0, len(requests) - 1):
        reach.walk(requests[place], f"requests[{place}]")
    return reach.faults


class Prying:
    """Looks at all that it can reach, and calls all that takes no argument; then idles."""

    name = "prying"

    def __init__(self, at: int) -> None:
        self.at, self.town = at, None
        self.faults: list[str] | None = None
        self.changed = False

    town: Town | None

    def decide(self, requests: Requests) -> list[Decision]:
        """Return an order a household, or what one sees fit."""
        if requests.view.t == self.at:
            assert self.town is not None
            look(requests)  # what is made when it is first read is made now
            before = state_of(self.town)
            self.faults = look(requests)
            self.changed = before != state_of(self.town)
        return [Decision((PlaceOrder("Cafe", "Pie", 1, 4),)) for _ in requests]


def state_of(town: Town) -> list[bytes]:
    """Return the state of a town, part by part."""
    space, memory = town.mobility.space, town.visit_memory
    parts: list[Any] = [
        town.t,
        town.clock,
        town.scenario.model_dump(),
        town.ledger.balances,
        town.economy.prices,
        town.economy.market,
        town.economy.swaps,
        town.economy.discounts,
        sorted(town.social.graph.graph.edges),
        town.social.graph.following,
        town.social.posts,
        town.social.topics,
        town.social.recommender,
        [space.x, space.y, space.home_x, space.home_y, space.destination, space.closed],
        memory,
        [town.memory.recall(agent) for agent in range(town.roster.households)],
        town.stress.own,
        town.body.sleep,
        town.personas,
        town.records.rows,
        dict(town.outcomes),
        dict(town.previous_outcomes),
        sorted(town.streams.drawn()),
        [vars(domain) for domain in town.domains.values()],
    ]
    return [pickle.dumps(part) for part in parts]


@pytest.fixture(scope="module", autouse=True)
def library() -> Iterator[None]:
    """Know the domain of a user's own."""
    with own_registrations():
        import_file(LIBRARY)
        yield


@pytest.mark.parametrize("name", TOWNS)
def test_nothing_that_a_decider_can_reach_changes_the_town(name: str) -> None:
    decider = Prying(at=2)
    model = EconModel(TOWNS[name](), seed=2, decider=decider)
    decider.town = model.town
    for _ in range(4):
        model.step()
    assert decider.faults is not None
    assert not decider.faults, "\n".join(decider.faults or ())
    assert not decider.changed


def test_a_fault_is_seen() -> None:
    class Leak:
        def __init__(self) -> None:
            self.array, self.dict, self.list, self.set = np.zeros(3), {"a": 1}, [1], {2}
            self.inside = (ReadOnlyDict({"a": [1]}),)

    reach = Reach()
    reach.walk(Leak(), "leak")
    text = "\n".join(reach.faults)
    for way in ("leak.array is", "leak.dict is", "leak.list is", "leak.set is", "leak.array can"):
        assert way in text
    assert "leak.inside[0]['a'] is a list" in text


ATTEMPTS: dict[str, Callable[[Any], Any]] = {
    "the town": lambda requests: requests.view.town,
    "who is asked": lambda requests: requests.agents.append(3),
    "another batch": lambda requests: setattr(requests, "agents", (3,)),
    "the step": lambda requests: setattr(requests.view, "t", 9),
    "the ledger": lambda requests: requests.view.balances.__setitem__((0, 0), 10**6),
    "the ledger's method": lambda requests: requests.view.ledger.transfer(1, 0, 0, 5),
    "cash": lambda requests: requests.view.economy.cash.__setitem__(0, 10**6),
    "a flag": lambda requests: requests.view.economy.cash.setflags(write=True),
    "stock": lambda requests: requests.view.economy.stock.fill(0),
    "posted prices": lambda requests: requests.view.posted.__setitem__((0, 0), 1),
    "base prices": lambda requests: requests.view.economy.base_price.__setitem__((0, 0), 1),
    "a price": lambda requests: requests.view.economy.prices.set_base(0, 0, 1),
    "goods": lambda requests: setattr(requests.view.economy.goods, "price", None),
    "an order": lambda requests: setattr(requests.view.economy.orders(0)[0], "answer", True),
    "the orders": lambda requests: requests.view.economy.orders(0).clear(),
    "the market": lambda requests: requests.view.economy.market,
    "the graph": lambda requests: requests.view.social.graph.follow(0, 1),
    "who follows": lambda requests: requests.view.social.graph.following.sort(),
    "a post": lambda requests: requests.view.social.posts.append(1, 0, "Free pies!"),
    "what posts say": lambda requests: requests.view.social.topics.valence.fill(1.0),
    "timelines": lambda requests: requests.view.feed.fill(-1),
    "memory": lambda requests: requests.view.memory.write(0, 1, "I own the town."),
    "visits": lambda requests: requests.view.visit_memory.last_meal.fill(0),
    "the reach of memory": lambda requests: setattr(requests.view.visit_memory, "steps", 0),
    "stress": lambda requests: requests.view.stress.configure(mode="off"),
    "what is felt": lambda requests: requests.view.felt.levels.fill(0.0),
    "places": lambda requests: requests.view.mobility.x.fill(0),
    "a move": lambda requests: requests.view.mobility.place([0], [1], [1], 1),
    "destinations": lambda requests: requests.view.mobility.destination.fill(0),
    "streams": lambda requests: requests.view.streams.draw_again(set()),
    "luck": lambda requests: requests.view.uniforms("choice.acts").fill(0.5),
    "outcomes": lambda requests: requests.view.last_outcomes["ate"].fill(1),
    "the clock": lambda requests: setattr(requests.view.clock, "step_minutes", 1),
    "names": lambda requests: requests.view.roster.number.update({"H0": 3}),
    "kinds": lambda requests: requests.view.roster.kinds.__setitem__(0, "Government"),
    "personas": lambda requests: requests.view.personas.levels.fill(0),
    "a setting": lambda requests: setattr(requests.view.scenario, "steps", 1),
    "settings in a mapping": lambda requests: requests.view.scenario.items.pop("Pie"),
    "a domain": lambda requests: requests.view.domains["library"].fill(0),
    "another domain": lambda requests: requests.view.domains.clear(),
}


class Trying(Prying):
    """Tries to change the town in one way, in each step from step 2 on."""

    def __init__(self, attempt: Callable[[Any], Any]) -> None:
        super().__init__(at=-1)
        self.attempt, self.tries = attempt, 0

    def decide(self, requests: Requests) -> list[Decision]:
        """Return an order a household."""
        if requests.view.t >= 2:
            with pytest.raises((AttributeError, TypeError, ValueError)):
                self.attempt(requests)
            self.tries += 1
        return super().decide(requests)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_attempt_to_change_the_town_is_refused(attempt: str) -> None:
    data = with_library()
    data["agents"]["Restaurant"]["Cafe"] |= {"acceptance": "decide", "at": [2, 2]}
    data["agents"]["Household"]["persona"] = {}
    decider = Trying(ATTEMPTS[attempt])
    model = EconModel(parsed(data), seed=2, decider=decider)
    put(model, dict.fromkeys(range(4), (2, 2)))
    while model.running and model.town.t < 4:
        model.step()
    assert decider.tries == 3


@pytest.mark.parametrize("kind", [Utility, Random])
def test_a_town_under_prying_eyes_is_the_same_town(kind: type) -> None:
    class Looking(kind):  # type: ignore[misc]
        """Decides as its base does, but looks at everything first."""

        def decide(self, requests: Requests) -> list[Decision]:
            look(requests)
            decided: list[Decision] = super().decide(requests)
            return decided

    rows = []
    for decider in (kind, Looking):
        scenario: Scenario = parsed(village(steps=10))
        model = EconModel(scenario, seed=5, decider=decider(scenario))
        rows.append([])
        while model.running:
            model.step()
            rows[-1].append(pickle.dumps(model.town.records.rows))
    assert rows[0] == rows[1]
