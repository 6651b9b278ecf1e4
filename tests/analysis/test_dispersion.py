from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from econsim_mesa.analysis.design import NotIdentified
from econsim_mesa.analysis.dispersion import (
    dispersion,
    gini_mean_difference,
    spreads,
    templates,
)
from econsim_mesa.analysis.sentiment import vader


def scored(seed: int = 1, runs: int = 6, days: int = 15, rise: float = 0.0) -> pd.DataFrame:
    luck = np.random.default_rng(seed)
    rows = []
    for run, day in itertools.product(range(runs), range(days)):
        n = int(luck.integers(0, 20))
        spread = 0.3 + rise * n
        rows += [(f"r{run}", f"d{day:02}", score) for score in luck.normal(0, spread, n)]
    return pd.DataFrame(rows, columns=["run", "day", "score"])


@pytest.mark.parametrize("seed", range(10))
def test_gini_is_the_mean_over_all_pairs(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=seed + 2)
    pairs = [abs(a - b) for a, b in itertools.combinations(scores, 2)]
    assert gini_mean_difference(scores) == pytest.approx(np.mean(pairs))


def test_a_spread_of_one_post_is_unknown() -> None:
    table = spreads(pd.DataFrame({"run": "a", "day": [1, 2, 2], "score": [0.5, 0.0, 1.0]}))
    assert table.posts.tolist() == [1, 2]
    assert table.loc[0, ["variance", "gini", "sd"]].isna().all()
    assert table.loc[1, ["variance", "gini", "sd"]].tolist() == pytest.approx([0.5, 1, 0.5**0.5])


@pytest.mark.parametrize("measure", ["variance", "gini"])
def test_the_slope_is_that_of_a_weighted_formula(measure: str) -> None:
    posts = scored()
    found = dispersion(spreads(posts), measure=measure)  # type: ignore[arg-type]
    days = {
        "variance": lambda s: s.var(ddof=1),
        "gini": lambda s: np.mean([abs(a - b) for a, b in itertools.combinations(s, 2)]),
    }[measure]
    table = posts.groupby(["run", "day"]).score.agg(n="size", spread="mean").reset_index()
    table = table[table.n >= 5]
    own = posts.set_index(["run", "day"]).score
    table["spread"] = [days(own.loc[(r, d)]) for r, d in zip(table.run, table.day, strict=True)]
    codes = table.run.astype("category").cat.codes
    fit = smf.wls("spread ~ C(run) + n", table, weights=table.n - 1).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    assert found.slope.value == pytest.approx(fit.params["n"])
    assert found.slope.error == pytest.approx(fit.bse["n"])
    assert found.slope.p == pytest.approx(fit.pvalues["n"])
    assert found.run_days == len(table)
    assert found.run_days + found.thin == len(posts.drop_duplicates(["run", "day"]))


def test_a_rise_is_found_and_void_overrules_it() -> None:
    table = spreads(scored(rise=0.05))
    assert dispersion(table).verdict == "rises"
    assert dispersion(spreads(scored())).verdict == "inconclusive"
    void = dispersion(table, void="templates")
    assert void.verdict == "void"
    assert void.to_rows()[0] == {"part": "verdict", "value": "void", "why": "templates"}


def test_thin_days_cannot_be_told() -> None:
    posts = scored().groupby(["run", "day"]).head(4)
    with pytest.raises(NotIdentified, match="0 runs cannot identify posts"):
        dispersion(spreads(posts))


@pytest.mark.parametrize(
    ("made", "void"),
    [([("utility", 90)], True), ([("llm", 90), ("utility", 5)], False), ([], False),
     ([("idle", 2), ("llm", 1), ("random", 1)], True), ([("replay", 9)], False)],
)  # fmt: skip
def test_embedded_deciders_make_it_void(made: list[tuple[str, int]], void: bool) -> None:
    run = SimpleNamespace(select=lambda query: made)
    reason = templates(run)  # type: ignore[arg-type]
    assert (reason is not None) == void
    assert reason is None or "templates" in reason


@pytest.mark.parametrize(
    ("text", "valence"),
    [("The pizza was great!", 3.1 + 0.292), ("Terrible queue, awful.", -2.1 - 2.0), ("A cell.", 0)],
)
def test_the_scorer_is_pinned(text: str, valence: float) -> None:
    score = valence / (valence**2 + 15) ** 0.5  # Hutto's normalization; words from the lexicon
    assert vader().score(text) == pytest.approx(score, abs=5e-5)
    assert math.isfinite(vader().score(""))
    assert vader().name == "VADER 3.3.2"
