"""Power before the first run: of a dose, by size of study and of what is to be found."""

from __future__ import annotations

from typing import Any

import pytest

from econsim_mesa.experiment import Design, load_design
from econsim_mesa.experiment.study import PlannedPower
from econsim_mesa.studies.online_offline.study import OnlineOffline


def power(**changes: Any) -> dict[str, PlannedPower]:
    """Return the power of the bundled experiment with doses, by effect."""
    return {found.effect: found for found in OnlineOffline().planned_power(dose(**changes))}


def dose(**changes: Any) -> Design:
    """Return the experiment, with settings of one's own."""
    return load_design("dose", set={"steps": 132, **changes})


LOW = "an inverted U 0.3 standard deviations high"
HIGH = "an inverted U 0.6 standard deviations high"
HALVED = "the bend of one 0.6 high halved by the ablation"
GONE = "the bend of one 0.6 high gone by the ablation"


def test_more_runs_find_more_and_a_smaller_effect_is_found_less() -> None:
    large, small = power(replicates=20, steps=360), power(replicates=6, steps=132)
    assert list(large) == [LOW, HIGH, HALVED, GONE]
    for effect in large:
        some, few = large[effect], small[effect]
        assert some.rate is not None
        assert few.rate is not None
        assert few.rate <= some.rate
        assert some.low is not None
        assert some.high is not None
        assert some.low <= some.rate <= some.high
        assert some.corrected is not None
        assert some.corrected <= some.rate
    assert large[LOW].rate <= large[HIGH].rate  # type: ignore[operator]
    assert large[HALVED].rate <= large[GONE].rate  # type: ignore[operator]
    assert large[HIGH].rate >= 0.9  # type: ignore[operator]
    assert large[GONE].rate >= 0.8  # type: ignore[operator]
    assert small[LOW].rate <= 0.5  # type: ignore[operator]


def test_doses_that_are_evenly_spaced_find_more() -> None:
    uneven = power(replicates=10, **{"set.events.2.per_day": [0, 4, 8, 16, 32]})
    even = power(replicates=10)
    assert even[HIGH].rate > uneven[HIGH].rate  # type: ignore[operator]


def test_the_tests_of_the_family_are_counted() -> None:
    """An inverted U and a spread for the full model, and one ablation."""
    assert {found.tests for found in power(replicates=4).values()} == {3}


@pytest.mark.parametrize("name", ["pizza_place", "nulls"])
def test_it_is_not_told_where_x_is_not_known_beforehand(name: str) -> None:
    assert not list(OnlineOffline().planned_power(load_design(name)))


def test_runs_that_are_too_few_have_none_and_say_why() -> None:
    [found] = power(replicates=2).values()
    assert found.rate is None
    assert "3 runs or more" in (found.why or "")
