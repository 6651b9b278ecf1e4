from __future__ import annotations

import numpy as np
import pandas as pd
import patsy
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from worlds import jackknife, world

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.studies.online_offline.spline import knots, spline_basis
from econsim_mesa.studies.online_offline.two_lines import interrupted, two_lines


def test_the_slopes_are_those_of_two_formulas() -> None:
    panel = world(runs=6, days=20, bend=-0.2)
    found = two_lines(panel)
    at = found.breakpoint
    for keep, estimate in (("x <= at", found.first), ("x < at", found.second)):
        below = (panel.x <= at) if keep == "x <= at" else (panel.x < at)
        data = panel.assign(
            low=np.where(below, panel.x - at, 0), high=np.where(below, 0, panel.x - at), up=~below
        )
        formula = "y ~ C(run) + C(day) + low + high + up"
        fit = smf.ols(formula, data).fit(
            cov_type="cluster", cov_kwds={"groups": data.seed}, use_t=True
        )
        name = "low" if keep == "x <= at" else "high"
        assert estimate.value == pytest.approx(fit.params[name])
        error = np.sqrt(jackknife(data, formula, [name])[0, 0])
        assert estimate.error == pytest.approx(error)
        assert estimate.p == pytest.approx(2 * stats.t.sf(abs(estimate.value / error), 5))
        assert estimate.clustered_p == pytest.approx(fit.pvalues[name])
    assert found.verdict == "inverted U"
    assert found.breakpoint == pytest.approx(8, abs=1.5)


@pytest.mark.parametrize(("bend", "slope"), [(0.0, 0.0), (0.0, 1.0), (0.2, 0.0)])
def test_what_does_not_turn_over_is_none(bend: float, slope: float) -> None:
    panel = world(runs=6, days=20, bend=bend).assign(y=lambda p: p.y + slope * p.x)
    assert two_lines(panel).verdict == "no inverted U"


def test_a_jump_is_no_slope() -> None:
    panel = world(runs=6, days=20, bend=0.0)
    panel["y"] += 20 * (panel.x > 9.5)
    first, second = interrupted(panel, panel.x.to_numpy(), panel.y.to_numpy(), 9.5)
    assert abs(first.value) < 0.5
    assert abs(second.value) < 1.0


def test_the_spline_is_straight_outside_and_smooth_inside() -> None:
    at = np.array([1.0, 3.0, 6.0, 9.0])
    x = np.linspace(-5, 15, 4001)
    basis = spline_basis(x, at)
    assert basis.shape == (4001, 3)
    second = np.diff(basis, n=2, axis=0)
    outside = (x[1:-1] < 0.99) | (x[1:-1] > 9.01)
    assert np.abs(second[outside]).max() < 1e-9
    assert np.abs(second[~outside]).max() > 1e-7
    assert np.abs(np.diff(second, axis=0)).max() < 1e-6
    assert spline_basis(x, at[:2]).shape == (4001, 1)
    assert knots(np.array([0.0] * 50 + [1.0])).size == 1


def test_without_a_middle_two_lines_are_refused() -> None:
    panel = world().assign(x=lambda p: (p.x > 8).astype(float))
    with pytest.raises(NotIdentified, match="two lines need a middle"):
        two_lines(panel)


@pytest.mark.parametrize("seed", range(4))
def test_the_breakpoint_takes_from_the_line_that_is_known_better(seed: int) -> None:
    panel = world(seed=seed, runs=6, days=20, bend=-0.2)
    panel["y"] += 0.5 * panel.x * (panel.seed - 2)  # one line is known better than the other
    at = panel.x.quantile([0.05, 0.35, 0.65, 0.95]).tolist()
    spline = f"cr(x, knots={at[1:-1]}, lower_bound={at[0]}, upper_bound={at[-1]}) - 1"
    basis = patsy.dmatrix(spline, panel, return_type="dataframe")
    basis = (basis - basis.mean()).iloc[:, 1:]  # the columns of patsy sum to 1
    basis.columns = list("abc")
    fit = smf.ols("y ~ C(run) + C(day) + a + b + c", pd.concat([panel, basis], axis=1)).fit(
        cov_type="cluster", cov_kwds={"groups": panel.seed}, use_t=True
    )
    names = ["a", "b", "c"]
    curve = basis @ fit.params[names]
    error = np.sqrt((basis @ fit.cov_params().loc[names, names] * basis).sum(axis=1))
    low, high = panel.x.quantile([0.1, 0.9])
    middle = (panel.x > low) & (panel.x < high)
    flat = panel.x[middle & (curve + error >= curve[middle].max())]
    lines = interrupted(panel, panel.x.to_numpy(), panel.y.to_numpy(), flat.median())
    z = [abs(line.t) for line in lines]
    assert two_lines(panel).breakpoint == pytest.approx(flat.quantile(z[1] / sum(z)))
