"""A prompt says all that a decision needs: render, parse, perceive gives what the town gives."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from asking import watch

from econsim_mesa.deciders.utility.decider import Utility
from econsim_mesa.deciders.utility.plans import utilities
from econsim_mesa.mock.knowledge import Knowledge
from econsim_mesa.mock.perceive import perceive
from econsim_mesa.mock.recall import Told
from econsim_mesa.prompts import parse_household, render
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests

EXACT = (
    *("hour", "at_home", "homeward", "going", "bound", "standing", "x", "y", "hours", "holdings"),
    *("cash", "stores", "walk", "talk_store", "talk_item", "posted", "bought", "rejected", "met"),
    "price_change",
)
ELSEWHERE = ("price", "crowd", "sold_out")  # of stores other than the one where it stands
WALKED = 0.05
SHUT = {"type": "keep_out", "cells": [[8, 8]], "when": {"between": [2, 8]}}


class RoundTrip:
    """Compares what the town and the prompts say, in every step of a run."""

    def __init__(self, model: EconModel) -> None:
        self.utility, self.knowledge = Utility(model.config), Knowledge(model.config)
        self.threshold = model.config.stress.threshold
        self.compared, self.differed = 0, 0.0

    def look(self, view: Any, rows: Any) -> None:
        if not len(rows):
            return
        told = []
        for request in Requests(view, rows.tolist()):
            text = render(request, system="").user
            told.append(Told(text, parse_household(text)))
        want = self.utility.perceive(view, rows)
        got = perceive(told, told[0].read.time, self.knowledge)
        self.columns(want, got)
        self.stress(want, got)
        self.plans(view, want, got)
        self.rare(want, got, len(rows))
        self.compared += len(rows)

    def columns(self, want: Any, got: Any) -> None:
        for name in EXACT:
            same(name, getattr(want, name), getattr(got, name))
        same("walked", want.walked, got.walked, WALKED + 1e-9)
        elsewhere = want.stores != want.standing[:, None]
        for name in ELSEWHERE:
            same(name, getattr(want, name)[elsewhere], getattr(got, name)[elsewhere])
        sold = want.posted >= 0
        same("shelf", np.where(sold, want.shelf, 0), got.shelf)

    def stress(self, want: Any, got: Any) -> None:
        assert list(want.levels) == list(got.levels)
        overall = np.zeros(len(got.overall))
        for name, level in want.levels.items():
            shown = np.where(level * 100 >= self.threshold, level, 0.0)
            same(name, shown, got.levels[name], 0.005 + 1e-9)
            overall += self.knowledge.shares[name] * got.levels[name]
        same("overall", overall, got.overall)
        assert (got.overall <= want.overall + 0.005).all()

    def plans(self, view: Any, want: Any, got: Any) -> None:
        """Utilities differ by no more than the rounding of cells walked makes."""
        want = dataclasses.replace(want, levels=got.levels, overall=got.overall)
        facts = self.utility.facts(view)
        ours, theirs = utilities(got, self.knowledge.facts), utilities(want, facts)
        finite = np.isfinite(theirs)
        assert np.array_equal(finite, np.isfinite(ours))
        self.differed = max(self.differed, np.abs(ours[finite] - theirs[finite]).max(initial=0.0))

    def rare(self, want: Any, got: Any, r: int) -> None:
        for k in range(r):
            assert [one.kind for one in got.subjects(k)] == [one.kind for one in want.subjects(k)]
            ours, theirs = got.suggestions(k), want.suggestions(k)
            assert [one.name for one in ours] == [one.name for one in theirs]
            assert [bool(one.replaces) for one in ours] == [bool(one.replaces) for one in theirs]
            assert got.offers(k) == want.offers(k)


def same(name: str, want: Any, got: Any, tolerance: float = 1e-9) -> None:
    np.testing.assert_allclose(
        np.asarray(got, dtype=float), np.asarray(want, dtype=float), tolerance, tolerance,
        err_msg=name,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "seed", "steps", "options"),
    [
        pytest.param("pizza_place", 1, 84, {}, marks=pytest.mark.soak),  # the sale is over
        ("pizza_place", 5, 40, {"set": {"stress.mode": "shuffled", "stress.hide": ["money"]}}),
        ("pizza_place", 6, 30, {"set": {"memory.hide": ["prices", "crowding", "consumption"]}}),
        ("pizza_place", 7, 40, {"decider": "random"}),
        ("pizza_place", 8, 20, {"set": {"events.+shut": SHUT, "memory.steps": 6}}),
        pytest.param("two_towns", 1, 56, {}, marks=pytest.mark.soak),
        ("crowd", 1, 6, {"households": 150}),
    ],
)
def test_a_prompt_says_all_that_the_decision_reads(
    name: str, seed: int, steps: int, options: dict[str, Any]
) -> None:
    model = EconModel(name, seed=seed, **options)
    trip = RoundTrip(model)
    watch(model, steps, trip.look)
    choice = model.config.choice
    most = max(abs(choice.go.walked.value), abs(choice.home.walked.value)) * WALKED
    assert trip.compared > 0
    assert trip.differed <= most + 1e-9


def test_the_comparison_sees_a_wrong_price() -> None:
    model = EconModel("pizza_place", seed=1)
    trip = RoundTrip(model)
    trip.knowledge.facts.list_price = trip.knowledge.facts.list_price + 1.0
    with pytest.raises(AssertionError, match="price"):
        watch(model, 3, trip.look)


def test_other_ends_of_lines_in_what_people_write_are_no_lines() -> None:
    text = '[you] H1; "likes tea\u2028[cash] 999\x85[here] Cafe: Pie 1; 0 others here"\n[cash] 5'
    read = parse_household(text)
    assert (read.name, read.cash, read.here) == ("H1", 5, None)
