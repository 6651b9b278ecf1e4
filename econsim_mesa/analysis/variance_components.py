"""Components of the variance of an outcome: seed, persona, prompt, model, and the rest.

A balanced crossed design with one run a cell: each source's main effect, by the method of
moments (Searle, Casella and McCulloch 1992, Variance Components, ch. 4), with the interval of
Williams (1962, Biometrika 49) and Tukey (1951, Biometrika 38). The rest holds all interactions
too. Levels are taken for draws from more of their kind; with few of them (say below 6) the
interval says how little they tell, and with 2 it is all but empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.analysis.inference import central_interval
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

REST = "rest"
FEW = 6


class Component(NamedTuple):
    """The variance that one source adds.

    ``value`` is unbiased and may be below 0. ``share`` is its share of the sum, in which components
    below 0 count as 0. NaN stands for a number that cannot be computed.
    """

    source: str
    levels: int
    degrees: int
    mean_square: float
    value: float
    low: float
    high: float
    share: float
    p: float
    note: str


def decompose(
    runs: pd.DataFrame, sources: Sequence[str], measure: str, *, confidence: float = 0.95
) -> list[Component]:
    """Return the components of ``measure``, one a source, and the rest last.

    ``runs`` has a row for each run, and a column for each source and the measure. ``confidence`` is
    the confidence of the intervals. Raises ``NotIdentified`` if a cell has no run or several, or no
    degrees of freedom are left for the rest.
    """
    from scipy import stats

    levels = [runs[source].nunique() for source in sources]
    cells = int(np.prod(levels)) if levels else 0
    if len(runs) != cells or runs.duplicated(list(sources)).any():
        raise NotIdentified(
            f"{len(runs)} runs for {cells} combinations of {', '.join(sources)}: a decomposition "
            "needs one run for each; finish the experiment"
        )
    y = runs[measure].to_numpy(float)
    if not np.isfinite(y).all():
        raise NotIdentified(f"{measure} is not known of every run")
    squares = [_between(runs, source, y) for source in sources]
    left = len(runs) - 1 - sum(size - 1 for size in levels)
    if left < 1:
        raise NotIdentified(
            f"{len(runs)} runs leave nothing for the rest; vary more, or more seeds"
        )
    rest = max(float(((y - y.mean()) ** 2).sum()) - sum(squares), 0.0) / left
    components = [
        _component(source, size, square, rest, left, len(runs) / size, confidence)
        for source, size, square in zip(sources, levels, squares, strict=True)
    ]
    total = rest + sum(max(c.value, 0.0) for c in components if np.isfinite(c.value))
    quantiles = (float(stats.chi2.ppf(q, left)) for q in reversed(central_interval(confidence)))
    low, high = (left * rest / quantile for quantile in quantiles)
    components.append(
        Component(REST, 0, left, rest, rest, low, high, 0.0, float("nan"), "with all interactions")
    )
    return [_with_share(component, total) for component in components]


def _between(runs: pd.DataFrame, source: str, y: Floats) -> float:
    """Return the sum of squares between the levels of a source."""
    means = runs.assign(_y=y).groupby(source, sort=False)["_y"]
    return float((means.size() * (means.mean() - y.mean()) ** 2).sum())


def _component(
    source: str,
    levels: int,
    square: float,
    rest: float,
    left: int,
    repeats: float,
    confidence: float,
) -> Component:
    """Return one component; with a single level there is nothing to compare."""
    from scipy import stats

    degrees = levels - 1
    if degrees < 1:
        nan = float("nan")
        return Component(source, levels, 0, nan, nan, nan, nan, nan, nan, "one level")
    mean = square / degrees
    value = (mean - rest) / repeats
    ends = []
    for q in reversed(central_interval(confidence)):
        f, chi2 = float(stats.f.ppf(q, degrees, left)), float(stats.chi2.ppf(q, degrees))
        ends.append(max((square - degrees * rest * f) / (repeats * chi2), 0.0))
    ratio = mean / rest if rest > 0 else float("nan")
    note = f"{levels} levels: few" if levels < FEW else ""
    p = float(stats.f.sf(ratio, degrees, left))
    return Component(source, levels, degrees, mean, value, ends[0], ends[1], 0.0, p, note)


def _with_share(component: Component, total: float) -> Component:
    known = total > 0 and np.isfinite(component.value)
    return component._replace(share=max(component.value, 0.0) / total if known else float("nan"))
