"""An observation shows what an agent may see, of a state that does not move while all decide."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import numpy as np
import pytest
from towns import Script, make, put, village

from econsim_mesa.domains.economy.actions import PlaceOrder, Propose
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.prompts import render
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.society.action import Decision
from econsim_mesa.society.domain import Domain
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.section import Section, listed
from econsim_mesa.society.view import View
from econsim_mesa.society.wording import Wording


class Looks(Script):
    """Keeps every observation."""

    def __init__(self, acts: Any = None) -> None:
        super().__init__(acts)
        self.seen: dict[tuple[int, str], Any] = {}

    def decide(self, requests: Any) -> list[Decision]:
        for request in requests:
            seen = request.observation()
            self.seen[seen.t, seen.name] = seen
        return super().decide(requests)


def look(
    acts: Any = None, places: Any = None, steps: int = 2, **changes: Any
) -> tuple[Looks, EconModel]:
    eyes = Looks(acts)
    model = make(village(**changes), decider=eyes)
    if places:
        put(model, places)
    for _ in range(steps):
        model.step()
    return eyes, model


def test_a_household_sees_where_it_is_what_it_has_and_who_is_near() -> None:
    eyes, model = look({}, {0: (1, 1), 1: (1, 1), 2: (2, 2), 3: (5, 5)}, steps=1)
    seen = eyes.seen[0, "H0"]
    place, here = seen.mobility, seen.economy.here
    assert (seen.kind, seen.time, seen.economy.cash) == ("Household", "2026-01-05T00:00", 1000)
    assert (place.x, place.y, place.home) == (1, 1, model.households[0].home)
    assert (place.nearby, place.around) == (("H1",), 2)
    assert (here.name, here.kind, here.crowd) == ("Cafe", "Restaurant", 1)
    assert [tuple(shelf) for shelf in here.shelves] == [("Pie", 100, 9), ("Tea", 20, 9)]
    (shop,) = seen.economy.stores
    assert (shop.name, shop.distance, shop.visited, shop.crowd) == ("Shop", 3, -1, -1)
    assert tuple(shop.shelves[0]) == ("Bread", 50, -1)
    assert list(seen.social.follows) == model.households[0].follows


def test_around_uses_the_radius_of_the_stressor() -> None:
    places = {0: (0, 0), 1: (0, 0), 2: (2, 2), 3: (5, 5)}
    for radius, count in ((1, 1), (2, 2), (5, 3)):
        eyes, _ = look({}, places, 1, stress={"stressors": {"congestion": {"radius": radius}}})
        assert eyes.seen[0, "H0"].mobility.around == count


def test_a_visited_store_is_remembered_as_it_was() -> None:
    cheaper = {"type": "price_change", "item": "Pie", "to": 1, "when": {"at": 4}}
    acts = {1: {"H0": (MoveTo("5,5"),)}}
    eyes, _ = look(acts, {0: (1, 1), 1: (1, 1)}, steps=6, events=[cheaper])
    assert tuple(eyes.seen[5, "H1"].economy.here.shelves[0]) == ("Pie", 1, 9)
    known = {store.name: store for store in eyes.seen[5, "H0"].economy.stores}
    assert (known["Cafe"].visited, known["Cafe"].crowd) == (0, 1)
    assert tuple(known["Cafe"].shelves[0]) == ("Pie", 100, -1)


def test_nobody_sees_what_others_do_in_the_same_step() -> None:
    acts = {
        0: {"H0": (Publish("hello"), PlaceOrder("Cafe", "Pie", 3, 1)),
            "H1": (PlaceOrder("Cafe", "Pie", 3, 1),)},
    }  # fmt: skip
    eyes, _ = look(acts, {0: (1, 1), 1: (1, 1)}, social__discovery=3)
    for name in ("H0", "H1", "H2"):
        assert eyes.seen[0, name].social.posts == ()
    assert [shelf.quantity for shelf in eyes.seen[0, "H1"].economy.here.shelves] == [9, 9]
    assert [shelf.quantity for shelf in eyes.seen[1, "H1"].economy.here.shelves] == [3, 9]
    (post,) = eyes.seen[1, "H1"].social.posts
    assert (post.author, post.age_steps, post.text, post.id) == ("H0", 1, "hello", 0)
    assert eyes.seen[1, "H0"].social.posts == ()
    assert dict(eyes.seen[1, "H1"].economy.goods) == {"Pie": 3}


def test_offers_destination_and_feelings_are_shown() -> None:
    acts = {0: {"H0": (Propose("H1", "coin", 5, "Tea", 1, 3),), "H2": (MoveTo("Shop"),)}}
    eyes, _ = look(acts, {0: (2, 2), 1: (2, 2), 2: (0, 0)},
                   stress={"stressors": {"congestion": {"target": 0.5, "radius": 5}},
                           "threshold": 1.0})  # fmt: skip
    (offer,) = eyes.seen[1, "H1"].economy.offers
    assert tuple(offer)[1:] == ("H0", "coin", 5, "Tea", 1)
    assert eyes.seen[1, "H2"].mobility.destination == "Shop"
    (feeling,) = eyes.seen[1, "H0"].feelings
    assert feeling.name == "congestion"
    assert feeling.level == 100
    assert eyes.seen[0, "H0"].feelings == ()


@pytest.mark.parametrize("change", [{"mode": "off"}, {"hide": ["congestion"]}])
def test_stress_that_is_off_or_hidden_is_not_shown(change: Any) -> None:
    stress = {"stressors": {"congestion": {"target": 0.5, "radius": 5}, "hunger": {}},
              "threshold": 1.0, **change}  # fmt: skip
    eyes, model = look({}, None, 3, stress=stress)
    assert model.town.stress.own[:, 0].min() > 50
    for (t, _), seen in eyes.seen.items():
        assert "congestion" not in [one.name for one in seen.feelings], t
        if "mode" in change:
            assert seen.feelings == ()


def test_a_store_sees_its_shelves_and_the_orders_that_wait_for_it() -> None:
    acts = {t: {"H0": (PlaceOrder("Cafe", "Pie", 20, 5),)} for t in (0,)}
    for acceptance, waiting in (("decide", 1), ("auto", 0)):
        data = village()
        data["agents"]["Restaurant"]["Cafe"]["acceptance"] = acceptance
        eyes, households = Looks(), Script(acts)
        model = make(data, decider=households)
        cafe = model.town.roster.store_number(0)
        model.scheduler.parts = [*_households(model), (eyes, np.array([cafe]))]
        put(model, {0: (1, 1)})
        for _ in range(2):
            model.step()
        seen = eyes.seen[1, "Cafe"]
        assert seen.kind == "Restaurant"
        assert (seen.economy.visitors, len(seen.economy.orders)) == (1, waiting)
        assert [tuple(good) for good in seen.economy.base_prices] == [("Pie", 100), ("Tea", 20)]
        if waiting:
            assert tuple(seen.economy.orders[0]) == (0, "H0", "Pie", 20, 100)


def _households(model: EconModel) -> Any:
    n = model.town.roster.households
    return [(one, agents[agents < n]) for one, agents in model.scheduler.parts
            if (agents < n).any()]  # fmt: skip


def test_observations_cannot_be_changed() -> None:
    eyes, _ = look({}, None, 1)
    seen = eyes.seen[0, "H0"]
    for part, name in ((seen, "t"), (seen.economy, "cash")):
        with pytest.raises(FrozenInstanceError):
            setattr(part, name, 3)
    with pytest.raises(TypeError):
        seen.sections["economy"] = None


@dataclass(frozen=True)
class Weather(Section):
    """What everybody is shown by a domain of a user's own."""

    forecasts: tuple[str, ...]

    def lines(self, listing: Listing, wording: Wording) -> list[str]:
        return [f"[weather] {', '.join(listed(self.forecasts, listing))}"]


class Sky(Domain):
    """Shows households and stores the same."""

    name = "sky"

    def observe(self, view: View, household: int) -> Weather:
        return Weather(("sun", "rain"))

    def observe_store(self, view: View, store: int) -> Weather:
        return Weather((f"rain at store {store}",))


def test_a_domain_shows_households_and_stores_something() -> None:
    model = make(village(llm={"listing": "alphabetical"}), decider="idle")
    model.town.domains["sky"] = Sky(model.town, None)
    household, store = Requests(model.look(), [0, model.town.roster.store_number(1)])
    assert household.observation().sky.forecasts == ("sun", "rain")
    text = render(household).user
    assert text.index("[social]") < text.index("\n[weather] rain, sun")
    assert render(store).user.endswith("\n[weather] rain at store 1")


def test_what_no_domain_shows_is_named_with_the_nearest_that_does() -> None:
    eyes, _ = look({}, None, 1)
    with pytest.raises(AttributeError, match="no 'econmy'; did you mean 'economy'"):
        _ = eyes.seen[0, "H0"].econmy
