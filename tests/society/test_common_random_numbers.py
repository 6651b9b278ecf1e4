"""Two runs that differ in one thing share their luck wherever they do the same thing."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from econsim_mesa.deciders.utility import Utility
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society import rng
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.rng import SITES, Streams, declare_site

STEPS = 26
Draws = dict[tuple[str, int, str], np.ndarray[Any, Any]]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Iterator[Draws]:
    """All uniforms that are drawn, by site, step and kind of agent."""
    found: Draws = {}
    draw = Streams.uniforms

    def keep(self: Streams, site: str, t: int, kind: str, n: int, columns: int = 0) -> Any:
        numbers = draw(self, site, t, kind, n, columns)
        assert (site, t, kind) not in found
        found[site, t, kind] = numbers.copy()
        return numbers

    monkeypatch.setattr(Streams, "uniforms", keep)
    return found


def run(drawn: Draws, **options: Any) -> Draws:
    drawn.clear()
    model = EconModel(options.pop("config", "pizza_place"), seed=4, steps=STEPS, **options)
    model.run_model()
    return dict(drawn)


def assert_shared(one: Draws, other: Draws, extra: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Rows of the same agent hold the same numbers, at each site and step drawn in both."""
    keys = one.keys() & other.keys()
    assert {site for site, _, _ in one.keys() ^ other.keys()} <= extra | LAZY
    assert {"choice.plan", "choice.acts", "order.actions", "social.discovery"} <= {
        site for site, _, _ in keys
    }
    for key in keys:
        n = min(len(one[key]), len(other[key]))
        assert np.array_equal(one[key][:n], other[key][:n]), key


LAZY = {"social.recommend"}
"""Sites that draw in a step only if somebody needs it."""


@pytest.mark.parametrize("more", [1, 7])
def test_more_households_leave_the_luck_of_the_others(drawn: Draws, more: int) -> None:
    few, many = run(drawn), run(drawn, households=30 + more)
    assert_shared(few, many)
    assert len(many["choice.plan", 3, "Household"]) == 30 + more
    assert len(few["build.homes", -1, "Household"]) == 30


def test_more_households_leave_the_homes_and_cash_of_the_others() -> None:
    few, many = (EconModel("pizza_place", seed=4, households=n) for n in (30, 31))
    assert few.town.economy.cash().tolist() == many.town.economy.cash().tolist()[:30]
    assert few.town.mobility.space.cells.tolist() == many.town.mobility.space.cells.tolist()[:30]


class Curious(Utility):
    """Draws once more in each step, at a site of its own."""

    def decide(self, requests: Any) -> Any:
        view = requests.view
        view.uniforms("test.curious")
        return super().decide(requests)


def test_a_draw_at_another_site_leaves_all_others(drawn: Draws) -> None:
    declare_site("test.curious", 3, "a site of this test")
    try:
        plain = run(drawn)
        curious = run(drawn, decider=Curious(load_scenario("pizza_place")))
    finally:
        del SITES["test.curious"]
    assert_shared(plain, curious, {"test.curious"})
    assert ("test.curious", 0, "Household") in curious


def test_without_the_promotion_the_luck_is_the_same(drawn: Draws) -> None:
    changes = {"events.2.when": {"between": [10, 20]}}  # within the steps that are run
    with_it = run(drawn, set=changes)
    without = run(drawn, set={**changes, "events.2.percent": 0})
    assert_shared(with_it, without)
    quiet = run(drawn, config="pizza_place_quiet")
    assert_shared(with_it, quiet)


def test_stress_off_and_shuffled_share_the_luck(drawn: Draws) -> None:
    on = run(drawn)
    assert_shared(on, run(drawn, stress="off"))
    assert_shared(on, run(drawn, stress="shuffled"), {"stress.shuffle"})
    assert_shared(on, run(drawn, set={"social.feed": "shuffled"}), {"social.shuffle"})


def test_no_site_draws_the_numbers_of_another(drawn: Draws) -> None:
    run(drawn)
    firsts: dict[bytes, tuple[str, int, str]] = {}
    for key, numbers in drawn.items():
        if numbers.size:
            start = np.ascontiguousarray(numbers).ravel()[:2].tobytes()
            assert firsts.setdefault(start, key) == key, f"{key} repeats {firsts[start]}"
    assert len(firsts) > 100


def test_every_part_of_the_key_matters() -> None:
    base = Streams(1).stream("build.homes", 3, "Household").random(4)
    same = Streams(1).stream("build.homes", 3, "Household").random(4)
    assert np.array_equal(base, same)
    for seed, site, t, kind in [
        (2, "build.homes", 3, "Household"),
        (1, "build.cash", 3, "Household"),
        (1, "build.homes", 4, "Household"),
        (1, "build.homes", 3, "Store"),
    ]:
        assert not np.array_equal(base, Streams(seed).stream(site, t, kind).random(4))


def test_a_site_draws_once_a_step_and_is_declared() -> None:
    streams = Streams(1)
    streams.uniforms("choice.acts", 0, "Household", 3)
    streams.uniforms("choice.acts", 0, "Store", 3)
    with pytest.raises(rng.StreamError, match="drew twice"):
        streams.uniforms("choice.acts", 0, "Household", 3)
    streams.uniforms("choice.acts", 1, "Household", 3)
    with pytest.raises(rng.StreamError, match="not declared"):
        streams.uniforms("nowhere", 1, "Household", 3)


def test_a_batch_is_what_the_stream_of_its_site_begins_with() -> None:
    """Batches share one generator, which is begun anew for each, also in a copy."""
    shared = pickle.loads(pickle.dumps(Streams(7)))
    for t in (0, 1, 10**9):
        for site in ("choice.acts", "order.actions"):
            wanted = Streams(7).stream(site, t, "Household").random((5, SITES[site].columns))
            assert (shared.uniforms(site, t, "Household", 5) == wanted).all()
        rows, keys = np.arange(4)[:, None], np.arange(3)
        pairs = shared.of_pairs("choice.store", t, "Household", rows, keys)
        assert (pairs == Streams(7).of_pairs("choice.store", t, "Household", rows, keys)).all()
