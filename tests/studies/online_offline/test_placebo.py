from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from worlds import with_holes, world

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.studies.online_offline.placebo import lags, shuffled_days


def t_of_square(panel: pd.DataFrame) -> float:
    known = panel.assign(d=panel.x - 8, dd=(panel.x - 8) ** 2)
    fit = smf.ols("y ~ C(run) + C(day) + d + dd", known).fit(
        cov_type="cluster", cov_kwds={"groups": known.seed}, use_t=True
    )
    return float(fit.tvalues["dd"])


@pytest.mark.parametrize("bend", [-0.02, -0.3])
def test_shuffled_days_are_a_permutation_within_runs(bend: float) -> None:
    panel = world(bend=bend)
    found = shuffled_days(panel, np.random.default_rng(2), center=8, draws=60)
    luck = np.random.default_rng(2)
    shuffled = np.empty((len(panel), 60))
    for run in range(6):
        rows = np.flatnonzero(panel.seed == run)
        order = np.argsort(luck.random((len(rows), 60)), axis=0)
        shuffled[rows] = panel.x.to_numpy()[rows][order]
        assert (np.sort(panel.x[rows]) == np.sort(shuffled[rows], axis=0).T).all()
    ts = np.array([t_of_square(panel.assign(x=shuffled[:, k])) for k in range(60)])
    seen = t_of_square(panel)
    assert found.t == pytest.approx(seen)
    assert found.p == pytest.approx((1 + (np.abs(ts) >= abs(seen)).sum()) / 61)
    assert found.p_below == pytest.approx((1 + (ts <= seen).sum()) / 61)


def test_shuffling_tells_a_bend_from_none() -> None:
    bent = shuffled_days(world(bend=-0.3), np.random.default_rng(1), center=8)
    flat = shuffled_days(world(seed=3, bend=0.0), np.random.default_rng(1), center=8)
    assert bent.draws == 999
    assert bent.p < 0.01
    assert flat.p > 0.05


@pytest.mark.parametrize("change", [lambda p: p, with_holes], ids=["whole", "holes"])
def test_lags_are_shifts_along_the_calendar(change: object) -> None:
    panel = change(world())  # type: ignore[operator]
    wide = panel.pivot(index="day", columns="run", values="x")
    for lag in lags(panel):
        shifted = wide.shift(lag.days).stack().rename("before").reset_index()
        both = panel.dropna(subset=["y"]).merge(shifted.dropna(), on=["day", "run"])
        if lag.days:
            both = both.dropna(subset=["x"])
        same = " + x" if lag.days else ""
        fit = smf.ols(f"y ~ C(run) + C(day) + before{same}", both).fit(
            cov_type="cluster", cov_kwds={"groups": both.seed}, use_t=True
        )
        assert lag.run_days == len(both)
        assert lag.slope is not None
        assert lag.slope.value == pytest.approx(fit.params["before"])
        assert lag.slope.clustered_p == pytest.approx(fit.pvalues["before"])


def test_the_lag_of_the_effect_stands_out() -> None:
    panel = world(runs=8, days=20, bend=0.0)
    panel["y"] += 3 * panel.groupby("run").x.shift(1).fillna(8)
    found = {lag.days: lag.slope for lag in lags(panel)}
    assert found[1] is not None
    assert found[1].value == pytest.approx(3, abs=0.3)
    assert max(abs(s.value) for d, s in found.items() if d != 1 and s is not None) < 1


def test_no_lag_takes_the_effect_of_the_same_day_for_its_own() -> None:
    panel = world(runs=8, days=20, bend=0.0)
    tomorrow = panel.groupby("run").x.shift(-1)
    panel["x"] = panel.x + 0.8 * tomorrow.fillna(8)  # so that days next to each other go together
    panel["y"] = 3 * panel.x + np.random.default_rng(4).normal(size=len(panel))
    found = {lag.days: lag.slope for lag in lags(panel)}
    assert found[0] is not None
    assert found[0].value == pytest.approx(3, abs=0.2)
    assert max(abs(s.value) for d, s in found.items() if d and s is not None) < 0.2


def test_a_lag_longer_than_the_runs_says_so() -> None:
    (lag,) = lags(world(days=3), reach=[3])
    assert lag.slope is None
    assert "cannot identify" in lag.why


def test_shuffled_days_refuse_what_never_varies() -> None:
    with pytest.raises(NotIdentified, match="nothing to explain"):
        shuffled_days(world().assign(y=0.0), np.random.default_rng(2), center=8)
