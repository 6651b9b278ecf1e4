"""No line of a prompt on crowds, stock, prices, money or hours differs from the town, ever."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from econsim_mesa.deciders.utility import Utility
from econsim_mesa.prompts import render
from econsim_mesa.society.action import Decision
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Request, Requests

OTHERS = re.compile(r"congestion \d+: \w[\w ]*: ([\d.]+) others?(?: out)? within 1 cell")
AFFORDED = re.compile(r"cash buys ([\d.]+) average items")
AROUND = re.compile(r"^\[near\].* (\d+) others?(?: out)? within 1 cell$", re.MULTILINE)
CASH = re.compile(r"^\[cash\] (\d+) yen$", re.MULTILINE)
HERE = re.compile(r"^\[here\] (.+): (.+); (\d+) others? here$", re.MULTILINE)
SHELF = re.compile(r"(\w[\w ]*) (\d+) \((?:(\d+) left|sold out)\)")
MEAL = re.compile(r"last meal (before )?(\w+ [\d:]+);")


class Checked:
    """Decides as the embedded decider does, and holds each prompt against the town."""

    name = "checked"

    town: Any

    def __init__(self, scenario: Any) -> None:
        self._utility = Utility(scenario)
        self.prompts = self.crowds = self.mornings = self.purses = self.shops = 0

    def decide(self, requests: Requests) -> list[Decision]:
        for request in requests:
            self.check(request, self.town)
        return self._utility.decide(requests)

    def check(self, request: Request, town: Any) -> None:
        i, space, text = request.agent, town.mobility.space, render(request).user
        far = np.maximum(abs(space.x - space.x[i]), abs(space.y - space.y[i]))
        homes, out = town.scenario.stress.counts_homes, ~space.at_home()
        near, here = int(((far <= 1) & (homes | out)).sum()) - 1, int((far == 0).sum()) - 1
        self.prompts += 1
        assert AROUND.findall(text) == ([str(near)] if homes or out[i] else [])
        assert homes or out[i] or not OTHERS.findall(text)
        assert (" out within" in text) <= (not homes)
        for said in OTHERS.findall(text):
            assert float(said) == near, text
            self.crowds += 1
            self.mornings += town.clock.starts_day(town.t)
        for said in AFFORDED.findall(text):
            mean = float(np.nanmean(town.economy.prices.cheapest()))
            assert float(said) == pytest.approx(town.economy.cash()[i] / mean, abs=0.051)
            self.purses += 1
        assert CASH.findall(text) == [str(town.economy.cash()[i])]
        assert ("eased by being at home" in text) <= ("; you are at home" in text)
        [(before, time)] = MEAL.findall(text)
        meal = int(town.visit_memory.last_meal[i])
        assert bool(before) == (meal < 0)
        assert time == town.wording.time(max(meal, 0), town.t)
        for name, shelves, crowd in HERE.findall(text):
            self.shops += 1
            store = town.roster.store_names.index(name)
            assert int(crowd) == here
            assert len(SHELF.findall(shelves)) == len(shelves.split(", "))
            for item, price, stock in SHELF.findall(shelves):
                column = town.economy.goods.names.index(item)
                assert int(price) == town.economy.prices.posted[store, column]
                assert int(stock or 0) == town.economy.stock()[store, column]


@pytest.mark.parametrize(
    ("settings", "steps"),
    [
        ({"stress.threshold": 1}, 72),
        ({"stress.threshold": 1, "stress.stressors.congestion.homes": False}, 40),
        # No purse is ever enough, so that the line about it is in many prompts.
        ({"stress.threshold": 1, "stress.stressors.money.buffer": 200}, 26),
    ],
)
def test_each_prompt_equals_the_town(settings: dict[str, Any], steps: int) -> None:
    model = EconModel("pizza_place", seed=4, steps=steps, set=settings)
    checked = Checked(model.config)
    model = EconModel("pizza_place", seed=4, steps=steps, set=settings, decider=checked)
    checked.town = model.town
    model.run_model()
    assert checked.prompts == 30 * steps
    assert (checked.mornings > 3) == model.config.stress.counts_homes
    assert checked.crowds > 100
    assert checked.shops > 50
    assert "stress.stressors.money.buffer" not in settings or checked.purses > 200


def test_an_average_of_crowds_takes_the_morning_in_place_of_the_evening() -> None:
    smooth = {"stress.stressors.congestion.smoothing": 0.5}
    model = EconModel("pizza_place", seed=4, steps=14, set=smooth)
    space, average, before = model.town.mobility.space, None, None
    for _ in range(12):
        model.step()
        before, count = average, space.near(1)
        average = count if before is None else 0.5 * count + 0.5 * before
    model.look()
    expected = 100 * np.clip((0.5 * space.near(1) + 0.5 * before) / 3.0 - 1.0, 0.0, 1.0)
    column = model.town.stress.names.index("congestion")
    assert model.town.stress.own[:, column] == pytest.approx(expected)
