from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from worlds import with_holes, world

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.errors import BadInput
from econsim_mesa.studies.online_offline.robustness import SHAPES, leave_one_run_out, sign_count

FORMULAS = {
    "flat": "y ~ C(run) + C(day)",
    "linear": "y ~ C(run) + C(day) + x",
    "log": "y ~ C(run) + C(day) + np.log1p(x)",
    "quadratic": "y ~ C(run) + C(day) + x + I(x**2)",
}


@pytest.mark.parametrize("change", [lambda p: p, with_holes], ids=["whole", "holes"])
def test_errors_on_runs_left_out_are_those_of_formulas(change: object) -> None:
    panel = change(world(bend=-0.2)).dropna(subset=["x", "y"])  # type: ignore[operator]
    found = {row.shape: row for row in leave_one_run_out(panel)}
    assert tuple(found) == SHAPES
    for shape, formula in FORMULAS.items():
        errors = []
        for run in panel.run.unique():
            others, own = panel[panel.run != run], panel[panel.run == run]
            fit = smf.ols(formula, others).fit()
            guess = fit.predict(own.assign(run=others.run.iloc[0]))
            errors.append((own.y - own.y.mean()) - (guess - guess.mean()))
        assert found[shape].error == pytest.approx(np.sqrt((pd.concat(errors) ** 2).mean()))
    assert found["quadratic"].error < found["linear"].error
    assert found["spline"].error < found["linear"].error
    assert found["quadratic"].better_than_flat == 6


def test_a_day_that_no_other_run_has_is_not_judged() -> None:
    panel = world()
    extra = panel[:1].assign(day="2026-01-01", y=1e6)
    longer = leave_one_run_out(pd.concat([panel, extra], ignore_index=True))
    # it stands in the fits of the others, where its own effect takes it up
    assert [row.error for row in longer] == pytest.approx(
        [row.error for row in leave_one_run_out(panel)], rel=0.02
    )


def test_three_runs_suffice_and_two_do_not() -> None:
    assert len(leave_one_run_out(world(runs=3))) == len(SHAPES)
    with pytest.raises(NotIdentified, match="2 runs"):
        leave_one_run_out(world(runs=2))
    with pytest.raises(BadInput, match="below 0"):
        leave_one_run_out(world().assign(x=lambda p: p.x - 9))


def test_signs_are_counted_run_by_run() -> None:
    panel = world(runs=7, bend=-0.1)
    panel.loc[panel.run == "r0", "x"] = 5.0  # tells nothing
    panel.loc[panel.run == "r1", "x"] = np.where(panel[panel.run == "r1"].x > 8, 1.0, 0.0)
    panel.loc[panel.run == "r2", "y"] = panel[panel.run == "r2"].x ** 2
    found = sign_count(panel)
    bends = [
        smf.ols("y ~ x + I(x**2)", panel[panel.run == f"r{k}"]).fit().params.iloc[2]
        for k in range(2, 7)
    ]
    below = sum(bend < 0 for bend in bends)
    assert (found.below, found.above, found.unknown) == (below, 5 - below, 2)
    assert found.p == pytest.approx(stats.binomtest(below, 5).pvalue)
    assert np.isnan(sign_count(panel[panel.run == "r0"]).p)
