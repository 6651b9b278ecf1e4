from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.analysis.variance_components import decompose


def crossed(luck: np.random.Generator, prompts: int, models: int, seeds: int) -> pd.DataFrame:
    """Return runs whose outcome has variance 4 by prompt, 0 by model, 1 by seed, 2 besides."""
    prompt, seed = luck.normal(0, 2, prompts), luck.normal(0, 1, seeds)
    rows = [
        (f"p{p}", f"m{m}", s, 10 + prompt[p] + seed[s] + luck.normal(0, np.sqrt(2)))
        for p, m, s in itertools.product(range(prompts), range(models), range(seeds))
    ]
    return pd.DataFrame(rows, columns=["prompt", "model", "seed", "y"])


def test_sums_of_squares_are_those_of_an_analysis_of_variance() -> None:
    runs = crossed(np.random.default_rng(1), 3, 2, 7)
    found = {one.source: one for one in decompose(runs, ["prompt", "model", "seed"], "y")}
    made = anova_lm(smf.ols("y ~ C(prompt) + C(model) + C(seed)", runs).fit())
    rest = made.loc["Residual", "mean_sq"]
    assert found["rest"].value == pytest.approx(rest)
    for source in ("prompt", "model", "seed"):
        row = made.loc[f"C({source})"]
        one = found[source]
        assert one.mean_square == pytest.approx(row["mean_sq"])
        assert one.p == pytest.approx(row["PR(>F)"])
        repeats = len(runs) / one.levels
        assert one.value == pytest.approx((row["mean_sq"] - rest) / repeats)
        assert one.low <= max(one.value, 0.0) <= one.high
    assert sum(one.share for one in found.values()) == pytest.approx(1)
    assert found["prompt"].note == "3 levels: few"
    assert found["seed"].note == ""


def test_intervals_hold_the_truth_and_few_levels_are_wide() -> None:
    luck = np.random.default_rng(2)
    holds = {"prompt": 0, "model": 0, "seed": 0, "rest": 0}
    wide = []
    truth = {"prompt": 4.0, "model": 0.0, "seed": 1.0, "rest": 2.0}
    for _ in range(200):
        found = decompose(crossed(luck, 4, 3, 8), ["prompt", "model", "seed"], "y")
        for one in found:
            holds[one.source] += one.low <= truth[one.source] <= one.high
        wide.append(found[0].high / found[0].value)
    assert min(holds.values()) / 200 >= 0.90  # three standard errors below .95
    assert np.median(wide) > 5


def test_what_cannot_be_decomposed() -> None:
    runs = crossed(np.random.default_rng(3), 2, 1, 5)
    prompt, model, *_ = decompose(runs, ["prompt", "model", "seed"], "y")
    assert np.isfinite(prompt.value)
    assert np.isnan(model.value)
    assert model.note == "one level"
    with pytest.raises(NotIdentified, match="one run for each"):
        decompose(runs[1:], ["prompt", "seed"], "y")
    with pytest.raises(NotIdentified, match="nothing for the rest"):
        decompose(runs[runs["seed"] == 0], ["prompt", "seed"], "y")
    with pytest.raises(NotIdentified, match="not known"):
        decompose(runs.assign(y=np.nan), ["prompt", "seed"], "y")
