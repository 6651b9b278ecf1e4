"""Experiences of a few households, with quiet defaults for what a test does not look at."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from econsim_mesa.mind.experience import Experience, Start


def _row(value: Any, n: int, dtype: type) -> Any:
    return np.broadcast_to(np.asarray(value, dtype=dtype), (n,)).copy()


def make_experience(t: int = 0, n: int = 1, **given: Any) -> Experience:
    """Return one step of ``n`` households; scalars stand for all of them."""
    near = given.get("near", 0)
    return Experience(
        t=t,
        hour=given.get("hour", 9.0),
        step_hours=given.get("step_hours", 1.0),
        nutrition=_row(given.get("nutrition", 0.0), n, np.float64),
        distance=_row(given.get("distance", 0.0), n, np.float64),
        at_home=_row(given.get("at_home", False), n, np.bool_),
        cash=_row(given.get("cash", 0), n, np.int64),
        holdings=np.asarray(given.get("holdings", np.zeros((n, 1))), dtype=np.int64),
        unit=np.asarray(given.get("unit", [1]), dtype=np.int64),
        cheapest=np.asarray(given.get("cheapest", [np.nan]), dtype=np.float64),
        near=near if callable(near) else lambda radius: _row(near, n, np.int64),
        near_out=lambda radius: _row(given.get("near_out", 0), n, np.int64),
        slept=_row(given.get("slept", False), n, np.bool_),
        fell_asleep=_row(given.get("fell_asleep", False), n, np.bool_),
        woke=_row(given.get("woke", False), n, np.bool_),
        events=given.get("events", {}),
    )


def make_start(n: int = 1, **given: Any) -> Start:
    """Return ``n`` households before step 0."""
    return Start(
        n=n,
        cash=_row(given.get("cash", 0), n, np.int64),
        holdings=np.asarray(given.get("holdings", np.zeros((n, 1))), dtype=np.int64),
        unit=np.asarray(given.get("unit", [1]), dtype=np.int64),
        cheapest=np.asarray(given.get("cheapest", [np.nan]), dtype=np.float64),
        step_hours=given.get("step_hours", 1.0),
        items=given.get("items", ()),
    )


def make_stressor(cls: Any, n: int = 1, *, warm_start: bool = True, **parameters: Any) -> Any:
    """Return a stressor; ``start`` among the parameters replaces the empty town."""
    start = parameters.pop("start", None) or make_start(n)
    return cls(cls.Parameters(**parameters), n, warm_start=warm_start, start=start)


@pytest.fixture(scope="session")
def experience():
    """Make an ``Experience``."""
    return make_experience


@pytest.fixture(scope="session")
def start():
    """Make a ``Start``."""
    return make_start


@pytest.fixture(scope="session")
def build():
    """Make a stressor."""
    return make_stressor
