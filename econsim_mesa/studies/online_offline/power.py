"""Power by simulation: how often the verdict is right in worlds whose truth is known.

``power_at`` asks it of a study at hand: its x as it was observed, its noise, and an inverted U of
a given height in the middle of its range.

``simulate`` makes the worlds of the method's own test, whose process is fixed beforehand: x
negative binomial, size 4, mean 12, its log mean with sd .2 between runs; y = run effect (sd 5) +
f(x) + noise, AR(1) of .4 with a stationary sd of 6; f = 0, 5 log(1 + x), or -0.024 (x - 15)^2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from econsim_mesa.analysis.inference import wilson_interval
from econsim_mesa.society.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.studies.online_offline.curve import CurveModel

Truth = Literal["null", "log", "inverted U"]


@dataclass(frozen=True)
class Process:
    """A world to be simulated; defaults are the process of the method's own test."""

    runs: int = 10
    days: int = 30
    size: float = 4.0
    mean: float = 12.0
    run_sd_log: float = 0.2
    run_sd: float = 5.0
    noise_sd: float = 6.0
    autocorrelation: float = 0.4
    log_slope: float = 5.0
    bend: float = -0.024
    top: float = 15.0

    def effect(self, truth: Truth, x: Floats) -> Floats:
        """Return f(x)."""
        shapes: dict[Truth, Floats] = {
            "null": np.zeros_like(x),
            "log": self.log_slope * np.log1p(x),
            "inverted U": self.bend * (x - self.top) ** 2,
        }
        return shapes[truth]


class Rate(NamedTuple):
    """How often something happened in ``panels`` worlds, with Wilson's interval."""

    rate: float
    low: float
    high: float
    panels: int


def simulate(
    truth: Truth, generator: np.random.Generator, process: Process | None = None
) -> pd.DataFrame:
    """Return one simulated panel with columns run, seed, day, x and y."""
    import pandas as pd

    p = process or Process()
    mean = p.mean * np.exp(generator.normal(0.0, p.run_sd_log, (p.runs, 1)))
    x = generator.negative_binomial(p.size, p.size / (p.size + mean), (p.runs, p.days)).astype(
        float
    )
    y = (
        generator.normal(0.0, p.run_sd, (p.runs, 1))
        + p.effect(truth, x)
        + stationary_noise(p, generator)
    )
    run, day = np.divmod(np.arange(p.runs * p.days), p.days)
    return pd.DataFrame(
        {
            "run": [f"run {r:03}" for r in run],
            "seed": run,
            "day": [f"day {d:03}" for d in day],
            "x": x.ravel(),
            "y": y.ravel(),
        }
    )


def rate_of(
    happens: Callable[[pd.DataFrame], bool],
    truth: Truth,
    generator: np.random.Generator,
    *,
    panels: int = 200,
    process: Process | None = None,
    confidence: float = 0.95,
) -> Rate:
    """Return how often ``happens`` is true of a simulated panel.

    With the inverted-U test as ``happens``: its power under "inverted U", its false positives
    under "null" and "log". ``confidence`` is that of the rate's interval.
    """
    hits = sum(happens(simulate(truth, generator, process)) for _ in range(panels))
    return wilson(hits, panels, confidence)


def power_at(
    model: CurveModel,
    height: float,
    generator: np.random.Generator,
    *,
    panels: int = 100,
    confidence: float = 0.95,
) -> Rate:
    """Return how often an inverted U of ``height`` (units of y) is found at the x of a model.

    The truth stands by that height above the straight line between the 5th and 95th percentile
    of x, its top half way. The noise is what the fitted curve leaves over, that of each run with a
    sign of its own, so that it goes with x and from day to day as it was seen to.
    """
    design = model.design
    fit = model.fit(model.ys)
    width, middle = model.x_high - model.x_low, (model.x_high + model.x_low) / 2
    truth = -4 * height * ((model.xs - middle) / width) ** 2
    basis = np.linalg.qr(design.scaled()[0])[0]
    rest = model.ys - basis @ (basis.T @ model.ys)
    rest *= fit.noise / float(np.sqrt((rest**2).mean()))
    signs = generator.choice([-1.0, 1.0], size=(panels, len(design.run_names)))
    hits = sum(model.finds_inverted_u(truth + rest * sign[design.runs]) for sign in signs)
    return wilson(hits, panels, confidence)


def wilson(hits: int, panels: int, confidence: float = 0.95) -> Rate:
    """Return a rate with Wilson's interval, which is sound near 0 and 1."""
    return Rate(hits / panels, *wilson_interval(hits, panels, confidence), panels)


def stationary_noise(p: Process, generator: np.random.Generator) -> Floats:
    """Return [runs, days] of AR(1) noise that is stationary from the first day."""
    shocks = generator.normal(0.0, p.noise_sd, (p.runs, p.days))
    shocks[:, 1:] *= np.sqrt(1.0 - p.autocorrelation**2)
    noise = shocks.copy()
    for day in range(1, p.days):
        noise[:, day] += p.autocorrelation * noise[:, day - 1]
    return noise
