from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from worlds import world

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.studies.online_offline.published import (
    pooled_quadratic,
    volume_spread_correlation,
)


def test_the_pooled_fit_is_that_of_a_formula_on_days_with_a_sale() -> None:
    panel = world().assign(y=lambda p: p.y.where(p.index % 5 != 0, 0.0))
    found = pooled_quadratic(panel, x="x")
    sold = panel[panel.y != 0]
    z = sold[["x", "y"]].apply(lambda column: stats.zscore(column))
    fit = smf.ols("y ~ x + I(x**2)", z).fit()
    assert (found.linear, found.quadratic) == pytest.approx(tuple(fit.params.iloc[1:]))
    assert (found.p_linear, found.p_quadratic) == pytest.approx(tuple(fit.pvalues.iloc[1:]))
    assert (found.run_days, found.dropped) == (57, 15)
    assert found.label.startswith("as the paper computes it")
    assert found.says_inverted_u == (fit.params.iloc[2] < 0 and fit.pvalues.iloc[2] < 0.05)


def test_the_correlation_is_pearsons_and_leaves_out_what_has_no_spread() -> None:
    luck = np.random.default_rng(1)
    table = pd.DataFrame({"run": "a", "day": range(30), "posts": luck.integers(1, 9, 30)})
    table["sd"] = np.where(table.posts > 1, luck.random(30), np.nan)
    found = volume_spread_correlation(table)
    known = table.dropna()
    expected = stats.pearsonr(known.posts, known.sd)
    assert found.correlation == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.run_days == len(known) < 30


def test_too_little_is_refused() -> None:
    with pytest.raises(NotIdentified, match="3 days with a sale"):
        pooled_quadratic(world()[:3], x="x")
    table = pd.DataFrame({"run": "a", "day": [1, 2], "posts": [2, 3], "sd": [0.1, 0.2]})
    with pytest.raises(NotIdentified, match="2 days"):
        volume_spread_correlation(table)
