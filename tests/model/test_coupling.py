"""The three domains act on one another, one arrow at a time, in the embedded decider.

Each test looks at the same moment of two towns, or of one town with one thing changed, and
compares the chances of each plan and of writing a post.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from econsim_mesa.decision.utility import Utility
from econsim_mesa.decision.utility.basket import item_utilities
from econsim_mesa.decision.utility.perception import Perception
from econsim_mesa.decision.utility.plans import BUY, EAT, GO, HOME, SLEEP, STAY, utilities
from econsim_mesa.decision.utility.talk import post_chance
from econsim_mesa.economy import WORLD
from econsim_mesa.model import EconModel
from econsim_mesa.observation import View, observe
from econsim_mesa.observation.household import observe_household
from econsim_mesa.rng import Floats
from econsim_mesa.town.town import Town

STEPS = 30
PLACE, MART = 0, 1


class Moment:
    """What every household of a model weighs at the start of its next step."""

    def __init__(self, model: EconModel, change: Callable[[View], View] = lambda view: view):
        decider = Utility(model.config)
        model.town.begin(model.town.t + 1)
        model._wake_and_happen()
        self.town = model.town
        self.view = change(observe(model.town))
        self.facts = decider.facts(self.view)
        self.weigh(decider.perceive(self.view, np.arange(len(model.households))))

    def weigh(self, seen: Perception) -> None:
        self.seen = seen
        self.utility = utilities(seen, self.facts)
        self.chance = chances(self.utility)
        self.posting = post_chance(seen, self.facts)
        self.items = item_utilities(seen, self.facts)

    def but(self, **columns: Any) -> Moment:
        """The same moment, if households knew or felt something else."""
        other = object.__new__(Moment)
        other.town, other.view, other.facts = self.town, self.view, self.facts
        other.weigh(replace(self.seen, **columns))
        return other

    def felt(self, level: float, *names: str) -> Moment:
        """The same moment, if everybody felt a level of some stressors (all unless named)."""
        levels = {
            name: np.full_like(old, level) if name in names or not names else old
            for name, old in self.seen.levels.items()
        }
        overall = self.seen.overall if names else np.full_like(self.seen.overall, level)
        return self.but(levels=levels, overall=overall)


def chances(utility: Floats) -> Floats:
    weights = np.exp(utility - utility.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def lived(name: str = "pizza_place", steps: int = STEPS, **options: Any) -> EconModel:
    """A model in the middle of its run."""
    model = EconModel(name, seed=2, **options)
    for _ in range(steps):
        model.step()
    return model


def visitors(moment: Moment) -> Any:
    """Households that stand at a store and may buy there."""
    return np.isfinite(moment.utility[:, BUY])


def at_a_store(model: EconModel) -> EconModel:
    """Put the first ten households into the restaurant and the next ten into the shop."""
    cells = model.town.store_cells
    xs = np.array([cells[k // 10][0] for k in range(20)])
    ys = np.array([cells[k // 10][1] for k in range(20)])
    model.town.space.place(np.arange(20), xs, ys, model.town.t)
    return model


def changed(one: Floats, other: Floats) -> Any:
    """Rows in which two arrays differ."""
    return (~np.isclose(one, other, rtol=0, atol=1e-12, equal_nan=True)).reshape(
        len(one), -1
    ).any(axis=1)  # fmt: skip


# Talk acts on going and buying


def test_a_post_in_one_timeline_moves_its_reader_and_nobody_else() -> None:
    reader, text = 7, "Pizza Place is wonderful, I love the pizza!"
    plain = Moment(lived())

    def inject(view: View) -> View:
        town = view.town
        post = town.posts.append(view.t - 1, 12, text)
        town.topics.read(post, -1, text, view.t - 1)
        feed = view.feed.copy()
        feed[reader] = -1
        feed[reader, 0] = post
        return replace(view, feed=feed)

    quiet = Moment(lived(), lambda view: replace(view, feed=_without(view.feed, reader)))
    loud = Moment(lived(), inject)
    moved = changed(quiet.chance, loud.chance)
    assert moved.tolist() == [i == reader for i in range(30)]
    assert not changed(plain.chance, loud.chance)[~moved].any()
    difference = loud.utility[reader, GO + PLACE] - quiet.utility[reader, GO + PLACE]
    assert difference > 0.1


def _without(feed: Any, row: int) -> Any:
    feed = feed.copy()
    feed[row] = -1
    return feed


def test_praise_draws_more_than_blame() -> None:
    def reading(text: str, author: int = 30 + PLACE) -> Moment:
        def inject(view: View) -> View:
            post = view.town.posts.append(view.t - 1, author, text)
            own = author - view.town.who.households
            view.town.topics.read(post, own, text, view.t - 1)
            return replace(view, feed=np.full_like(view.feed[:, :1], post))

        return Moment(at_a_store(lived()), inject)

    praise = reading("I love Pizza Place, the pizza is wonderful!")
    blame = reading("I hate Pizza Place, the pizza is horrible!")
    assert (praise.seen.talk_store[:, PLACE] > blame.seen.talk_store[:, PLACE]).all()
    go = np.isfinite(praise.utility[:, GO + PLACE])
    assert (praise.chance[go, GO + PLACE] > blame.chance[go, GO + PLACE]).all()
    here = visitors(praise) & (praise.seen.standing == PLACE)
    assert here.any()
    assert (praise.utility[here, BUY] > blame.utility[here, BUY]).all()
    assert (praise.items[:10, 1] > blame.items[:10, 1])[np.isfinite(praise.items[:10, 1])].all()


def test_what_somebody_posts_reaches_followers_in_the_next_step_only() -> None:
    options = {"set": {"social.discovery": 0}}
    quiet, loud = lived(**options), lived(**options)
    author = max(range(30), key=lambda i: len(loud.town.graph.followers(i)))
    loud.town.publish(author, "Everybody come to Daily Mart, great Salad!")
    silence, noise = Moment(quiet), Moment(loud)
    newest = loud.town.posts.count - 1
    readers = (noise.view.feed == newest).any(axis=1)
    assert readers.tolist() == [i in loud.town.graph.followers(author) for i in range(30)]
    assert readers.any()
    assert not readers.all()
    moved = changed(silence.chance, noise.chance)
    assert not moved[~readers].any()
    assert moved[readers].any()


def test_an_announced_price_counts_when_it_holds() -> None:
    def reading(text: str, author: int = 30 + PLACE) -> Moment:
        def inject(view: View) -> View:
            post = view.town.posts.append(view.t - 1, author, text)
            own = author - view.town.who.households
            view.town.topics.read(post, own, text, view.t - 1)
            return replace(view, feed=np.full_like(view.feed[:, :1], post))

        return Moment(lived(), inject)

    now = reading("Pizza 40% off at Pizza Place from 19 to 25 December")
    later = reading("Pizza 40% off at Pizza Place from 26 to 27 December")
    assert (now.seen.price[:, PLACE, 1] == 1200).all()
    assert (later.seen.price[:, PLACE, 1] == 2000).all()
    rumour = reading("Pizza 99% off at Pizza Place from 19 to 25 December", author=12)
    assert (rumour.seen.price[:, PLACE, 1] == 2000).all()  # only the store announces its prices
    go = np.isfinite(now.utility[:, GO + PLACE])
    assert (now.utility[go, GO + PLACE] > later.utility[go, GO + PLACE]).all()


# Prices, people and purses


def test_a_price_rise_keeps_from_buying_and_makes_people_talk() -> None:
    def prices_times(factor: int) -> Moment:
        model = at_a_store(lived())
        model.step()  # they see the price of today
        at_a_store(model)
        for item in np.flatnonzero(model.town.prices.sells[PLACE]).tolist():
            base = int(model.town.prices.base[PLACE, item])
            model.town.prices.set_base(PLACE, item, factor * base)
        return Moment(model)

    same, dearer = prices_times(1), prices_times(2)
    here = visitors(dearer) & (same.seen.standing == PLACE)
    assert here.sum() > 3
    assert (dearer.chance[here, BUY] < same.chance[here, BUY]).all()
    sold = np.isfinite(dearer.items) & here[:, None]
    assert (dearer.items[sold] < same.items[sold]).all()
    elsewhere = same.seen.standing != PLACE
    assert not changed(same.utility, dearer.utility)[elsewhere].any()


def test_a_price_remembered_higher_keeps_from_going() -> None:
    model = lived()
    plain = Moment(model)
    dearer = plain.but(price=plain.seen.price * np.array([1.5, 1.0])[None, :, None])
    go = np.isfinite(plain.utility[:, GO + PLACE])
    assert (dearer.chance[go, GO + PLACE] < plain.chance[go, GO + PLACE]).all()
    assert np.array_equal(dearer.utility[:, GO + MART], plain.utility[:, GO + MART])


def test_a_changed_price_and_a_refusal_and_a_purchase_make_people_post() -> None:
    plain = Moment(lived())
    n = len(plain.posting)
    calm = plain.but(price_change=np.zeros(n), rejected=np.zeros(n), bought=np.zeros(n),
                     met=np.zeros(n))  # fmt: skip
    for column in ("price_change", "rejected", "bought", "met"):
        assert (calm.but(**{column: np.ones(n)}).posting > calm.posting).all(), column
    assert (calm.but(price_change=-np.ones(n)).posting > calm.posting).all()


def test_a_crowd_met_keeps_from_going_back_and_is_talked_about() -> None:
    model = lived()
    crowd = model.town.recollection
    plain = Moment(model)
    known = (crowd.store == PLACE) & crowd.remembered(plain.view.t)
    assert known.any()
    remembered = crowd.crowd.copy()
    crowd.crowd[known] += 12
    seen = Utility(model.config).perceive(plain.view, np.arange(30))
    crowd.crowd[:] = remembered
    fuller = plain.but(crowd=seen.crowd)
    knows = known.any(axis=1) & np.isfinite(plain.utility[:, GO + PLACE])
    assert (fuller.chance[knows, GO + PLACE] < plain.chance[knows, GO + PLACE]).all()
    assert not changed(plain.chance, fuller.chance)[~known.any(axis=1)].any()
    met = plain.but(met=plain.seen.met + 9)
    assert (met.posting > plain.posting).all()
    assert np.array_equal(met.utility, plain.utility)


def test_congestion_felt_keeps_from_going_and_buying_and_sends_home() -> None:
    plain = Moment(at_a_store(lived()))
    calm, pressed = plain.felt(0.0, "congestion"), plain.felt(1.0, "congestion")
    sold = visitors(plain)
    assert (pressed.utility[sold, BUY] < calm.utility[sold, BUY]).all()
    go = np.isfinite(plain.utility[:, GO:])
    assert (pressed.utility[:, GO:][go] < calm.utility[:, GO:][go]).all()
    home = np.isfinite(plain.utility[:, HOME])
    assert (pressed.utility[home, HOME] > calm.utility[home, HOME]).all()


def test_an_empty_purse_ends_buying_and_keeps_from_going() -> None:
    def with_cash(left: int) -> Moment:
        model = at_a_store(lived(set={"events": []}))
        cash = model.town.cash().tolist()
        for i in range(20):
            change = left - cash[i]
            source, target = (i, WORLD) if change < 0 else (WORLD, i)
            model.town.ledger.transfer(source, target, 0, abs(change))
        return Moment(model)

    empty, full = with_cash(0), with_cash(90_000)
    assert np.isfinite(full.utility[:20, BUY]).all()
    assert (empty.chance[:20, BUY] == 0).all()
    assert not np.isfinite(empty.items[:20]).any()
    go = np.isfinite(full.utility[:20, GO:])
    assert (empty.utility[:20, GO:][go] < full.utility[:20, GO:][go]).all()
    poorer = full.felt(1.0, "money")
    richer = full.felt(0.0, "money")
    assert (poorer.utility[:20, BUY] < richer.utility[:20, BUY]).all()
    assert (poorer.utility[:20, GO:][go] < richer.utility[:20, GO:][go]).all()
    assert (poorer.posting < richer.posting).all()


def test_distance_walking_empty_shelves_and_a_full_pantry_keep_from_going() -> None:
    plain = Moment(lived())
    go = np.isfinite(plain.utility[:, GO:])
    for column in ("walk", "sold_out"):
        other = plain.but(**{column: getattr(plain.seen, column) + 1})
        assert (other.utility[:, GO:][go] < plain.utility[:, GO:][go]).all(), column
    for other in (
        plain.but(walked=plain.seen.walked + 10),
        plain.but(holdings=plain.seen.holdings + 1),
    ):
        less = other.utility[:, GO:][go] < plain.utility[:, GO:][go]
        assert less.mean() > 0.9


def test_hunger_and_time_since_the_last_meal_move_toward_food() -> None:
    plain = Moment(at_a_store(lived()))
    go = np.isfinite(plain.utility[:, GO:])
    for less, more in (
        (plain.but(hours=plain.seen.hours * 0), plain.but(hours=plain.seen.hours * 0 + 5)),
        (plain.felt(0.0, "hunger"), plain.felt(1.0, "hunger")),
    ):
        assert (more.utility[:, GO:][go] > less.utility[:, GO:][go]).all()
        for plan in (BUY, EAT):
            possible = np.isfinite(plain.utility[:, plan])
            assert possible.any()
            assert (more.utility[possible, plan] > less.utility[possible, plan]).all()


# Stress


def test_with_stress_off_only_the_stress_terms_vanish() -> None:
    model = at_a_store(lived())
    on = Moment(model)
    same = at_a_store(lived())
    same.town.stress.configure(mode="off")
    off = Moment(same)
    assert any(level.any() for level in on.seen.levels.values())
    for name, column in vars(on.seen).items():
        if name not in {"levels", "overall", "subjects", "suggestions", "offers"}:
            np.testing.assert_array_equal(column, getattr(off.seen, name), err_msg=name)
    assert not any(level.any() for level in off.seen.levels.values())
    assert not off.seen.overall.any()
    nothing = on.felt(0.0)
    assert np.array_equal(nothing.utility, off.utility)
    assert np.array_equal(nothing.posting, off.posting)
    assert np.array_equal(nothing.items, off.items)
    assert changed(on.utility, off.utility).any()


def _stress_terms(choice: Any, path: str = "choice") -> list[str]:
    """Paths of the coefficients whose description says that they are about stress."""
    found = []
    for name, field in type(choice).model_fields.items():
        value = getattr(choice, name)
        if (field.description or "").startswith("Stress"):
            found.append(f"{path}.{name}.value")
        elif hasattr(type(value), "model_fields") and not hasattr(value, "value"):
            found += _stress_terms(value, f"{path}.{name}")
    return found


def test_without_stress_coefficients_stress_changes_nothing_but_words() -> None:
    # posts may say that their author is hungry, so nobody reads here
    paths = _stress_terms(EconModel("pizza_place", seed=1).config.choice)
    assert len(paths) >= 15
    runs = []
    for mode in ("on", "off", "shuffled"):
        model = EconModel("pizza_place", seed=3, steps=40, stress=mode,
                          set={**dict.fromkeys(paths, 0.0), "choice.post.constant.value": -1.0,
                               "social.feed": "blocked"})  # fmt: skip
        seen = []
        while model.running:
            model.step()
            seen.append([row[:6] for row in model.town.records["agents"]])
            seen.append(model.town.records["sales"])
        runs.append(seen)
    assert runs[0] == runs[1] == runs[2]


def test_a_hidden_stressor_is_felt_by_nobody() -> None:
    plain = Moment(lived())
    hidden = lived()
    hidden.town.stress.configure(hide=["hunger"])
    other = Moment(hidden)
    assert not other.seen.levels["hunger"].any()
    assert plain.seen.levels["hunger"].any()
    for name in ("fatigue", "congestion", "money"):
        assert np.array_equal(other.seen.levels[name], plain.seen.levels[name])
    assert np.array_equal(other.utility, plain.felt(0.0, "hunger").utility)


@pytest.mark.parametrize(
    ("stressor", "own"),
    [
        ("hunger", {EAT, BUY}),
        ("money", {BUY}),
        ("fatigue", {HOME, GO}),
        ("congestion", {HOME, GO}),
    ],
)
def test_in_scope_own_a_level_acts_on_its_own_domain(stressor: str, own: set[int]) -> None:
    moment = Moment(at_a_store(lived(set={"stress.scope": "own"})))
    low, high = moment.felt(0.0, stressor), moment.felt(1.0, stressor)
    moved = {
        min(plan, GO)
        for plan in range(moment.utility.shape[1])
        if changed(low.utility[:, plan], high.utility[:, plan]).any()
    }
    assert moved == own
    assert np.array_equal(low.posting, high.posting)
    assert np.array_equal(moment.felt(0.0).posting, moment.felt(1.0).posting)


def test_in_scope_all_levels_cross_domains() -> None:
    moment = Moment(at_a_store(lived()))
    low, high = moment.felt(0.0, "hunger"), moment.felt(1.0, "hunger")
    assert changed(low.utility[:, GO], high.utility[:, GO]).any()
    assert (moment.felt(1.0).posting != moment.felt(0.0).posting).all()
    assert np.array_equal(low.utility[:, STAY], high.utility[:, STAY])
    assert np.array_equal(low.utility[:, SLEEP], high.utility[:, SLEEP])


def test_frozen_levels_stay_those_of_the_first_update() -> None:
    model = EconModel("pizza_place", seed=2, stress="frozen")
    model.step()
    first = model.town.stress.own.copy()
    for _ in range(20):
        model.step()
        felt = model.town.stress.felt(model.town.t).levels
        assert np.array_equal(felt, first)
    assert not np.array_equal(model.town.stress.own, first)


def test_shuffled_levels_are_those_of_another_household_together() -> None:
    model = lived(stress="shuffled")
    own = model.town.stress.own.copy()
    felt = Moment(model).view.felt
    assert (felt.whose != np.arange(30)).all()
    assert sorted(felt.whose.tolist()) == list(range(30))
    assert np.array_equal(felt.levels, own[felt.whose])


# Memory and the feed


def poke(town: Town, domain: str) -> None:
    """Change everything that a domain of memory holds."""
    memory = town.recollection
    if domain == "consumption":
        memory.last_meal -= 5
    elif domain == "moves":
        memory.walked += 7
    elif domain == "prices":
        memory.price[memory.price >= 0] += 300
        memory.sold_out ^= True
        memory.price_change[:] = np.where(memory.price_change == 0, 1, 0)
    elif domain == "crowding":
        memory.crowd += 9
        memory.met += 9
    elif domain == "purchases":
        town.deeds.bought[:] = np.where(town.deeds.bought > 0, 0, 1)
    elif domain == "rejections":
        town.deeds.rejected[:] = np.where(town.deeds.rejected > 0, 0, 1)


@pytest.mark.parametrize("hidden", ["this", "all", "none"])
@pytest.mark.parametrize(
    "domain", ["consumption", "moves", "prices", "crowding", "purchases", "rejections"]
)
def test_what_is_hidden_from_memory_moves_nobody(domain: str, hidden: str) -> None:
    hide = {"this": [domain], "all": ["all"], "none": []}[hidden]
    models = [lived(steps=20, set={"memory.hide": hide}) for _ in range(2)]
    poke(models[1].town, domain)
    one, other = (Moment(model) for model in models)
    same = np.array_equal(one.utility, other.utility) and np.array_equal(one.posting, other.posting)
    assert same == (hidden != "none")
    if hidden != "none" and domain != "moves":
        shown = [[observe_household(m.view, i).stores for i in range(30)] for m in (one, other)]
        assert shown[0] == shown[1]


def test_a_hidden_memory_shows_list_prices_and_no_visit() -> None:
    moment = Moment(lived(set={"memory.hide": ["all"]}))
    for i in range(30):
        for store in observe_household(moment.view, i).stores:
            assert (store.visited, store.crowd) == (-1, -1)
            assert all(shelf.quantity == -1 for shelf in store.shelves)


def test_nobody_reads_a_blocked_feed() -> None:
    model = lived(set={"social.feed": "blocked"})
    moment = Moment(model)
    assert model.town.posts.count > 5
    assert (moment.view.feed == -1).all()
    assert not moment.seen.talk_store.any()
    assert not moment.seen.talk_item.any()
    assert observe_household(moment.view, 0).posts == ()


def test_a_shuffled_feed_is_that_of_others() -> None:
    plain, shuffled = (lived(steps=0, set={"social.feed": mode}) for mode in ("on", "shuffled"))
    for model in (plain, shuffled):
        model.town.begin(0)
        for author in range(30):
            model.town.publish(author, f"I am {author}, at Daily Mart")
        model.town.t = -1
    own, others = Moment(plain).view.feed, Moment(shuffled).view.feed
    assert sorted(map(tuple, own.tolist())) == sorted(map(tuple, others.tolist()))
    assert changed(own, others).sum() >= 25
