"""Internal states beyond stress: shown in equal space, felt where a coefficient says so."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from econsim_mesa import EconModel
from econsim_mesa.deciders.utility.perceive import reported_stockout_share
from econsim_mesa.errors import ScenarioError
from econsim_mesa.experiment import load_design
from econsim_mesa.mind.feelings import MEANING
from econsim_mesa.mind.stressors import S
from econsim_mesa.prompts import render
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.settings import retune
from econsim_mesa.society.town import Town
from econsim_mesa.society.view import View, observe

ROOT = Path(__file__).parents[2]
LENGTH = 300
TRUST = {"stress.stressors.trust": {}, "stress.weights.trust": 0.0}
PLAIN = {"stress.mode": "on", "stress.hide": [], "stress.show": "reasons"}
GOSSIP = {
    "type": "scripted_posts",
    "author": "Gossip",
    "account": True,
    "when": {"every": 3},
    "texts": ["Pizza is sold out at Pizza Place."],
}


def lived(steps: int, **settings: Any) -> EconModel:
    model = EconModel("pizza_place", seed=3, steps=60, set={"events.+gossip": GOSSIP} | settings)
    for _ in range(steps):
        model.step()
    return model


@pytest.fixture(scope="module")
def moment() -> tuple[Town, View]:
    """A town where trust is lost, and what all see of it in step 40."""
    model = lived(40, **{"stress.stressors.trust": {}, "stress.threshold": 20.0})
    model.town.begin(40)
    return model.town, observe(model.town)


def prompts(moment: tuple[Town, View], settings: dict[str, Any]) -> list[Any]:
    """Return everybody's prompts of a moment under other settings."""
    town, view = moment
    retune(town, load_scenario(town.scenario, set=PLAIN | settings))
    town.streams.draw_again(but=frozenset())
    view = replace(view, scenario=town.scenario, stress=town.stress.view())
    return [render(request) for request in Requests(view, range(town.roster.households))]


def test_arms_show_different_things_in_equal_space(moment: tuple[Town, View]) -> None:
    design = load_design("representations")
    arms = {
        name: settings | {"stress.characters": LENGTH}
        for name, settings in design.experiment.arms.items()
    }
    assert design.experiment.set["stress.characters"] == 500
    made = {name: prompts(moment, settings) for name, settings in arms.items()}
    lengths = {name: [(len(p.system), len(p.user)) for p in some] for name, some in made.items()}
    assert all(found == lengths["nothing"] for found in lengths.values())
    shown = {name: [p.parts["stress"] for p in some] for name, some in made.items()}
    assert {len(text) for some in shown.values() for text in some} == {LENGTH}
    assert not any("[stress]" in text for text in shown["nothing"])
    speaking = {
        name: [i for i, text in enumerate(some) if "[stress]" in text]
        for name, some in shown.items()
    }
    assert speaking["reasons"] == speaking["facts"] == speaking["scalar"]
    assert len(speaking["reasons"]) > 10
    assert len(speaking["trust"]) > 3
    said = {name: " ".join(some) for name, some in shown.items()}
    assert ": lost trust in what is posted" in said["trust"]
    assert "hunger" not in said["trust"] + said["facts"] + said["scalar"]
    assert "[stress] overall " in said["scalar"]
    assert "hunger " in said["reasons"]


def test_what_does_not_fit_is_left_out_whole(moment: tuple[Town, View]) -> None:
    natural = prompts(moment, {"stress.characters": None})
    tight = prompts(moment, {"stress.characters": 100})
    some = [
        (whole.parts["stress"], short.parts["stress"])
        for whole, short in zip(natural, tight, strict=True)
        if len(whole.parts["stress"]) > 100
    ]
    assert some
    for whole, short in some:
        assert len(short) == 100
        kept = short.partition("\n")[0].removeprefix("[stress] ")
        assert kept in whole or short.startswith("[note]")


def test_all_meanings_have_one_length() -> None:
    assert len({len(text) for text in MEANING.values()}) == 1


def doings(model: EconModel) -> tuple[Any, ...]:
    space, tables = model.town.mobility.space, model.datacollector
    told = (tables.get_table_dataframe(name).to_csv() for name in ("sales", "posts"))
    return *told, space.x.tolist(), space.y.tolist()


def test_a_state_is_felt_only_where_it_has_a_coefficient() -> None:
    plain = lived(60)
    shown = lived(60, **TRUST)
    assert "trust" in shown.town.stress.names
    assert shown.town.stress.own[:, -1].max() > 20
    assert doings(plain) == doings(shown)
    for term in ("go", "buy", "post", "heed", "eat", "home"):
        felt = lived(60, **TRUST, **{"choice.states.trust": {term: {"value": -3.0}}})
        assert doings(felt) != doings(shown), term


def test_a_coefficient_needs_its_state() -> None:
    with pytest.raises(ScenarioError, match=r"choice.states.trus.*did you mean 'trust'|trust"):
        load_scenario("pizza_place", set={"choice.states.trust": {}})


def test_a_rumour_is_believed_until_one_sees_for_oneself() -> None:
    model = lived(4)
    topics = model.town.social.topics
    post = int(np.flatnonzero(topics.gone[: model.town.social.posts.count])[0])
    feed, stores = np.array([[post], [post], [-1]]), np.array([[0, 1]] * 3)
    seen = int(topics.step[post])
    visited = np.array([[seen - 1, 0], [seen, 0], [-5, 0]])
    share = reported_stockout_share(
        topics.view(), feed, stores, visited, model.town.economy.prices.sells
    )
    assert share.tolist() == [[0.5, 0.0], [0.0, 0.0], [0.0, 0.0]]


def test_the_example_of_ones_own_state_runs() -> None:
    path = ROOT / "docs" / "examples" / "own_state.py"
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("shown only: loneliness ")
    assert f"of {S:.0f}" in second
    assert first.partition(": ")[2] != second.partition(": ")[2]
