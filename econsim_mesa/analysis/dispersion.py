"""Does the spread of sentiment rise with volume? By a measure that does not rise by itself.

    spread_rt = a_r + b posts_rt,  weights posts - 1, errors clustered by run

on run-days with 5 posts or more. The variance (ddof 1) and Gini's mean difference have the same
expectation for every number of posts; the sample standard deviation has not, and gives a false
rise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econsim_mesa.analysis.clustered import Estimate, fit_clustered
from econsim_mesa.analysis.design import build_design, complete
from econsim_mesa.analysis.distributions import level_of
from econsim_mesa.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.records.reader import Run

Measure = Literal["variance", "gini"]
AT_LEAST = 5
EMBEDDED = frozenset({"utility", "random", "idle"})
"""Deciders whose posts are filled-in templates: the spread is that of the templates."""


@dataclass(frozen=True)
class Dispersion:
    """Change of the spread per post a day. ``void`` says why the test means nothing, if so."""

    verdict: Literal["rises", "falls", "inconclusive", "void"]
    measure: Measure
    slope: Estimate
    run_days: int
    thin: int
    runs: int
    void: str | None

    def to_rows(self) -> list[dict[str, object]]:
        """Return one row a part, ready for a table."""
        return [
            {"part": "verdict", "value": self.verdict, "why": self.void},
            {"part": f"slope of the {self.measure}", **self.slope._asdict()},
            {"part": "run-days", "value": self.run_days},
            {"part": f"run-days with fewer than {AT_LEAST} posts, left out", "value": self.thin},
            {"part": "runs", "value": self.runs},
        ]


def gini_mean_difference(scores: Floats) -> float:
    """Return the mean absolute difference of two different values; NaN for fewer than two.

    >>> import numpy as np
    >>> gini_mean_difference(np.array([0.0, 1.0, 3.0]))
    2.0
    """
    n = scores.size
    if n < 2:
        return float("nan")
    ranks = np.arange(1, n + 1)
    return float(2.0 * ((2 * ranks - n - 1) @ np.sort(scores)) / (n * (n - 1)))


def spreads(scored: pd.DataFrame) -> pd.DataFrame:
    """Return run, day, posts, mean, variance, gini and sd from scored posts (run, day, score).

    A spread of fewer than two posts is NaN, not 0.
    """
    groups = scored.groupby(["run", "day"], sort=True)["score"]
    table = groups.agg(posts="size", mean="mean", variance=lambda some: some.var(ddof=1))
    table["gini"] = groups.agg(lambda some: gini_mean_difference(some.to_numpy(float)))
    table["sd"] = np.sqrt(table["variance"])
    return table.reset_index()


def dispersion(
    table: pd.DataFrame,
    *,
    measure: Measure = "variance",
    void: str | None = None,
    confidence: float = 0.95,
) -> Dispersion:
    """Test whether the spread changes with posts a day; ``table`` is made by ``spreads``.

    ``void`` (see ``templates``) marks the result as meaningless and is printed with it.
    ``confidence`` is that of the interval, and 1 less it the level of the verdict. Raises
    ``NotIdentified`` if too few run-days have 5 posts.
    """
    frame, _ = complete(table, ["posts"])
    used, _ = complete(frame[frame["posts"] >= AT_LEAST], [measure])
    posts = used["posts"].to_numpy(float)
    design = build_design(used, {"posts": posts}, day_effects=False)
    ys = used[measure].to_numpy(float)
    fit = fit_clustered(design, ys, weights=posts - 1, confidence=confidence)
    slope = fit.estimate([1])
    verdict: Literal["rises", "falls", "inconclusive", "void"] = "inconclusive"
    if void is not None:
        verdict = "void"
    elif slope.p < level_of(confidence):
        verdict = "rises" if slope.value > 0 else "falls"
    thin = len(frame) - len(used)
    return Dispersion(verdict, measure, slope, len(used), thin, len(design.run_names), void)


def templates(run: Run) -> str | None:
    """Return why the run's sentiment is void: most of its households' decisions are embedded."""
    made = run.select(
        "SELECT decider, count(*) FROM decisions WHERE kind = 'Household' GROUP BY decider"
    )
    return void_of(dict(made))


def void_of(decisions: Mapping[str, int]) -> str | None:
    """Return why sentiment is void, from decisions for households by decider; None: it is not."""
    embedded = {decider: count for decider, count in decisions.items() if decider in EMBEDDED}
    if not embedded or 2 * sum(embedded.values()) <= sum(decisions.values()):
        return None
    names = ", ".join(sorted(embedded))
    return f"posts of the {names} decider are templates; their spread is that of the templates"
