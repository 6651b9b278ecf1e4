from __future__ import annotations

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from worlds import jackknife

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.analysis.sentiment import vader
from econsim_mesa.errors import BadInput
from econsim_mesa.studies.online_offline.dispersion import (
    dispersion,
    gini_mean_difference,
    spreads,
    templates,
)


def scored(seed: int = 1, runs: int = 6, days: int = 15, rise: float = 0.0) -> pd.DataFrame:
    luck = np.random.default_rng(seed)
    rows = []
    for run, day in itertools.product(range(runs), range(days)):
        n = int(luck.integers(0, 20))
        spread = 0.3 + rise * n
        scores = enumerate(luck.normal(0, spread, n))
        rows += [(f"r{run}", f"d{day:02}", f"P{k}", f"text {k}", score) for k, score in scores]
    return pd.DataFrame(rows, columns=["run", "day", "author", "text", "score"])


@pytest.mark.parametrize("seed", range(10))
def test_gini_is_the_mean_over_all_pairs(seed: int) -> None:
    scores = np.random.default_rng(seed).normal(size=seed + 2)
    pairs = [abs(a - b) for a, b in itertools.combinations(scores, 2)]
    assert gini_mean_difference(scores) == pytest.approx(np.mean(pairs))


def test_a_spread_of_one_post_is_unknown() -> None:
    posts = {"run": "a", "day": [1, 2, 2], "author": list("ABC"), "text": list("abc")}
    table = spreads(pd.DataFrame({**posts, "score": [0.5, 0.0, 1.0]}))
    assert table.posts.tolist() == table.authors.tolist() == [1, 2]
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
    table["w"] = table.n - 1
    formula = "spread ~ C(run) + C(day) + n"
    fit = smf.wls(formula, table, weights=table.w).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    assert found.slope.value == pytest.approx(fit.params["n"])
    error = float(np.sqrt(jackknife(table, formula, ["n"], "w")[0, 0]))
    assert found.slope.error == pytest.approx(error)
    assert found.slope.clustered_error == pytest.approx(fit.bse["n"])
    assert found.slope.clustered_p == pytest.approx(fit.pvalues["n"])
    assert found.run_days == len(table)
    assert found.run_days + found.thin == len(posts.drop_duplicates(["run", "day"]))


def test_a_rise_is_found_and_void_overrules_it() -> None:
    table = spreads(scored(rise=0.05))
    assert dispersion(table).verdict == "rises"
    assert dispersion(spreads(scored())).verdict == "inconclusive"
    void = dispersion(table, void="templates")
    assert void.verdict == "void"
    assert void.to_rows()[0] == {"part": "verdict", "value": "void", "why": "templates"}


def test_the_unit_is_an_author_and_day_and_a_repeated_text_is_none() -> None:
    rows = [
        ("A", "fine pizza", 0.5),
        ("A", "fine pizza again", 0.9),  # a second score of one author
        ("B", "fine pizza", 0.5),  # says again what A said
        ("C", "fine pizza", 0.5),
        ("C", "cold pizza", -0.5),  # C's own words
    ]
    posts = pd.DataFrame(rows, columns=["author", "text", "score"]).assign(run="r", day="d")
    (row,) = spreads(posts).to_dict("records")
    assert (row["posts"], row["authors"]) == (5, 2)
    assert row["variance"] == pytest.approx(0.5)
    assert row["gini"] == pytest.approx(1.0)
    assert row["sd"] == pytest.approx(np.std([0.5, 0.9, 0.5, 0.5, -0.5], ddof=1))
    tomorrow = spreads(pd.concat([posts, posts.assign(day="e")]))
    assert tomorrow.authors.tolist() == [2, 2]


def test_what_a_sale_does_to_talk_and_spread_alike_is_no_rise() -> None:
    """Once for all runs on the same days, and once on days of their own, told by the price."""
    posts = scored(runs=10)
    for own in (False, True):
        first = posts.run.str[1:].astype(int) % 4 if own else 0
        sale = posts.day.str[1:].astype(int).between(3 + first, 7 + first)
        louder = posts.assign(score=posts.score * np.where(sale, 3, 1), price=2000.0 - 800 * sale)
        more = louder[sale].assign(author=lambda p: p.author + "x", text=lambda p: p.text + "x")
        luck = np.random.default_rng(3)
        more["score"] = luck.permutation(more.score.to_numpy())
        both = pd.concat([louder, more])
        prices = both.groupby(["run", "day"], as_index=False).price.mean()
        table = spreads(both).merge(prices, on=["run", "day"])
        held = ["price"] if own else []
        assert dispersion(table, controls=held).verdict == "inconclusive"
        flat = table.assign(day=[f"d{k:03}" for k in range(len(table))]) if own else table
        assert (np.corrcoef(flat.posts, flat.variance.fillna(0))[0, 1]) > 0.3


def test_posts_without_authors_are_refused() -> None:
    with pytest.raises(BadInput, match="no column author, text"):
        spreads(scored().drop(columns=["author", "text"]))


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
