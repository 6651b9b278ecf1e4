"""How often the curve's intervals and verdicts are right, world by world; run it to see a table.

    python tests/studies/online_offline/error_rates.py [--panels 2000]

The worlds were written down before any rate was looked at to judge the rules that are in force.
*Before* is the rule of four parts without the line, all of it by clustered errors.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from closed_form import covers, fits, four_parts, refuted, verdicts
from truths import World, draw, parabola, posts

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.studies.online_offline.dispersion import dispersion, spreads

SIZES = ((6, 14), (10, 9), (10, 30), (20, 9), (20, 30))
CHUNK = 500
"""Panels at a time: memory."""
B2 = -0.06
"""Bend of an inverted U whose hump is about as high as a day's noise."""

WITHOUT = {
    "none": World(),
    "none, AR .7": World(autocorrelation=0.7),
    "none, tails of t3": World(tails=True),
    "none, noise grows": World(grows=True),
    "none, noise grows, AR .7": World(grows=True, autocorrelation=0.7),
    "none, sale": World(bump=True),
    "none, many zeros": World(zeros=0.3),
    "none, Poisson": World(counts=True),
    "none, few posts": World(mean=2.5),
    "logarithm": World(shape=lambda x: 5 * np.log1p(x)),
    "logarithm, few posts": World(shape=lambda x: 5 * np.log1p(x), mean=2.5),
    "saturating": World(shape=lambda x: 20 * (1 - np.exp(-x / 5))),
    "plateau from 10": World(shape=lambda x: 2 * np.minimum(x, 10.0)),
    "plateau from 5": World(shape=lambda x: 4 * np.minimum(x, 5.0)),
    "threshold at 8": World(shape=lambda x: 20.0 * (x >= 8)),
    "threshold at 4": World(shape=lambda x: 20.0 * (x >= 4)),
    "linear": World(shape=lambda x: 0.5 * x),
    "linear, noise grows": World(shape=lambda x: 0.5 * x, grows=True),
    "linear, sale": World(shape=lambda x: 0.5 * x, bump=True),
}
WITH = {
    "top at 12": World(shape=parabola(12, B2), b2=B2),
    "top at 12, AR .7": World(shape=parabola(12, B2), b2=B2, autocorrelation=0.7),
    "top at 12, noise grows": World(shape=parabola(12, B2), b2=B2, grows=True),
    "top at 12, half": World(shape=parabola(12, B2 / 2), b2=B2 / 2),
    "top at 12, half, noise grows": World(shape=parabola(12, B2 / 2), b2=B2 / 2, grows=True),
    "top at 20, the edge": World(shape=parabola(20, B2), b2=B2),
    "top at 30, outside": World(shape=parabola(30, B2 / 2), b2=B2 / 2),
    "top at 45, outside": World(shape=parabola(45, B2 / 2), b2=B2 / 2),
    "top at 45, outside, noise grows": World(shape=parabola(45, B2 / 2), b2=B2 / 2, grows=True),
    "no parabola: x exp(-x/9)": World(shape=lambda x: 5 * x * np.exp(-x / 9)),
}
STRAIGHT = {"none": False, "linear": False, "none, noise grows": True, "linear, noise grows": True}


class Rates(NamedTuple):
    """Rates over many panels of one world and size."""

    cover_b1: float
    cover_b2: float
    clustered_b2: float
    inverted_u: float
    before: float
    refuted: float


def rates(world: World, runs: int, days: int, panels: int, seed: int = 20261129) -> Rates:
    """Return the rates of one world and size."""
    luck = np.random.default_rng([seed, runs, days])
    parts = []
    for begin in range(0, panels, CHUNK):
        some = min(CHUNK, panels - begin)
        x, y = draw(world, luck, some, runs, days)
        fit = fits(x, y)
        verdict = verdicts(x, y, fit)
        b1 = world.slope_at(fit.c)
        found = (
            *covers(fit, b1, world.b2, fit.jackknife),
            covers(fit, b1, world.b2, fit.clustered)[1],
            (verdict == "inverted U").mean(),
            four_parts(x, fit, fit.clustered, fit.clustered).mean(),
            refuted(x, verdict, fit).mean(),
        )
        parts.append(np.array(found, dtype=float) * some)
    return Rates(*(np.sum(parts, axis=0) / panels))


def rises(panels: int, runs: int, days: int, seed: int = 7, **how: float) -> float:
    """Return how often the spread of sentiment is said to rise."""
    luck = np.random.default_rng([seed, runs, days])
    return float(np.mean([_rises(posts(luck, runs, days, **how)) for _ in range(panels)]))  # type: ignore[arg-type]


def _rises(scored: pd.DataFrame) -> bool:
    try:
        return dispersion(spreads(scored)).verdict == "rises"
    except NotIdentified:
        return False


SPREADS: dict[str, dict[str, float]] = {
    "nothing": {},
    "wider on days of a sale": {"sale": True},
    "texts repeat, .5": {"repeats": 0.5},
    "texts repeat, .8": {"repeats": 0.8},
    "people differ": {"moods": 0.3},
    "a true rise": {"rise": 0.02},
}


def lines(panels: int) -> Iterator[str]:
    yield f"{panels} panels of each world and size; coverage of b1, b2 (b2 by clustered errors)"
    for name in STRAIGHT:
        for runs, days in ((6, 9), (6, 30), (10, 9), (10, 30), (20, 9), (20, 30)):
            found = rates(WITHOUT[name], runs, days, panels)
            told = f"{found.cover_b1:.3f} {found.cover_b2:.3f} ({found.clustered_b2:.3f})"
            yield f"  {name:32} {runs:2} x {days:2}: {told}"
    head = " ".join(f"{runs:>10} x {days:<2}" for runs, days in SIZES)
    for title, worlds in (("no inverted U", WITHOUT), ("inverted U", WITH)):
        yield f"truth: {title}; said *inverted U* / before / *refuted*\n{'':34}{head}"
        for name, world in worlds.items():
            found = [rates(world, *size, panels) for size in SIZES]
            cells = (f"{one.inverted_u:.3f}/{one.before:.3f}/{one.refuted:.3f}" for one in found)
            yield f"  {name:32}" + " ".join(cells)
    some = max(panels // 10, 20)
    yield f"spread of sentiment, {some} panels: said *rises*, 10 x 9 and 20 x 14"
    for name, how in SPREADS.items():
        found_ = [rises(some, *size, **how) for size in ((10, 9), (20, 14))]
        yield f"  {name:32} {found_[0]:.3f} {found_[1]:.3f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--panels", type=int, default=2000)
    for line in lines(parser.parse_args().panels):
        print(line, flush=True)
