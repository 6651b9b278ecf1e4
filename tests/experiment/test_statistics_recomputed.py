"""Every number of the printed statistics, recomputed from the run folders by ``recomputed``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import recomputed as own
import statsmodels.formula.api as smf
from case_study import Case
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from econsim_mesa.analysis.resampling import resampling_rng
from econsim_mesa.studies.online_offline.curve import inverted_u
from econsim_mesa.studies.online_offline.power import Process, simulate

pytestmark = pytest.mark.soak  # whole studies, in small

CENTER = 5.0
Row = dict[str, Any]


@pytest.fixture(scope="module")
def panels(case: Case) -> dict[str, pd.DataFrame]:
    _, folder, _ = case
    return {
        mode: pd.concat(
            [
                own.run_days(folder / "runs" / f"mode-{mode}.s{seed}", f"{mode}{seed}", seed)
                for seed in range(1, 7)
            ],
            ignore_index=True,
        )
        for mode in ("on", "off")
    }


def assert_row(row: Row, expected: Row) -> None:
    """Compare all columns that were recomputed, unless they hang on rounding alone."""
    for name, value in expected.items():
        if value is None or isinstance(value, str):
            assert row[name] == value, name
        else:
            assert row[name] == pytest.approx(value, rel=1e-5, abs=1e-8), name


def test_curves(told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]) -> None:
    rows = told["curves"]
    assert {row["role"] for row in rows} >= {"primary", "revenue", "secondary", "placebo"}
    for row in rows:
        panel = panels[row["stress.mode"]]
        assert row["why"] is None
        if row["role"] == "days in stock":
            panel = panel[panel["stock_out"] == 0]
        center = CENTER if row["x"] == "x" else float(panel[row["x"]].mean())
        assert row["center"] == pytest.approx(center)
        assert row["stock_out_days"] == panel["stock_out"].sum()
        assert (row["runs"], row["days"]) == (panel["run"].nunique(), panel["day"].nunique())
        assert_row(row, own.curve(panel, row["x"], row["y"], center))


def test_all_parts_of_the_verdict(
    told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]
) -> None:
    for mode, panel in panels.items():
        found = own.curve(panel, "x", "y", CENTER)
        tenth, ninetieth = np.quantile(panel["x"], [0.1, 0.9])
        low, high = found["turning_low"], found["turning_high"]
        expected = [
            (found["b2"], found["b2"] < 0),
            (found["p_rise"], found["p_rise"] < 0.05),
            (found["p_fall"], found["p_fall"] < 0.05),
            (low, low is not None and low >= tenth),
            (high, high is not None and high <= ninetieth),
            (found["share_left"], found["share_left"] >= 0.1),
            (found["share_right"], found["share_right"] >= 0.1),
            (found["p_line"], found["p_line"] is not None and found["p_line"] < 0.1),
        ]
        rows = [row for row in told["curve_checks"] if row["stress.mode"] == mode]
        for row, (value, holds) in zip(rows, expected, strict=True):
            assert_row(row, {"value": value})
            assert row["holds"] == holds


def test_the_wild_bootstrap_by_every_pattern(
    told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]
) -> None:
    (row,) = [r for r in told["curves"] if r["role"] == "primary" and r["stress.mode"] == "off"]
    assert row["p_wild"] == pytest.approx(own.wild(panels["off"], "x", "y", CENTER))


def test_other_methods(told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]) -> None:
    for mode, panel in panels.items():
        (lines,) = [row for row in told["two_lines"] if row["stress.mode"] == mode]
        assert_row(lines, own.two_lines(panel, "x", "y"))
        shapes = {r["shape"]: r["error"] for r in told["shapes"] if r["stress.mode"] == mode}
        assert shapes == pytest.approx(own.left_out(panel, "x", "y"))
        bends = [np.polyfit(one["x"], one["y"], 2)[0] for _, one in panel.groupby("run")]
        (signs,) = [row for row in told["signs"] if row["stress.mode"] == mode]
        below = sum(bend < 0 for bend in bends)
        assert (signs["below"], signs["above"]) == (below, 6 - below)
        assert signs["p"] == pytest.approx(stats.binomtest(below, 6).pvalue)


def test_columns_that_say_nothing_new_are_named(
    case: Case, told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]
) -> None:
    _, folder, _ = case
    names = [(row["stress.mode"], row["column"]) for row in told["aliased"]]
    assert names == [(mode, name) for mode in ("on", "off") for name in ("price", "weekend")]
    for mode, panel in panels.items():
        prices = own.table(folder / "runs" / f"mode-{mode}.s1", "prices")
        assert prices[prices["item"] == "Pizza"]["posted"].tolist() == [1200]  # from 2000
        weekend = (pd.to_datetime(panel["day"]).dt.dayofweek >= 5).astype(float)
        dummies = pd.get_dummies(panel[["run", "day"]], dtype=float).to_numpy()
        rank = np.linalg.matrix_rank(dummies)
        assert np.linalg.matrix_rank(np.column_stack([dummies, weekend])) == rank


def test_lags_both_ways(told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]) -> None:
    for row in told["lags"]:
        panel = panels[row["stress.mode"]].sort_values(["run", "day"])
        panel = panel.assign(moved=panel.groupby("run")["x"].shift(row["days"])).dropna(
            subset=["moved"]
        )
        assert row["run_days"] == len(panel)
        assert_row(row, own.slope(panel, "y", "moved", beside=" + x" if row["days"] else ""))
    assert {row["days"] for row in told["lags"]} == set(range(-3, 4))


def test_shuffled_days(told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]) -> None:
    """The draws are others, so that p is the same but for the luck of 999 draws."""
    draws = np.random.default_rng(7)
    for mode, panel in panels.items():
        (row,) = [one for one in told["shuffled_days"] if one["stress.mode"] == mode]
        found = own.curve(panel, "x", "y", CENTER)
        seen = found["b2"] / found["b2_clustered_error"]
        assert row["t"] == pytest.approx(seen, rel=1e-5)
        runs = pd.factorize(panel["run"])[0]
        effects = pd.get_dummies(panel[["run", "day"]], dtype=float).to_numpy()
        reached = 0
        for _ in range(300):
            x = panel.groupby("run")["x"].transform(lambda one: draws.permutation(one.to_numpy()))
            reached += abs(_t(effects, runs, x.to_numpy() - CENTER, panel["y"].to_numpy())) >= abs(
                seen
            )
        assert row["p"] == pytest.approx(reached / 300, abs=0.1)


def _t(effects: np.ndarray, runs: np.ndarray, d: np.ndarray, y: np.ndarray) -> float:
    """Return b2 over its clustered error, by the sandwich written out."""
    columns = np.column_stack([effects, d, d**2])
    bread = np.linalg.pinv(columns.T @ columns)
    beta = bread @ columns.T @ y
    scores = np.zeros((runs.max() + 1, columns.shape[1]))
    np.add.at(scores, runs, columns * (y - columns @ beta)[:, None])
    rank, groups, rows = np.linalg.matrix_rank(columns), runs.max() + 1, len(y)
    factor = groups / (groups - 1) * (rows - 1) / (rows - rank)
    covariance = factor * bread @ scores.T @ scores @ bread
    return float(beta[-1] / np.sqrt(covariance[-1, -1]))


def test_the_papers_figures(told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]) -> None:
    for row in told["published"]:
        panel = panels[row["stress.mode"]]
        sold = panel[panel["y"] > 0]
        z = (sold[["mentions", "y"]] - sold[["mentions", "y"]].mean()) / sold[
            ["mentions", "y"]
        ].std(ddof=0)
        fit = smf.ols("y ~ mentions + I(mentions**2)", z).fit()
        thick = panel.dropna(subset=["sd"])
        r, p = stats.pearsonr(thick["posts"], thick["sd"])
        assert_row(
            row,
            {
                "linear": fit.params.iloc[1],
                "quadratic": fit.params.iloc[2],
                "p_linear": fit.pvalues.iloc[1],
                "p_quadratic": fit.pvalues.iloc[2],
                "r_squared": fit.rsquared,
                "run_days": len(sold),
                "dropped": len(panel) - len(sold),
                "correlation": r,
                "p_correlation": p,
            },
        )
        assert "as the paper computes it" in row["label"]


def test_dispersion_is_void_and_its_numbers_are_right(
    told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]
) -> None:
    assert len(told["dispersion"]) == 4
    for row in told["dispersion"]:
        assert row["verdict"] == "void"
        assert "templates" in row["void"]
        panel = panels[row["stress.mode"]]
        thick = panel[panel["authors"] >= 5]
        if row["slope"] is None:  # too few days of 5 authors for effects of day
            assert len(thick) < 15
            continue
        slope = own.slope(thick, row["measure"], "posts", thick["authors"] - 1)
        assert_row(row, slope)
        assert row["run_days"] == len(thick)
        assert row["thin"] == panel["authors"].between(1, 4).sum()


def chance(share: float, draws: int, others: int = 2000) -> float:
    """Return how far two shares of independent draws may lie apart: 3.5 standard errors."""
    spread = max(share * (1 - share), 1 / others)
    return 3.5 * float(np.sqrt(spread * (1 / draws + 1 / others)))


def test_differences_of_coefficients(
    told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]
) -> None:
    on, off = panels["on"], panels["off"]
    draws = 4000  # of our own: equal but for the luck of 2,000 and 4,000 draws
    again = own.bootstrapped((on, off), "x", "y", CENTER, draws)
    for measure, term in (("b2", "dd"), ("b1", "d")):
        (row,) = [one for one in told["ablations"] if one["measure"] == measure]
        values = [own.bend(panel, "x", "y", CENTER, term) for panel in (on, off)]
        left = [
            own.bend(on[on["seed"] != seed], "x", "y", CENTER, term)
            - own.bend(off[off["seed"] != seed], "x", "y", CENTER, term)
            for seed in range(1, 7)
        ]
        error = np.sqrt(5 / 6 * ((np.array(left) - np.mean(left)) ** 2).sum())
        t = (values[0] - values[1]) / error
        expected = {"first": values[0], "second": values[1], "difference": values[0] - values[1]}
        expected |= {"error": error, "t": t, "p": 2 * stats.t.sf(abs(t), 5), "pairs": 6}
        assert_row(row, expected)
        drawn = again[measure]
        for name, share in (("low", 0.025), ("narrow_low", 0.05), ("narrow_high", 0.95),
                            ("high", 0.975)):  # fmt: skip
            end = expected["difference"] + stats.t.ppf(share, 5) * error
            if row[name] == pytest.approx(end):  # the jackknife's lies further out
                side = 1 if share < 0.5 else -1
                assert side * ((drawn <= end).mean() - share) <= chance(share, draws)
            else:
                assert (row[name] < end) == (share < 0.5)
                assert (drawn <= row[name]).mean() == pytest.approx(share, abs=chance(share, draws))
        smaller = min((drawn <= 0).mean(), (drawn >= 0).mean())
        assert row["p_bootstrap"] / 2 == pytest.approx(smaller, abs=chance(smaller, draws))
        assert row["p_larger"] == max(row["p"], row["p_bootstrap"])
    (void,) = [one for one in told["ablations"] if one["measure"] == "spread slope"]
    assert void["difference"] is None
    assert "templates" in void["void"]


def test_power_by_a_second_implementation(
    told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]
) -> None:
    """The same verdicts on the same draws: the x observed, and each run's noise with a sign."""
    assert [row["stress.mode"] for row in told["power"]] == ["on", "on", "off", "off"]
    for number, row in enumerate(told["power"]):
        mode, times = row["stress.mode"], 1 + number % 2
        found = own.curve(panels[mode], "x", "y", CENTER)
        assert row["height"] == pytest.approx(times * 0.3 * found["noise"])
        x, y = (panels[mode].pivot(index="run", columns="day", values=v).to_numpy() for v in "xy")
        signs = resampling_rng("power", str(times), mode).choice([-1.0, 1.0], size=(100, 6))
        truth = own.parabola(x, found["x_low"], found["x_high"], row["height"])
        noise = own.left_over(x, y, CENTER)
        worlds = (truth + noise * sign[:, None] for sign in signs)
        hits = sum(own.finds_inverted_u(x, one, CENTER) for one in worlds)
        assert row["rate"] == hits / 100
        ends = proportion_confint(hits, 100, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx(ends)


def test_power_where_there_is_some() -> None:
    """At 20 runs x 9 days, the size of the case study, where most inverted Us are found."""
    process = Process(runs=20, days=9)
    ours = own.rate(np.random.default_rng(12), 20, 9, bent(-0.024), 400)
    draw = np.random.default_rng(13)
    worlds = [simulate("inverted U", draw, process) for _ in range(400)]
    theirs = np.mean([own.finds_inverted_u(*grids(world), 12.0) for world in worlds])
    assert 0.7 < ours < 0.9
    assert theirs == pytest.approx(ours, abs=chance(ours, 400, 400))
    verdicts = [inverted_u(world, center=12.0).verdict == "inverted U" for world in worlds[:60]]
    assert verdicts == [own.finds_inverted_u(*grids(world), 12.0) for world in worlds[:60]]


def test_the_self_test_of_the_method_by_a_second_implementation(
    record_property: Callable[[str, str], None],
) -> None:
    """In 1,000 worlds of each truth, by steps and code of our own."""
    shapes = {"null": np.zeros_like, "log": lambda x: 5 * np.log1p(x), "inverted U": bent(-0.024)}
    rates = {
        truth: own.rate(np.random.default_rng(k), 10, 30, shape, 1000)
        for k, (truth, shape) in enumerate(shapes.items())
    }
    record_property("shown", f"second implementation, 1,000 worlds, inverted U found: {rates}")
    assert max(rates["null"], rates["log"]) <= 0.07
    assert rates["inverted U"] >= 0.8


def bent(bend: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda x: bend * (x - 15) ** 2


def grids(world: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of a simulated panel as [runs, days]."""
    x, y = (world.pivot(index="run", columns="day", values=name).to_numpy() for name in "xy")
    return x, y


def test_the_family_counts_what_is_void(told: dict[str, list[Row]]) -> None:
    (curve,) = [r for r in told["curves"] if r["role"] == "primary" and r["stress.mode"] == "on"]
    (ablation,) = [row for row in told["ablations"] if row["measure"] == "b2"]
    ps = {"inverted U": curve["p"], "dispersion": None, "ablation": ablation["p_larger"]}
    assert {row["test"]: row["p"] for row in told["family"]} == ps
    small, large = sorted(p for p in ps.values() if p is not None)
    adjusted = {small: min(1, 3 * small), large: min(1, max(3 * small, 2 * large))}
    for row in told["family"]:
        assert row["adjusted"] == (None if row["p"] is None else pytest.approx(adjusted[row["p"]]))
        whole = row["test"] == "ablation" or curve["verdict"] == "inverted U"
        holds = None if row["p"] is None else whole and adjusted[row["p"]] < 0.05
        assert row["holds"] == holds
    found = {row["test"]: row["found"] for row in told["family"]}
    side = "below 0" if ablation["difference"] < 0 else "above 0"
    expected = {"inverted U": curve["verdict"], "dispersion": None, "ablation": side}
    assert found == expected


def test_hypotheses_quote_the_statistics(
    told: dict[str, list[Row]], panels: dict[str, pd.DataFrame]
) -> None:
    shape, difference, slope, spread = told["hypotheses"]
    on, off = (own.curve(panels[mode], "x", "y", CENTER) for mode in ("on", "off"))
    assert shape["found"] == on["verdict"]
    assert shape["smallest"] == pytest.approx(0.3 * on["noise"])
    assert shape["verdict"] == own.says_of_inverted_u(on)
    (row,) = [one for one in told["ablations"] if one["measure"] == "b2"]
    for name in ("low", "high"):
        assert difference[name] == row[name]
    assert difference["mean"] == row["difference"]
    assert_row(slope, {"mean": off["b1"], "low": off["b1_low"], "high": off["b1_high"]})
    assert slope["verdict"] == ("supported" if off["b1_low"] > 0 else "open")
    assert (spread["mean"], spread["verdict"]) == (None, None)
