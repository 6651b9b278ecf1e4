from __future__ import annotations

import itertools

import numpy as np
import pytest
import statsmodels.formula.api as smf
from worlds import world

from econsim_mesa.analysis.design_matrix import build_design
from econsim_mesa.analysis.wild_bootstrap import wild_cluster_test
from econsim_mesa.errors import BadInput


def parts(runs: int = 5, bend: float = -0.05):  # type: ignore[no-untyped-def]
    panel = world(runs=runs, days=10, bend=bend)
    d = panel.x.to_numpy() - 8
    panel = panel.assign(d=d, dd=d**2, code=panel.seed)
    return panel, build_design(panel, {"d": d, "dd": d**2}), panel.y.to_numpy()


def t_of_square(panel):  # type: ignore[no-untyped-def]
    fit = smf.ols("y ~ C(run) + C(day) + d + dd", panel).fit(
        cov_type="cluster", cov_kwds={"groups": panel.code}, use_t=True
    )
    return fit.tvalues["dd"]


def test_every_pattern_is_the_bootstrap_written_out_by_formula() -> None:
    panel, design, y = parts()
    null = smf.ols("y ~ C(run) + C(day) + d", panel).fit()
    seen = t_of_square(panel)
    ts = []
    for signs in itertools.product([1, -1], repeat=5):
        flipped = null.resid * np.array(signs)[panel.code]
        ts.append(t_of_square(panel.assign(y=null.fittedvalues + flipped)))
    found = wild_cluster_test(design, y, [0, 1], np.random.default_rng(1))
    assert found.t == pytest.approx(seen)
    assert (found.every_pattern, found.draws, found.smallest) == (True, 32, 2 / 32)
    assert found.p == np.mean(np.abs(ts) >= abs(seen) - 1e-9)
    less = wild_cluster_test(design, y, [0, 1], np.random.default_rng(1), alternative="less")
    assert less.p == np.mean(np.array(ts) <= seen + 1e-9)
    more = wild_cluster_test(design, y, [0, 1], np.random.default_rng(1), alternative="greater")
    assert more.p == np.mean(np.array(ts) >= seen - 1e-9)


def test_draws_come_from_the_given_generator_and_agree_with_all_patterns() -> None:
    _, design, y = parts(runs=8, bend=-0.02)
    exact = wild_cluster_test(design, y, [1, 0], np.random.default_rng(1))
    assert exact.every_pattern
    few = [
        wild_cluster_test(design, y, [1, 0], np.random.default_rng(seed), draws=250)
        for seed in (2, 2, 3)
    ]
    assert not few[0].every_pattern
    assert few[0] == few[1]
    assert few[0].p == pytest.approx(exact.p, abs=0.1)
    assert few[0].p != few[2].p


def test_a_bend_that_is_there_is_found() -> None:
    _, design, y = parts(runs=10, bend=-0.3)
    assert wild_cluster_test(design, y, [0, 1], np.random.default_rng(1)).p < 0.01


def test_weights_must_fit() -> None:
    _, design, y = parts()
    with pytest.raises(BadInput, match="1 weights for 2 coefficients"):
        wild_cluster_test(design, y, [1], np.random.default_rng(1))


def test_huge_counts_change_no_p() -> None:
    panel, design, y = parts()
    times = 1e8
    large = build_design(panel, {"d": panel.d * times, "dd": panel.dd * times**2})
    some, other = (
        wild_cluster_test(one, y, [1, 0], np.random.default_rng(1)) for one in (design, large)
    )
    assert (other.t, other.p) == pytest.approx((some.t, some.p))
