from __future__ import annotations

import math

import numpy as np
import pytest

from econsim_mesa.analysis.inference import holm
from econsim_mesa.errors import BadInput


@pytest.mark.parametrize("seed", range(20))
def test_holm_is_that_of_its_definition(seed: int) -> None:
    p = np.random.default_rng(seed).random(7) ** 3
    found = holm({f"t{k}": value for k, value in enumerate(p)})
    assert list(found) == [f"t{k}" for k in range(7)]
    so_far, expected = 0.0, {}
    for rank, k in enumerate(np.argsort(p)):  # the definition, step by step
        so_far = expected[f"t{k}"] = max(so_far, min(1.0, (7 - rank) * p[k]))
    assert found == pytest.approx(expected)


def test_a_test_that_failed_stays_unknown_and_still_counts() -> None:
    found = holm({"a": 0.02, "b": math.nan, "c": 0.5})
    assert found["a"] == pytest.approx(0.06)
    assert math.isnan(found["b"])
    assert found["c"] == 1.0
    assert holm({}) == {}


@pytest.mark.parametrize("value", [-0.1, 1.1, math.inf])
def test_no_probability_is_refused(value: float) -> None:
    with pytest.raises(BadInput, match="no p-value"):
        holm({"a": value})
