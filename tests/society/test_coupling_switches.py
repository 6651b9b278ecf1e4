"""What switches take away of the coupling: stress off, hidden, frozen, shuffled; memory; feeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from coupling import (
    Moment,
    at_a_store,
    changed,
    lived,
)

from econsim_mesa.deciders.utility.plans import BUY, EAT, GO, HOME, SLEEP, STAY
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.observation import observation_of
from econsim_mesa.society.town import Town


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
    memory = town.visit_memory
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
        town.outcomes["bought"][:] = np.where(town.outcomes["bought"] > 0, 0, 1)
    elif domain == "rejections":
        town.outcomes["rejected"][:] = np.where(town.outcomes["rejected"] > 0, 0, 1)


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
        for i in range(30):
            shown = [observation_of(m.view, i).economy.stores for m in (one, other)]
            assert shown[0] == shown[1]


def test_a_hidden_memory_shows_list_prices_and_no_visit() -> None:
    moment = Moment(lived(set={"memory.hide": ["all"]}))
    for i in range(30):
        for store in observation_of(moment.view, i).economy.stores:
            assert (store.visited, store.crowd) == (-1, -1)
            assert all(shelf.quantity == -1 for shelf in store.shelves)


def test_nobody_reads_a_blocked_feed() -> None:
    model = lived(set={"social.feed": "blocked"})
    moment = Moment(model)
    assert model.town.social.posts.count > 5
    assert (moment.view.feed == -1).all()
    assert not moment.seen.talk_store.any()
    assert not moment.seen.talk_item.any()
    assert observation_of(moment.view, 0).social.posts == ()


def test_a_shuffled_feed_is_that_of_others() -> None:
    plain, shuffled = (lived(steps=0, set={"social.feed": mode}) for mode in ("on", "shuffled"))
    for model in (plain, shuffled):
        model.town.begin(0)
        for author in range(30):
            model.town.social.publish(model.town.records, author, f"I am {author}, at Daily Mart")
        model.town.t = -1
    own, others = Moment(plain).view.feed, Moment(shuffled).view.feed
    assert sorted(map(tuple, own.tolist())) == sorted(map(tuple, others.tolist()))
    assert changed(own, others).sum() >= 25
