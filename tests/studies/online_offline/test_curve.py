"""The inverted-U test against formulas of statsmodels, which share nothing with it."""

from __future__ import annotations

import operator

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import optimize, stats
from worlds import jackknife, with_holes, world

from econsim_mesa.errors import BadInput
from econsim_mesa.studies.online_offline.curve import inverted_u


def formula(panel: pd.DataFrame, center: float, model: str = "") -> object:
    """Fit the model by formula on the days that are known."""
    known = panel.dropna(subset=["x", "y"])
    known = known.assign(d=known.x - center, dd=(known.x - center) ** 2)
    groups = known.run.astype("category").cat.codes
    return smf.ols(model or "y ~ C(run) + C(day) + d + dd", known).fit(
        cov_type="cluster", cov_kwds={"groups": groups}, use_t=True
    )


@pytest.mark.parametrize("change", [lambda p: p, with_holes], ids=["whole", "holes"])
def test_every_number_is_that_of_a_formula(change: object) -> None:
    panel = change(world())  # type: ignore[operator]
    found = inverted_u(panel, center=7.5)
    fit = formula(panel, 7.5)
    known = panel.dropna(subset=["x", "y"])
    known = known.assign(d=known.x - 7.5, dd=(known.x - 7.5) ** 2)
    covariance = jackknife(known, "y ~ C(run) + C(day) + d + dd", ["d", "dd"])
    wide = float(known.x.quantile(0.95) - known.x.quantile(0.05))
    middle = float(known.x.quantile(0.95) + known.x.quantile(0.05)) / 2
    for weights, estimate in (
        ([1, 0], found.linear),
        ([0, 1], found.quadratic),
        ([0, -wide * wide / 4], found.hump),
        ([wide, 2 * wide * (middle - 7.5)], found.rise),
    ):
        w, tested = np.array(weights), fit.t_test(np.r_[np.zeros(len(fit.params) - 2), weights])
        value, error = float(w @ fit.params[["d", "dd"]]), float(np.sqrt(w @ covariance @ w))
        half, t = stats.t.ppf(0.975, 5) * error, value / error
        expected = [value, error, t, 2 * stats.t.sf(abs(t), 5), value - half, value + half]
        expected += [tested.sd.item(), tested.pvalue.item()]
        assert list(estimate) == pytest.approx(expected, rel=1e-6)
    line = formula(panel, 7.5, "y ~ C(run) + C(day) + d")
    assert found.straight.value == pytest.approx(line.params["d"])
    assert found.straight.clustered_p == pytest.approx(line.pvalues["d"])
    assert found.noise == pytest.approx(np.sqrt(fit.ssr / fit.df_resid))
    checks = {check.name: check.value for check in found.checks}
    for quantile, slope, sign, part in (
        (0.05, found.slope_low, 1, "p of a rise at the 5th percentile"),
        (0.95, found.slope_high, -1, "p of a fall at the 95th percentile"),
    ):
        at = known.x.quantile(quantile)
        test = fit.t_test(f"d + {2 * (at - 7.5)} * dd = 0")
        assert slope.value == pytest.approx(test.effect.item())
        assert slope.clustered_error == pytest.approx(test.sd.item())
        t = sign * test.tvalue.item()
        assert checks[part] == pytest.approx(stats.t.sf(t, known.run.nunique() - 1))
    assert (found.run_days, found.missing) == (len(known), len(panel) - len(known))
    assert (found.runs, found.days) == (6, 12)


def test_fieller_is_where_the_slope_is_just_significant() -> None:
    panel = world(runs=8, days=20, bend=-0.2)
    found = inverted_u(panel, center=7.5)
    fit = formula(panel, 7.5)
    critical = stats.t.ppf(0.975, 7)

    def excess(x: float) -> float:
        test = fit.t_test(f"d + {2 * (x - 7.5)} * dd = 0")
        return abs(test.tvalue.item()) - critical

    top = found.turning_point
    assert top == pytest.approx(7.5 - fit.params["d"] / (2 * fit.params["dd"]))
    low, high = found.interval
    assert low == pytest.approx(optimize.brentq(excess, top - 4, top), abs=1e-6)
    assert high == pytest.approx(optimize.brentq(excess, top, top + 4), abs=1e-6)
    assert found.verdict == "inverted U"


def test_without_a_bend_the_turning_point_is_anywhere() -> None:
    found = inverted_u(world(seed=3, runs=10, days=25, bend=0.0), center=7.5)
    assert found.interval == (-np.inf, np.inf)
    assert found.verdict == "inconclusive"
    assert not {c.name: c.holds for c in found.checks}["interval begins"]


@pytest.mark.parametrize(
    ("bend", "slope", "verdict"),
    [(-0.2, 0.0, "inverted U"), (-0.05, 1.5, "concave"), (0.0, 1.0, "linear"),
     (0.0, 0.0, "inconclusive"), (0.2, 0.0, "inconclusive")],
)  # fmt: skip
def test_the_verdict_follows_the_truth(bend: float, slope: float, verdict: str) -> None:
    panel = world(seed=3, runs=10, days=25, bend=bend).assign(y=lambda p: p.y + slope * p.x)
    found = inverted_u(panel, center=8)
    assert found.verdict == verdict
    assert (found.verdict == "inverted U") == all(check.holds for check in found.checks)


def test_the_center_changes_the_linear_term_only() -> None:
    panel = world()
    one, other = inverted_u(panel, center=0), inverted_u(panel, center=11)
    assert one.quadratic == pytest.approx(other.quadratic, rel=1e-6)
    assert one.interval == pytest.approx(other.interval, rel=1e-6)
    assert one.slope_low == pytest.approx(other.slope_low, rel=1e-6)
    assert one.linear.value != pytest.approx(other.linear.value, rel=0.01)


@pytest.mark.parametrize("change", [lambda p: p, with_holes], ids=["whole", "holes"])
def test_the_bootstrap_draws_whole_runs(change: object) -> None:
    panel = change(world(bend=-0.2))  # type: ignore[operator]
    luck = np.random.default_rng(5)
    found = inverted_u(panel, center=8, draws=200, generator=np.random.default_rng(5))
    chosen = luck.integers(0, 6, size=(200, 6))
    names = sorted(panel.run.unique())
    tops = []
    for draw in chosen:
        parts = [panel[panel.run == names[r]].assign(run=f"copy {k}") for k, r in enumerate(draw)]
        known = pd.concat(parts).dropna(subset=["x", "y"])
        known = known.assign(d=known.x - 8, dd=(known.x - 8) ** 2)
        params = smf.ols("y ~ C(run) + C(day) + d + dd", known).fit().params
        tops.append(8 - params["d"] / (2 * params["dd"]))
    assert found.interval == pytest.approx(tuple(np.quantile(tops, [0.025, 0.975])), rel=1e-5)
    assert found.interval_method == "bootstrap over runs, 200 draws"


def test_a_bootstrap_needs_a_generator() -> None:
    with pytest.raises(BadInput, match="seeded generator"):
        inverted_u(world(), center=8, draws=10)


def test_redundant_controls_are_listed_in_the_rows() -> None:
    found = inverted_u(world(), center=8, controls=["price"])
    rows = found.to_rows()
    assert rows[0] == {"part": "verdict", "value": found.verdict}
    aliased = [row["value"] for row in rows if row["part"] == "aliased"]
    assert len(aliased) == 1
    assert str(aliased[0]).startswith("price dropped: a combination of constant, day")
    assert found.quadratic == pytest.approx(inverted_u(world(), center=8).quadratic)


def test_each_part_is_held_to_what_it_needs() -> None:
    compare = {"<": operator.lt, "<=": operator.le, ">=": operator.ge}
    seen = set()
    for seed in range(12):
        for bend, slope in ((-0.2, 0.0), (-0.1, 1.0), (-0.1, -1.0), (0.0, 1.0), (0.1, 0.0)):
            panel = world(seed, bend=bend).assign(y=lambda p, s=slope: p.y + s * p.x)
            found = inverted_u(panel, center=8)
            for check in found.checks:
                sign, needed = check.needed.split()
                assert check.holds == compare[sign](check.value, float(needed))
                seen.add((check.name, check.holds))
            assert (found.verdict == "inverted U") == all(check.holds for check in found.checks)
    assert len(seen) == 2 * len(found.checks)  # each held and failed at least once


def test_huge_counts_change_the_unit_and_nothing_else() -> None:
    panel, times = world(), 1e8
    small = inverted_u(panel, center=8)
    large = inverted_u(panel.assign(x=panel.x * times), center=8 * times)
    assert large.linear.value * times == pytest.approx(small.linear.value, rel=1e-6)
    assert large.quadratic.value * times**2 == pytest.approx(small.quadratic.value, rel=1e-6)
    assert large.quadratic.p == pytest.approx(small.quadratic.p, rel=1e-6)
    assert large.verdict == small.verdict
