"""Does the spread of sentiment rise with volume? By a measure that does not rise by itself.

    spread_rt = a_r + d_t + b posts_rt,  weights authors - 1, errors by the jackknife over runs

on run-days with 5 authors or more. The unit is the author-day: one score an author and day, that
of the first text that nobody had posted on that day before. Posts of one person are not
independent, and a text that is repeated says nothing new: with them a spread rises with volume by
itself. So does the sample standard deviation; the variance (ddof 1) and Gini's mean difference
have the same expectation for every number of authors. Effects of day take out what a sale does to
talk and spread alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from econsim_mesa.analysis.clustered import Estimate, fit_clustered
from econsim_mesa.analysis.design_matrix import NotIdentified, build_design, complete_cases
from econsim_mesa.analysis.inference import alpha
from econsim_mesa.analysis.sentiment import WITH_A_POST
from econsim_mesa.errors import BadInput
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.runs.reader import Run

Measure = Literal["variance", "gini"]
AT_LEAST = 5
"""Authors without whom a day's spread is not used."""
OUTDATED = (
    "the authors of posts are not known of runs that an earlier version measured; go on with the "
    "experiment, and they are measured anew"
)


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
            {"part": f"run-days with fewer than {AT_LEAST} authors, left out", "value": self.thin},
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


def author_days(scored: pd.DataFrame) -> pd.DataFrame:
    """Return one row an author and day: the first text that was new on that day.

    ``scored`` (run, day, author, text, score) is in the order of posting.
    """
    new = scored.drop_duplicates(["run", "day", "text"])
    return new.drop_duplicates(["run", "day", "author"])


def spreads(scored: pd.DataFrame) -> pd.DataFrame:
    """Return run, day, posts, mean, sd, authors, variance and gini from scored posts.

    ``scored`` has the columns run, day, author, text and score, in the order of posting. ``posts``,
    ``mean`` and ``sd`` are of all posts, ``authors``, ``variance`` and ``gini`` of ``author_days``.
    A spread of fewer than two is NaN, not 0. If there is a column decider, ``templates`` counts
    the posts by formula. Raises ``BadInput`` if a column lacks.
    """
    lacking = [name for name in ("run", "day", "author", "text", "score") if name not in scored]
    if lacking:
        raise BadInput(f"the scored posts have no column {', '.join(lacking)}")
    posts = scored.groupby(["run", "day"], sort=True)["score"]
    table = posts.agg(posts="size", mean="mean", sd="std")
    units = author_days(scored).groupby(["run", "day"], sort=True)["score"]
    table["authors"] = units.size()
    table["variance"] = units.var(ddof=1)
    table["gini"] = units.agg(lambda some: gini_mean_difference(some.to_numpy(float)))
    if "decider" in scored:
        names = scored["decider"].dropna().unique()
        by_template = scored["decider"].isin([n for n in names if traits_of(n).by_formula])
        table["templates"] = by_template.groupby([scored["run"], scored["day"]]).sum()
    return table.reset_index()


def dispersion(
    table: pd.DataFrame,
    *,
    measure: Measure = "variance",
    void: str | None = None,
    controls: Sequence[str] = (),
    confidence: float = 0.95,
) -> Dispersion:
    """Test whether the spread changes with posts a day; ``table`` is made by ``spreads``.

    ``void`` (see ``templates``) marks the result as meaningless and is printed with it.
    ``controls`` are columns held fixed beside effects of run and day. ``confidence`` is that of
    the interval, and 1 less it the level of the verdict. Raises ``NotIdentified`` if too few
    run-days have 5 authors.
    """
    frame, _ = complete_cases(table, ["posts"])
    if len(frame) and frame["authors"].isna().all():
        raise NotIdentified(OUTDATED)
    used = thick_days(frame, measure, controls)
    posts = used["posts"].to_numpy(float)
    besides = {name: used[name].to_numpy(float) for name in controls}
    design = build_design(used, {"posts": posts}, besides)
    weights = used["authors"].to_numpy(float) - 1
    fit = fit_clustered(design, used[measure].to_numpy(float), weights, confidence=confidence)
    slope = fit.estimate([1])
    verdict: Literal["rises", "falls", "inconclusive", "void"] = "inconclusive"
    if void is not None:
        verdict = "void"
    elif slope.p < alpha(confidence):
        verdict = "rises" if slope.value > 0 else "falls"
    thin = len(frame) - len(used)
    return Dispersion(verdict, measure, slope, len(used), thin, len(design.run_names), void)


def thick_days(table: pd.DataFrame, measure: str, controls: Sequence[str] = ()) -> pd.DataFrame:
    """Return the run-days with as many authors as a spread needs."""
    used, _ = complete_cases(table[table["authors"] >= AT_LEAST], ["posts", measure, *controls])
    return used


def templates(run: Run) -> str | None:
    """Return why the run's sentiment is void: most of its households' posts are templates."""
    made = run.select(
        f"SELECT decider, count(*) FROM decisions WHERE {WITH_A_POST} GROUP BY decider"
    )
    return void_of(dict(made))


def void_of(posts: Mapping[str, int]) -> str | None:
    """Return why sentiment is void, from households' posts by decider; None: it is not.

    Of runs whose posts nobody has counted by decider, all decisions stand for them.
    """
    embedded = {decider: n for decider, n in posts.items() if traits_of(decider).by_formula}
    if 2 * sum(embedded.values()) <= sum(posts.values()):
        return None
    return why_void(embedded)


def why_void(deciders: Iterable[str]) -> str:
    """Return that the posts of these deciders are templates, and what that means."""
    names = ", ".join(sorted({name for name in deciders if traits_of(name).by_formula}))
    return f"posts of the {names} decider are templates; their spread is that of the templates"
