"""The case study in Japanese is the same town in other words."""

from __future__ import annotations

import re

import numpy as np

from econsim_mesa.mind.announcements import read_announcement
from econsim_mesa.mind.names import TownNames
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.society.model import EconModel

LATIN = re.compile("[A-Za-z]{2,}")


def deaf(name: str) -> EconModel:
    """Return a town in which nobody reads what others write."""
    return EconModel(name, seed=4, set={"social.feed": "blocked", "agents.Household.count": 12})


def test_where_nobody_reads_the_same_things_happen() -> None:
    english, japanese = deaf("pizza_place"), deaf("pizza_place_ja")
    posts = 0
    for _ in range(24):
        english.step()
        japanese.step()
        towns = english.town, japanese.town
        assert len({tuple(town.ledger.balances.ravel().tolist()) for town in towns}) == 1
        assert len({tuple(town.mobility.space.cells.tolist()) for town in towns}) == 1
        written = [
            [row.author for row in town.records["posts"] if row.kind == "Household"]
            for town in towns
        ]
        assert written[0] == written[1]
        texts = [row.text for row in japanese.town.records["posts"] if row.kind == "Household"]
        assert not [text for text in texts if LATIN.search(re.sub(r"\bH\d+\b", "", text))]
        posts += len(texts)
    assert posts > 5


def announced(scenario: Scenario) -> list[object]:
    """Return what the texts of the store are read as, whatever its items are called."""
    stores = [name for _, name, _ in scenario.agents.stores()]
    names, clock = TownNames(stores, list(scenario.items)), scenario.clock.clock()
    return [
        read_announcement(text, names, event.author, clock.time(0))
        for event in scenario.events
        for text in getattr(event, "texts", ())
    ]


def test_its_store_announces_the_same_sale() -> None:
    english, japanese = (
        announced(load_scenario(name)) for name in ("pizza_place", "pizza_place_ja")
    )
    assert english == japanese
    assert sum(sale is not None for sale in japanese) == 4


def test_its_posts_have_a_tone_and_its_lexicon_is_needed_for_it() -> None:
    model = EconModel("pizza_place_ja", seed=1)
    for _ in range(12):
        model.step()
    topics, count = model.town.social.topics, len(model.town.social.posts.author)
    assert np.ptp(topics.valence[:count]) > 0.5
    bare = load_scenario("pizza_place_ja", set={"prompts": {}})
    model = EconModel(bare, seed=1, steps=6)
    for _ in range(6):
        model.step()
    assert not model.town.social.topics.valence.any()
