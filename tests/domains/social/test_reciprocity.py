"""Stores and followers among those suggested, and replies that reach whom they answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from recorded import go_on, keep
from towns import Script, make, put, run, village

from econsim_mesa import EconModel, load_run
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.evidence.verify import verify
from econsim_mesa.prompts import render
from econsim_mesa.runs.bundle.findings import code_of
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.replay import replay
from econsim_mesa.society.observation import Observation
from econsim_mesa.society.requests import Requests

ALL = {"social.suggest_stores": True, "social.follow_back": True, "social.replies": True}


def town(acts: Any = None, **settings: Any) -> EconModel:
    """Return a village of four in which nobody follows anybody and nobody is suggested."""
    recommender = {"name": "two_hop", "suggestions": 0}
    changes = {"social__initial": {"k": 0}, "social__recommender": recommender, **settings}
    return make(village(**changes), decider=Script(acts))


def seen(model: EconModel, household: int = 0) -> Observation:
    """Return what a household sees at the next step; the model makes no more."""
    return Requests(model.look(), [household])[0].observation()


def test_a_store_is_suggested_where_one_stands_or_bought_and_does_not_follow() -> None:
    buys = (PlaceOrder("Cafe", "Tea", 1, 1),)
    acts = {0: {"H0": buys, "H1": buys}, 1: {"H1": (Follow("Cafe"),)}}
    model = town(acts, social__suggest_stores=True)
    put(model, {0: (1, 1), 1: (1, 1), 2: (1, 1), 3: (0, 0)})
    run(model, 2)
    put(model, {0: (4, 4), 1: (4, 4)})
    view, names = model.look(), model.town.roster.names
    suggested = [[names[j] for j in view.suggestions(i)] for i in range(4)]
    assert suggested == [["Shop", "Cafe"], ["Shop"], ["Cafe"], []]
    assert seen(town(acts)).social.suggestions == ()


def test_the_last_four_stores_where_one_bought_are_suggested() -> None:
    stalls = {f"S{k}": {"at": [k, 5], "sells": {"Tea": {"stock": 9}}} for k in range(6)}
    data = village(agents__Retailer=stalls, market__intentions=False)
    data["social"] |= {"suggest_stores": True, "recommender": {"name": "two_hop", "suggestions": 0}}
    order = [0, 1, 2, 3, 1, 4]
    acts = {t: {"H0": (PlaceOrder(f"S{k}", "Tea", 1, 1),)} for t, k in enumerate(order)}
    model = make(data, decider=Script(acts))
    for k in order:
        put(model, {0: (k, 5)})
        model.step()
    put(model, {0: (0, 0)})
    assert list(seen(model).social.suggestions) == ["S4", "S1", "S3", "S2"]


def test_the_newest_followers_are_suggested_first_until_they_are_followed() -> None:
    one = {name: (Follow("H0"),) for name in ("H1", "H2")}
    acts = {0: one, 1: {"H3": (Follow("H0"),), "H0": (Follow("H2"),)}, 2: {"H1": (Unfollow("H0"),)}}
    model = town(acts, social__follow_back=True)
    run(model, 2)
    found = seen(model).social.suggested
    assert [(one.name, one.follows_you) for one in found] == [("H3", True), ("H1", True)]
    model = town(acts, social__follow_back=True)
    run(model, 3)
    assert seen(model).social.suggestions == ("H3",)
    model = town(acts)
    run(model, 2)
    assert seen(model).social.suggestions == ()


def test_a_reply_reaches_whom_it_answers_and_is_marked() -> None:
    acts = {
        0: {"H0": (Publish("who has pie?"),)},
        1: {"H1": (Publish("I do", 0),), "H0": (Publish("nobody?", 0),)},
    }
    for replies in (True, False):
        model = town(acts, social__replies=replies, social__discovery=0)
        run(model, 2)
        view = model.look()
        shown = [request.observation().social.posts for request in Requests(view, range(4))]
        assert [(post.author, post.is_reply) for post in shown[0]] == [("H1", True)] * replies
        assert shown[1:] == [(), (), ()]


def test_a_shuffled_feed_marks_no_reply_to_somebody_else() -> None:
    acts = {0: {"H0": (Publish("who?"),)}, 1: {"H1": (Publish("I", 0),)}}
    model = town(acts, social__replies=True, social__discovery=0, social__feed="shuffled")
    run(model, 2)
    requests = Requests(model.look(), range(4))
    posts = [request.observation().social.posts for request in requests]
    assert posts[0] == ()
    assert [post.is_reply for some in posts for post in some] == [False]


def test_a_reply_is_something_new_where_attention_is_on_change() -> None:
    acts = {0: {"H0": (Publish("who?"),)}, 1: {"H1": (Publish("I", 0),)}}
    asked = {}
    for replies in (True, False):
        attention = {"mode": "on_change", "at_least_every": 99}
        model = town(acts, social__replies=replies, social__discovery=0, attention=attention)
        run(model, 10)
        (decider,) = (one for one in model.scheduler.deciders if isinstance(one, Script))
        asked[replies] = [t for t, names in decider.asked.items() if "H0" in names]
    assert asked == {True: [0, 1, 2], False: [0, 1]}


def test_the_rules_tell_of_replies_where_they_reach_people() -> None:
    for replies in (True, False):
        model = EconModel("pizza_place", seed=1, set={"social.replies": replies})
        (request,) = Requests(model.look(), [0])
        assert ("A reply reaches" in render(request).system) == replies
        assert '{"reply_to": <id>, "post": <text>}' in render(request).system


@pytest.mark.parametrize("decider", ["utility", "random"])
def test_a_run_with_all_of_it_is_replayed_forked_and_verified(decider: str, tmp_path: Path) -> None:
    model = EconModel("pizza_place", seed=3, steps=20, decider=decider, set=ALL)
    folder = keep(model, tmp_path / "run")
    assert replay(folder) == 20
    posts = load_run(folder).posts
    assert (decider == "random") == bool((posts["reply_to"] >= 0).any())
    branch = go_on(*fork(folder, 9, dict.fromkeys(ALL, False), tmp_path / "branch"))
    assert replay(branch) == 20
    assert code_of(verify(folder).findings) == 0
