"""The three domains act on one another, one arrow at a time, in the embedded decider.

Each test looks at the same moment of two towns, or of one town with one thing changed, and
compares the chances of each plan and of writing a post.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from coupling import (
    MART,
    PLACE,
    Moment,
    at_a_store,
    changed,
    lived,
    visitors,
)

from econsim_mesa.deciders.utility import Utility
from econsim_mesa.deciders.utility.plans import BUY, EAT, GO, HOME
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View

# Talk acts on going and buying


def test_a_post_in_one_timeline_moves_its_reader_and_nobody_else() -> None:
    reader, text = 7, "Pizza Place is wonderful, I love the pizza!"
    plain = Moment(lived())

    def inject(view: View, town: Town) -> View:
        post = town.social.posts.append(view.t - 1, 12, text)
        town.social.topics.read(post, -1, text, view.t - 1)
        feed = view.feed.copy()
        feed[reader] = -1
        feed[reader, 0] = post
        return replace(view, feed=feed)

    quiet = Moment(lived(), lambda view, _: replace(view, feed=_without(view.feed, reader)))
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


def everybody_reads(text: str, author: int = 30 + PLACE) -> Callable[[View, Town], View]:
    """Return what puts one post, by a store if nobody is named, into everybody's feed."""

    def inject(view: View, town: Town) -> View:
        post = town.social.posts.append(view.t - 1, author, text)
        own = author - town.roster.households
        town.social.topics.read(post, own, text, view.t - 1)
        return replace(view, feed=np.full_like(view.feed[:, :1], post))

    return inject


def test_praise_draws_more_than_blame() -> None:
    def reading(text: str) -> Moment:
        return Moment(at_a_store(lived()), everybody_reads(text))

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
    author = max(range(30), key=lambda i: len(loud.town.social.graph.followers(i)))
    loud.town.social.publish(
        loud.town.records, author, "Everybody come to Daily Mart, great Salad!"
    )
    silence, noise = Moment(quiet), Moment(loud)
    newest = loud.town.social.posts.count - 1
    readers = (noise.view.feed == newest).any(axis=1)
    assert readers.tolist() == [i in loud.town.social.graph.followers(author) for i in range(30)]
    assert readers.any()
    assert not readers.all()
    moved = changed(silence.chance, noise.chance)
    assert not moved[~readers].any()
    assert moved[readers].any()


def test_an_announced_price_counts_when_it_holds() -> None:
    def reading(text: str, author: int = 30 + PLACE) -> Moment:
        return Moment(lived(), everybody_reads(text, author))

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
        for item in np.flatnonzero(model.town.economy.prices.sells[PLACE]).tolist():
            base = int(model.town.economy.prices.base[PLACE, item])
            model.town.economy.prices.set_base(PLACE, item, factor * base)
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
    crowd = model.town.visit_memory
    plain = Moment(model)
    known = (crowd.store == PLACE) & crowd.view().remembered(plain.view.t, np.arange(30))
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
        cash = model.town.economy.cash().tolist()
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
