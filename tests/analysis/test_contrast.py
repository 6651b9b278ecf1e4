from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from worlds import with_holes, world

from econsim_mesa.analysis.contrast import mean_of, paired_contrast
from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.errors import BadInput
from econsim_mesa.studies.online_offline.coefficients import curvature, spread_slope


def bend(panel: pd.DataFrame) -> float:
    known = panel.dropna(subset=["x", "y"])
    known = known.assign(d=known.x - 8, dd=(known.x - 8) ** 2)
    return float(smf.ols("y ~ C(run) + C(day) + d + dd", known).fit().params["dd"])


def copies(panel: pd.DataFrame, seeds: list[int]) -> pd.DataFrame:
    parts = [panel[panel.seed == s].assign(run=f"copy {k}") for k, s in enumerate(seeds)]
    return pd.concat(parts)


@pytest.mark.parametrize("change", [lambda p: p, with_holes], ids=["whole", "holes"])
def test_the_difference_of_bends_is_that_of_formulas(change: object) -> None:
    full = change(world(seed=1, bend=-0.2))  # type: ignore[operator]
    none = world(seed=2, bend=-0.05).assign(run=lambda p: "none " + p.run)
    found = paired_contrast(full, none, curvature(center=8), np.random.default_rng(4), draws=60)
    assert found.first == pytest.approx(bend(full))
    assert found.second == pytest.approx(bend(none))
    assert found.difference == pytest.approx(bend(full) - bend(none))
    left = [
        bend(full[full.seed != seed]) - bend(none[none.seed != seed]) for seed in range(6)
    ]  # fmt: skip
    error = np.sqrt(5 / 6 * ((np.array(left) - np.mean(left)) ** 2).sum())
    assert found.error == pytest.approx(error)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(found.difference / error), 5))
    chosen = np.random.default_rng(4).integers(0, 6, size=(60, 6))
    drawn = [bend(copies(full, list(c))) - bend(copies(none, list(c))) for c in chosen]
    low, high = np.quantile(drawn, [0.025, 0.975])
    half = stats.t.ppf(0.975, 5) * error
    wider = min(low, found.difference - half), max(high, found.difference + half)
    assert (found.low, found.high) == pytest.approx(wider)
    assert (found.pairs, found.unpaired, found.failed) == (6, (), 0)


def test_without_a_centre_each_side_is_read_at_its_own_mean() -> None:
    """Other conditions have no say in where the slope of one is taken."""
    one, other = world(seed=1, bend=-0.2), world(seed=2).assign(x=lambda p: p.x + 5)
    found = paired_contrast(one, other, curvature(order=1), np.random.default_rng(4), draws=20)
    for panel, slope in ((one, found.first), (other, found.second)):
        own = paired_contrast(
            panel, one, curvature(center=panel.x.mean(), order=1), np.random.default_rng(4)
        )
        assert slope == pytest.approx(own.first)


def test_pairs_are_drawn_together() -> None:
    one = world(seed=1)
    other = one.assign(y=lambda p: p.y - 5)
    found = paired_contrast(one, other, mean_of("y"), np.random.default_rng(1), draws=50)
    assert (found.difference, found.low, found.high) == pytest.approx((5, 5, 5))


def test_the_mean_is_over_runs_not_days() -> None:
    one = world(seed=1)[:-8]
    found = paired_contrast(one, world(seed=2), mean_of("x"), np.random.default_rng(1), draws=50)
    assert found.first == pytest.approx(one.groupby("run").x.mean().mean())


def test_seeds_without_a_partner_are_listed() -> None:
    one, other = world(seed=1), world(seed=2)
    found = paired_contrast(
        one[one.seed != 2], other[other.seed != 4], mean_of("y"), np.random.default_rng(1)
    )
    assert (found.pairs, found.unpaired) == (4, (2, 4))
    assert found.first == pytest.approx(one[~one.seed.isin([2, 4])].y.mean())


def test_a_slope_of_spread_is_weighted() -> None:
    luck = np.random.default_rng(1)
    table = world().drop(columns=["y"]).assign(posts=lambda p: luck.integers(3, 15, len(p)))
    table["authors"] = table.posts - luck.integers(0, 3, len(table))
    table["variance"] = luck.random(len(table))
    found = paired_contrast(table, table, spread_slope(), np.random.default_rng(1), draws=20)
    thick = table[table.authors >= 5]
    formula = "variance ~ C(run) + C(day) + posts"
    fit = smf.wls(formula, thick, weights=thick.authors - 1).fit()
    assert found.first == pytest.approx(fit.params["posts"])
    assert found.difference == 0
    assert np.isnan(found.t)
    assert np.isnan(found.p)


def test_draws_that_tell_nothing_are_counted_not_filled() -> None:
    one = world(runs=3)
    other = world(seed=5, runs=3)
    found = paired_contrast(one, other, curvature(center=8), np.random.default_rng(1), draws=500)
    assert 30 < found.failed < 90  # one draw in nine is three times the same run
    assert np.isnan([found.low, found.high]).all()
    assert np.isfinite(found.difference)


def test_no_pairs_no_contrast() -> None:
    one = world()
    luck = np.random.default_rng(1)
    with pytest.raises(NotIdentified, match="2 pairs of runs with one seed"):
        paired_contrast(one[one.seed < 2], one, mean_of("y"), luck)
    twice = pd.concat([one, one[one.seed == 3].assign(run="again")])
    with pytest.raises(BadInput, match=r"seeds \[3\] have several runs"):
        paired_contrast(one, twice, mean_of("y"), luck)


def test_a_side_without_a_day_that_counts_is_told() -> None:
    one = world().assign(posts=9, authors=4, variance=0.5)
    luck = np.random.default_rng(1)
    with pytest.raises(NotIdentified, match="no day with as many authors"):
        paired_contrast(one, one, spread_slope(), luck)
    with pytest.raises(NotIdentified, match="no day with both x and y"):
        paired_contrast(one.assign(y=np.nan), one, curvature(center=8), luck)
