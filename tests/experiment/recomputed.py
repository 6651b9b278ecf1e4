"""The statistics of a case study anew from its run folders: SQLite, pandas, formulas, numpy.

Nothing of the package is used, its random numbers neither, so that a fault of the analysis cannot
hide here as well.
"""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.formula.api as smf
from scipy import stats
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

Panel = pd.DataFrame
EFFECTS = "C(run) + C(day)"


def table(folder: Path, name: str) -> pd.DataFrame:
    """Return a table of a run, straight from the file."""
    with closing(sqlite3.connect(folder / "run.sqlite")) as store:
        return pd.read_sql_query(f"SELECT * FROM {name} WHERE step >= 0", store)


def about(texts: pd.Series, word: str) -> pd.Series:
    return texts.str.contains(rf"\b{word}s?\b", flags=re.IGNORECASE, regex=True)


def run_days(folder: Path, run: str, seed: int) -> Panel:
    """Return a row a day of one run of the case study, the first day left out."""
    steps, posts, sales = (table(folder, name) for name in ("steps", "posts", "sales"))
    day = steps.set_index("step")["time"].str[:10]
    found = pd.DataFrame(index=pd.Index(sorted(day.unique()), name="day"))
    posts, sales = (one.assign(day=one["step"].map(day)) for one in (posts, sales))
    pizza = posts[about(posts["text"], "pizza")]
    own = pizza[pizza["kind"] == "Household"]
    sold = sales[(sales["store"] == "Pizza Place") & (sales["item"] == "Pizza")]
    bought = set(zip(sold["day"], sold["buyer"], strict=True))
    buyer = pd.Series([pair in bought for pair in zip(own["day"], own["author"], strict=True)],
                      index=own.index, dtype=bool)  # fmt: skip
    bread = posts[(posts["kind"] == "Household") & about(posts["text"], "bread")]
    words = pizza["text"].str.count(r"(?i)\bpizzas?\b")
    columns = {
        "x": own.groupby("day").size(),
        "x_unnamed": own[~about(own["text"], "pizza place")].groupby("day").size(),
        "x_buyers": own[buyer].groupby("day").size(),
        "x_others": own[~buyer].groupby("day").size(),
        "mentions": words.groupby(pizza["day"]).sum(),
        "y": sold.groupby("day")["quantity"].sum(),
        "revenue": sold.groupby("day")["amount"].sum(),
        "placebo x": bread.groupby("day").size(),
        "placebo y": sales[sales["store"] == "Daily Mart"].groupby("day")["quantity"].sum(),
    }
    for name, column in columns.items():
        found[name] = column.reindex(found.index).fillna(0).astype(float)
    stocks = table(folder, "stocks")
    out = stocks[(stocks["store"] == "Pizza Place") & (stocks["item"] == "Pizza")]
    empty = (out["quantity"] == 0).groupby(out["step"].map(day)).any()
    found["stock_out"] = empty.reindex(found.index).astype(int)
    scorer = SentimentIntensityAnalyzer()
    scores = own["text"].map(lambda text: scorer.polarity_scores(text)["compound"])
    by_day = scores.groupby(own["day"])
    found["posts"] = by_day.size()
    found["sd"] = by_day.std(ddof=1)
    units = {day: _units(some) for day, some in own.assign(score=scores).groupby("day")}
    found["authors"] = pd.Series({day: len(some) for day, some in units.items()})
    found["variance"] = pd.Series(
        {day: np.var(some, ddof=1) for day, some in units.items() if len(some) > 1}
    )
    found["gini"] = pd.Series({day: _gini(pd.Series(some)) for day, some in units.items()})
    return found.iloc[1:].reset_index().assign(run=run, seed=seed)


def _units(posts: pd.DataFrame) -> list[float]:
    """Return one score an author: of the first text that nobody had posted on the day before."""
    said: set[str] = set()
    found: dict[str, float] = {}
    for author, text, score in zip(posts["author"], posts["text"], posts["score"], strict=True):
        if text not in said:
            found.setdefault(author, score)
        said.add(text)
    return list(found.values())


def _gini(scores: pd.Series) -> float:
    apart = [abs(a - b) for a, b in itertools.combinations(scores, 2)]
    return float(np.mean(apart)) if apart else float("nan")


def fit(panel: Panel, formula: str, weights: pd.Series | None = None) -> Any:
    """Return a formula's fit with errors clustered by run and t with R - 1 degrees."""
    model = smf.ols(formula, panel) if weights is None else smf.wls(formula, panel, weights=weights)
    groups = pd.factorize(panel["run"])[0]
    return model.fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)


class Fit:
    """A fit by formula: coefficients, the clustered covariance, and the jackknife's over runs."""

    def __init__(
        self, panel: Panel, formula: str, terms: list[str], weights: pd.Series | None = None
    ) -> None:
        made = fit(panel, formula, weights)
        self.made, self.terms, self.degrees = made, terms, panel["run"].nunique() - 1
        self.values = made.params[terms].to_numpy()
        self.clustered = made.cov_params().loc[terms, terms].to_numpy()
        left = []
        for run in panel["run"].unique():
            some = (panel["run"] != run).to_numpy()
            held = None if weights is None else weights[some]
            left.append(fit(panel[some], formula, held).params[terms].to_numpy())
        apart = np.array(left) - np.mean(left, axis=0)
        self.jackknife = self.degrees / (self.degrees + 1) * apart.T @ apart

    def columns(self, name: str, *weights: float) -> dict[str, float]:
        """Return the columns of a combination of the terms."""
        w = np.array(weights)
        value, error = w @ self.values, np.sqrt(w @ self.jackknife @ w)
        clustered = np.sqrt(w @ self.clustered @ w)
        half = stats.t.ppf(0.975, self.degrees) * error
        found = {"": value, "_error": error, "_t": value / error}
        found |= {"_p": 2 * stats.t.sf(abs(value / error), self.degrees)}
        found |= {"_low": value - half, "_high": value + half, "_clustered_error": clustered}
        found |= {"_clustered_p": 2 * stats.t.sf(abs(value / clustered), self.degrees)}
        return {f"{name}{part}": float(one) for part, one in found.items()}


def curve(panel: Panel, x: str, y: str, center: float) -> dict[str, Any]:
    """Return all columns of a row of ``curves`` but its names."""
    known = panel.assign(d=panel[x] - center, dd=(panel[x] - center) ** 2, y_=panel[y])
    both = Fit(known, f"y_ ~ {EFFECTS} + d + dd", ["d", "dd"])
    bent, degrees = both.made, both.degrees
    low, high = np.quantile(panel[x], [0.05, 0.95])
    found: dict[str, Any] = {"x_low": low, "x_high": high, "run_days": len(panel)}
    found |= both.columns("b1", 1, 0) | both.columns("b2", 0, 1)
    found |= Fit(known, f"y_ ~ {EFFECTS} + d", ["d"]).columns("straight", 1)
    for name, at in (("slope_low", low), ("slope_high", high)):
        found |= both.columns(name, 1, 2 * (at - center))
    middle = (low + high) / 2
    found |= both.columns("rise", high - low, 2 * (middle - center) * (high - low))
    found |= both.columns("hump", 0, -((high - low) ** 2) / 4)
    found["noise"] = np.sqrt(bent.ssr / bent.df_resid)
    found["p_rise"] = stats.t.sf(found["slope_low"] / found["slope_low_clustered_error"], degrees)
    found["p_fall"] = stats.t.cdf(
        found["slope_high"] / found["slope_high_clustered_error"], degrees
    )
    found["p"] = max(found["p_rise"], found["p_fall"])
    b1, b2 = bent.params["d"], bent.params["dd"]
    v = bent.cov_params()
    top = center - b1 / (2 * b2)
    t2 = stats.t.ppf(0.975, degrees) ** 2
    squares = [4 * (b2**2 - t2 * v.loc["dd", "dd"]), 4 * (b1 * b2 - t2 * v.loc["d", "dd"]),
               b1**2 - t2 * v.loc["d", "d"]]  # fmt: skip
    ends = sorted(np.roots(squares).real + center) if squares[0] > 0 else (None, None)
    found |= {"turning_point": top, "turning_low": ends[0], "turning_high": ends[1]}
    found |= {"share_left": (panel[x] < top).mean(), "share_right": (panel[x] > top).mean()}
    found["p_line"] = None
    if low < top < high:
        below = panel[x] < top
        cut = known.assign(before=np.where(below, panel[x] - top, 0.0), jump=(~below).astype(float),
                           after=np.where(below, 0.0, panel[x] - top))  # fmt: skip
        formula = f"y_ ~ {EFFECTS} + jump + before + after"
        columns = smf.ols(formula, cut).exog
        if np.linalg.matrix_rank(columns) == columns.shape[1]:
            line = fit(cut, formula)
            found["p_line"] = float(stats.t.cdf(line.tvalues["after"], degrees))
    found["verdict"] = _verdict(found, panel[x])
    return found


def _verdict(found: dict[str, Any], x: pd.Series) -> str:
    tenth, ninetieth = np.quantile(x, [0.1, 0.9])
    inside = found["turning_low"] is not None and (
        found["turning_low"] >= tenth and found["turning_high"] <= ninetieth
    )
    sides = min(found["share_left"], found["share_right"]) >= 0.1
    line = found["p_line"] is not None and found["p_line"] < 0.1
    if found["b2"] < 0 and found["p"] < 0.05 and inside and sides and line:
        return "inverted U"
    if found["b2_p"] < 0.05:
        return "concave" if found["b2"] < 0 else "inconclusive"
    return "linear" if found["straight_p"] < 0.05 else "inconclusive"


def slope(panel: Panel, y: str, x: str, weights: pd.Series | None = None, beside: str = "") -> Any:
    """Return the columns ``slope`` of a straight line of y over x, ``beside`` other columns."""
    known = panel.assign(x_=panel[x], y_=panel[y])
    return Fit(known, f"y_ ~ {EFFECTS} + x_{beside}", ["x_"], weights).columns("slope", 1)


def wild(panel: Panel, x: str, y: str, center: float) -> float:
    """Return the p of b2 over all patterns of signs, with the hypothesis imposed."""
    known = panel.assign(d=panel[x] - center, dd=(panel[x] - center) ** 2, y_=panel[y])
    formula = f"y_ ~ {EFFECTS} + d"
    null = smf.ols(formula, known).fit()
    seen = abs(fit(known, f"{formula} + dd").tvalues["dd"])
    codes, names = pd.factorize(known["run"])
    reached = 0
    patterns = list(itertools.product([1.0, -1.0], repeat=len(names)))
    for signs in patterns:
        again = known.assign(y_=null.fittedvalues + null.resid * np.array(signs)[codes])
        reached += abs(fit(again, f"{formula} + dd").tvalues["dd"]) >= seen * (1 - 1e-9)
    return reached / len(patterns)


def spline(x: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return a basis of the natural cubic spline (Hastie, Tibshirani, Friedman, eq. 5.4)."""
    if len(at) < 3:
        return x[:, None]
    part = [(np.clip(x - k, 0, None) ** 3 - np.clip(x - at[-1], 0, None) ** 3) / (at[-1] - k)
            for k in at[:-1]]  # fmt: skip
    return np.column_stack([x, *(one - part[-1] for one in part[:-1])])


def knots(x: np.ndarray) -> np.ndarray:
    return np.unique(np.quantile(x, [0.05, 0.35, 0.65, 0.95]))


def two_lines(panel: Panel, x: str, y: str) -> dict[str, Any]:
    """Return a row of ``two_lines``: Simonsohn's rule, by formulas."""
    xs = panel[x].to_numpy()
    basis = spline(xs, knots(xs))
    names = [f"s{j}" for j in range(basis.shape[1])]
    smooth = panel.assign(y_=panel[y], **dict(zip(names, (basis - basis.mean(0)).T, strict=True)))
    made = fit(smooth, f"y_ ~ {EFFECTS} + {' + '.join(names)}")
    rows = smooth[names].to_numpy()
    curve = rows @ made.params[names].to_numpy()
    error = np.sqrt(np.einsum("ij,jk,ik->i", rows, made.cov_params().loc[names, names], rows))
    tenth, ninetieth = np.quantile(xs, [0.1, 0.9])
    middle = (xs > tenth) & (xs < ninetieth)
    flat = xs[middle & (curve + error >= curve[middle].max())]
    first, second = _lines(panel, xs, y, float(np.median(flat)))
    strong = abs(first["first_t"]), abs(second["second_t"])
    at = float(np.quantile(flat, strong[1] / sum(strong)))
    first, second = _lines(panel, xs, y, at)
    turns = first["first"] > 0 > second["second"] and (
        max(first["first_p"], second["second_p"]) < 0.05
    )
    verdict = "inverted U" if turns else "no inverted U"
    return {"verdict": verdict, "breakpoint": at, **first, **second}


def _lines(panel: Panel, xs: np.ndarray, y: str, at: float) -> list[dict[str, float]]:
    found = []
    for name, term, below in (("first", "low", xs <= at), ("second", "high", xs < at)):
        low, high = np.where(below, xs - at, 0.0), np.where(below, 0.0, xs - at)
        cut = panel.assign(y_=panel[y], low=low, high=high, jump=(~below).astype(float))
        formula = f"y_ ~ {EFFECTS} + jump + low + high"
        found.append(Fit(cut, formula, [term]).columns(name, 1))
    return found


SHAPES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "flat": lambda x, at: np.empty((len(x), 0)),
    "linear": lambda x, at: x[:, None],
    "log": lambda x, at: np.log1p(x)[:, None],
    "quadratic": lambda x, at: np.column_stack([x, x**2]),
    "spline": spline,
}


def left_out(panel: Panel, x: str, y: str) -> dict[str, float]:
    """Return the root mean square error of each shape on runs left out."""
    errors: dict[str, list[float]] = {shape: [] for shape in SHAPES}
    for run in panel["run"].unique():
        others, own = panel[panel["run"] != run], panel[panel["run"] == run]
        at = knots(others[x].to_numpy())
        for shape, terms in SHAPES.items():
            both = pd.concat([others, own])
            dummies = pd.get_dummies(both[["run", "day"]], dtype=float).to_numpy()
            columns = np.column_stack([dummies, terms(both[x].to_numpy(), at)])
            beta = np.linalg.lstsq(columns[: len(others)], others[y], rcond=None)[0]
            apart = own[y].to_numpy() - columns[len(others) :] @ beta
            errors[shape] += list(apart - apart.mean())
    return {shape: float(np.sqrt(np.mean(np.square(some)))) for shape, some in errors.items()}


def bend(panel: Panel, x: str, y: str, center: float, term: str = "dd") -> float:
    """Return b2 (or b1) by least squares on dummies, quickly."""
    dummies = pd.get_dummies(panel[["run", "day"]], dtype=float).to_numpy()
    d = panel[x].to_numpy() - center
    columns = np.column_stack([dummies, d, d**2])
    beta = np.linalg.lstsq(columns, panel[y].to_numpy(), rcond=None)[0]
    return float(beta[-1 if term == "dd" else -2])


def bootstrapped(
    sides: tuple[Panel, Panel], x: str, y: str, center: float, draws: int
) -> dict[str, np.ndarray]:
    """Return the differences of b2 and of b1 over draws of seeds, as far as they are known."""
    seeds = sides[0]["seed"].nunique()
    chosen = np.random.default_rng(2019).integers(0, seeds, size=(draws, seeds))
    drawn = []
    for panel in sides:
        runs = [one for _, one in panel.groupby("seed")]
        days = [pd.get_dummies(one["day"], dtype=float).to_numpy() for one in runs]
        d = [one[x].to_numpy() - center for one in runs]
        parts = [np.column_stack([a, b, b**2]) for a, b in zip(days, d, strict=True)]
        parts = [one - one.mean(0) for one in parts]  # effects of run
        ys = [one[y].to_numpy() - one[y].mean() for one in runs]
        values = []
        for draw in chosen:
            columns = np.concatenate([parts[k] for k in draw])
            beta = np.linalg.lstsq(columns, np.concatenate([ys[k] for k in draw]), rcond=1e-9)
            full = beta[2] == columns.shape[1] - 1  # the days add up to the runs
            values.append(beta[0][-2:] if full else [np.nan, np.nan])
        drawn.append(np.array(values))
    apart = drawn[0] - drawn[1]
    known = apart[np.isfinite(apart).all(axis=1)]
    return {"b1": known[:, 0], "b2": known[:, 1]}


def rate(
    luck: np.random.Generator,
    runs: int,
    days: int,
    shape: Callable[[np.ndarray], np.ndarray],
    worlds: int,
) -> float:
    """Return how often an inverted U is found in worlds of a shape, made in another way.

    Posts are Poisson with a gamma-distributed mean, the noise is a draw with the covariance of an
    AR(1): the same process as that of the package, by other steps.
    """
    lag = np.abs(np.subtract.outer(np.arange(days), np.arange(days)))
    root = np.linalg.cholesky(36.0 * 0.4**lag)
    found = 0
    for _ in range(worlds):
        mean = 12 * luck.lognormal(0.0, 0.2, (runs, 1))
        x = luck.poisson(luck.gamma(4.0, mean / 4.0, (runs, days))).astype(float)
        noise = luck.standard_normal((runs, days)) @ root.T
        y = 5 * luck.standard_normal((runs, 1)) + shape(x) + noise
        found += finds_inverted_u(x, y, 12.0)
    return found / worlds


def finds_inverted_u(x: np.ndarray, y: np.ndarray, center: float, level: float = 0.05) -> bool:
    """Return the whole verdict on a balanced panel [runs, days], the sandwich written out."""
    runs, days = x.shape
    flat, d = x.ravel(), x.ravel() - center
    dummies = [np.kron(np.eye(runs), np.ones((days, 1))), np.kron(np.ones((runs, 1)), np.eye(days))]
    columns = np.column_stack([dummies[0], dummies[1][:, 1:], d, d**2])
    bread = np.linalg.inv(columns.T @ columns)
    beta = bread @ columns.T @ y.ravel()
    rest = (y.ravel() - columns @ beta).reshape(runs, days)
    scores = np.einsum("rdk,rd->rk", columns.reshape(runs, days, -1), rest)
    rows, width = columns.shape
    v = bread @ scores.T @ scores @ bread * runs / (runs - 1) * (rows - 1) / (rows - width)
    b, v = beta[-2:], v[-2:, -2:]
    least, most = stats.t.ppf(1 - level, runs - 1), stats.t.ppf(1 - level / 2, runs - 1)
    low, tenth, ninetieth, high = np.quantile(flat, [0.05, 0.1, 0.9, 0.95])
    slopes = [np.array([1.0, 2 * (at - center)]) for at in (low, high)]
    rise, fall = (float(w @ b / np.sqrt(w @ v @ w)) for w in slopes)
    square = 4 * (b[1] ** 2 - most**2 * v[1, 1])
    if not (b[1] < 0 and rise > least and fall < -least and square > 0):
        return False
    ends = np.roots([square, 4 * (b[0] * b[1] - most**2 * v[0, 1]), b[0] ** 2 - most**2 * v[0, 0]])
    ends, top = ends.real + center, center - b[0] / 2 / b[1]
    sides = min((flat < top).mean(), (flat > top).mean())
    after = flat >= top
    line = np.column_stack([dummies[0], dummies[1][:, 1:], after, np.where(after, 0.0, flat - top),
                            np.where(after, flat - top, 0.0)])  # fmt: skip
    slope, error = _clustered(line, y)
    falls = slope / error < -stats.t.ppf(1 - 2 * level, runs - 1)
    return bool(falls and ends.min() >= tenth and ends.max() <= ninetieth and sides >= 0.1)


def _clustered(columns: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Return the last coefficient and its clustered error, on a panel [runs, days]."""
    runs, days = y.shape
    bread = np.linalg.pinv(columns.T @ columns)
    beta = bread @ columns.T @ y.ravel()
    rest = (y.ravel() - columns @ beta).reshape(runs, days)
    scores = np.einsum("rdk,rd->rk", columns.reshape(runs, days, -1), rest)
    rows, width = columns.shape
    v = bread @ scores.T @ scores @ bread * runs / (runs - 1) * (rows - 1) / (rows - width)
    return float(beta[-1]), float(np.sqrt(v[-1, -1]))


def parabola(x: np.ndarray, low: float, high: float, height: float) -> np.ndarray:
    """Return a parabola that stands ``height`` above its line from ``low`` to ``high``."""
    at = (x - low) / (high - low)
    return height * (4 * at * (1 - at))


def left_over(x: np.ndarray, y: np.ndarray, center: float) -> np.ndarray:
    """Return what a quadratic leaves of [runs, days], as large as the noise is estimated."""
    runs, days = x.shape
    d = x.ravel() - center
    dummies = [np.kron(np.eye(runs), np.ones((days, 1))), np.kron(np.ones((runs, 1)), np.eye(days))]
    columns = np.column_stack([dummies[0], dummies[1][:, 1:], d, d**2])
    rest = y.ravel() - columns @ np.linalg.lstsq(columns, y.ravel(), rcond=None)[0]
    return np.asarray(rest * np.sqrt(len(d) / (len(d) - columns.shape[1]))).reshape(runs, days)


def says_of_inverted_u(found: dict[str, Any]) -> str:
    """Return what a curve says of an expected inverted U; 6 runs."""
    if found["verdict"] == "inverted U":
        return "supported"
    falls, rises = found["slope_low_high"] < 0, found["slope_high_low"] > 0
    half, size = stats.t.ppf(0.95, 5), 0.3 * found["noise"]
    excluded = found["hump"] + half * found["hump_error"] < size
    reaches = abs(found["rise"]) + half * found["rise_error"] < 3 * size
    flat = found["verdict"] == "inconclusive" and not falls and not rises and excluded and reaches
    return "refuted" if (falls and rises) or flat else "open"
