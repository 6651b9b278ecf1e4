"""Worlds whose truth is known, many panels of each at once, and posts whose spread is known.

Made for the rates of error in ``error_rates``; all noise has a standard deviation of 6 at the mean
of x, 10 posts a day unless told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

Array = np.ndarray
Shape = Callable[[Array], Array]
NOISE = 6.0


class World(NamedTuple):
    """How x and y come about; ``bump``: three days of a sale that raise both."""

    shape: Shape = np.zeros_like
    mean: float = 10.0
    autocorrelation: float = 0.3
    grows: bool = False
    tails: bool = False
    zeros: float = 0.0
    counts: bool = False
    bump: bool = False
    b2: float = 0.0

    def slope_at(self, x: Array) -> Array:
        """Return f'(x) of a world without a bend or with a parabola."""
        return np.asarray(self.shape(x + 0.5) - self.shape(x - 0.5))


def parabola(top: float, b2: float) -> Shape:
    return lambda x: b2 * (x - top) ** 2


def draw(
    world: World, luck: np.random.Generator, panels: int, runs: int, days: int
) -> tuple[Array, Array]:
    """Return x and y [panels, runs, days]."""
    size = panels, runs, days
    mean = world.mean * np.exp(luck.normal(0, 0.2, (panels, runs, 1)))
    x = luck.negative_binomial(4, 4 / (4 + mean), size).astype(float)
    sale = (np.arange(days) // 3 == 1).astype(float) if world.bump else np.zeros(days)
    x = (x + luck.poisson(6 * sale, size)) * (luck.random(size) >= world.zeros)
    noise = luck.standard_t(3, size) / np.sqrt(3) if world.tails else luck.normal(0, 1, size)
    rho = world.autocorrelation
    noise[..., 1:] *= np.sqrt(1 - rho**2)
    for day in range(1, days):
        noise[..., day] += rho * noise[..., day - 1]
    noise *= NOISE * (x / world.mean if world.grows else 1.0)
    y = luck.normal(0, 5, (panels, runs, 1)) + world.shape(x) + noise + 8 * sale
    if world.counts:
        y = luck.poisson(
            30 * np.exp(luck.normal(0, 0.2, (panels, runs, 1))) + world.shape(x) + 0 * x
        )
    if world.zeros:
        y = np.where(luck.random(size) < world.zeros, 0.0, np.maximum(30 + y, 0.0))
    return x, y.astype(float)


def one_panel(x: Array, y: Array) -> pd.DataFrame:
    """Return one panel of [runs, days] as the analysis reads it."""
    runs, days = x.shape
    run, day = np.divmod(np.arange(runs * days), days)
    table = {"run": [f"run {r:03}" for r in run], "seed": run, "day": [f"d{d:03}" for d in day]}
    return pd.DataFrame({**table, "x": x.ravel(), "y": y.ravel()})


def posts(
    luck: np.random.Generator,
    runs: int,
    days: int,
    *,
    sale: bool = False,
    repeats: float = 0.0,
    moods: float = 0.0,
    rise: float = 0.0,
) -> pd.DataFrame:
    """Return scored posts of 30 people whose spread has nothing to do with how many there are.

    Unless there is a ``rise`` of the standard deviation per post. ``sale``: on days 3 to 5 there
    are twice as many posts, and their spread is twice as wide. ``repeats``: the share of posts
    that say again what somebody said on that day. ``moods``: the standard deviation between
    people, that of a post of one of them being .3.
    """
    rows = []
    for run in range(runs):
        own = luck.normal(0, 1, 30) * moods
        for day in range(days):
            heat = 2.0 if sale and 3 <= day < 6 else 1.0
            count = int(luck.negative_binomial(4, 4 / (4 + 12 * heat)))
            width = 0.3 * (heat if sale else 1.0) + rise * count
            authors = luck.integers(0, 30, count)
            scores = own[authors] + width * luck.normal(size=count)
            texts = np.arange(count)
            for number in np.flatnonzero(luck.random(count) < repeats):
                if number:
                    again = luck.integers(0, number)
                    texts[number], scores[number] = texts[again], scores[again]
            where = f"run {run}", f"d{day:02}"
            rows += [
                (*where, f"P{author}", f"{run} {day} {text}", score)
                for author, text, score in zip(authors, texts, scores, strict=True)
            ]
    return pd.DataFrame(rows, columns=["run", "day", "author", "text", "score"])
