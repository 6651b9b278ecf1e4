"""A run is a function of its scenario, its seed and its inputs."""

from __future__ import annotations

from typing import Any

import pytest

from econsim_mesa.society.model import EconModel


def records(name: str, seed: int, **options: Any) -> list[dict[str, list[Any]]]:
    model = EconModel(name, seed=seed, steps=30, **options)
    found = [model.town.records.rows]
    while model.running:
        model.step()
        found.append(model.town.records.rows)
    return found


@pytest.mark.parametrize("decider", ["utility", "random"])
@pytest.mark.parametrize("name", ["pizza_place", "two_towns"])
def test_the_same_seed_gives_the_same_records(name: str, decider: str) -> None:
    assert records(name, 5, decider=decider) == records(name, 5, decider=decider)


def test_another_seed_gives_another_run() -> None:
    one, other = records("pizza_place", 5), records("pizza_place", 6)
    for table in ("transfers", "decisions", "sales", "posts"):
        assert [step[table] for step in one] != [step[table] for step in other], table


def test_a_model_beside_it_changes_nothing() -> None:
    alone = EconModel("pizza_place", seed=5, steps=12)
    alone.run_model()
    one, other = (EconModel("pizza_place", seed=seed, steps=12) for seed in (5, 8))
    while one.running:
        one.step()
        other.step()
    assert one.town.ledger.balances.tolist() == alone.town.ledger.balances.tolist()
    assert one.town.social.posts.text == alone.town.social.posts.text


def test_stress_off_leaves_the_town_as_it_begins() -> None:
    on, off = (EconModel("pizza_place", seed=5, stress=mode) for mode in ("on", "off"))
    assert on.town.records.rows == off.town.records.rows
