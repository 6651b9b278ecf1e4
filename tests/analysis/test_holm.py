from __future__ import annotations

import math

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from econsim_mesa.analysis.inference import holm
from econsim_mesa.errors import BadInput


@pytest.mark.parametrize("seed", range(20))
def test_holm_is_that_of_statsmodels(seed: int) -> None:
    p = np.random.default_rng(seed).random(7) ** 3
    found = holm({f"t{k}": value for k, value in enumerate(p)})
    assert [test.name for test in found] == [f"t{k}" for k in range(7)]
    assert [test.adjusted for test in found] == pytest.approx(multipletests(p, method="holm")[1])


def test_a_test_that_failed_stays_unknown_and_still_counts() -> None:
    found = {test.name: test for test in holm({"a": 0.02, "b": math.nan, "c": 0.5})}
    assert found["a"].adjusted == pytest.approx(0.06)
    assert math.isnan(found["b"].adjusted)
    assert not found["b"].holds()
    assert not found["a"].holds()
    assert found["a"].holds(0.07)


@pytest.mark.parametrize("value", [-0.1, 1.1, math.inf])
def test_no_probability_is_refused(value: float) -> None:
    with pytest.raises(BadInput, match="no p-value"):
        holm({"a": value})
