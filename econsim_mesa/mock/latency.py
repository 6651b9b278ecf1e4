"""How long a reply takes: fixed, lognormal, or with a heavy tail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from econsim_mesa.errors import BadInput

LONGEST = 3600.0
"""Seconds above which no reply is ever delayed."""
_FORMS = "MS, lognormal:MEAN_MS,SIGMA or heavy:MEAN_MS,ALPHA"


@dataclass(frozen=True)
class Latency:
    """A distribution of seconds with mean ``mean``.

    ``lognormal``: exp of a normal number with standard deviation ``shape``. ``heavy``: Pareto
    with tail exponent ``shape``, which must be above 1 for the mean to exist.
    """

    form: Literal["fixed", "lognormal", "heavy"] = "fixed"
    mean: float = 0.0
    shape: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        if not 0.0 <= self.mean <= LONGEST:
            raise BadInput(f"a latency of {self.mean * 1000:g} ms; give 0 to {LONGEST * 1000:g}")
        if self.form == "lognormal" and not 0.0 <= self.shape <= 5.0:
            raise BadInput(f"the sigma of a lognormal latency is {self.shape:g}; give 0 to 5")
        if self.form == "heavy" and not 1.0 < self.shape <= 100.0:
            raise BadInput(f"the alpha of a heavy-tailed latency is {self.shape:g}; give 1 to 100")

    @classmethod
    def parse(cls, text: str) -> Latency:
        """Read a latency as it is typed; times are in milliseconds. Raises ``BadInput``.

        >>> Latency.parse("200"), Latency.parse("heavy:300,1.5")
        (Latency(form='fixed', mean=0.2, shape=0.0), Latency(form='heavy', mean=0.3, shape=1.5))
        """
        form, _, rest = text.rpartition(":")
        numbers = rest.split(",")
        wanted = {"": 1, "fixed": 1, "lognormal": 2, "heavy": 2}.get(form)
        try:
            mean, shape = float(numbers[0]) / 1000, float(numbers[-1])
        except ValueError:
            wanted = None
        if wanted != len(numbers):
            raise BadInput(f"latency {text!r} cannot be read; give {_FORMS}")
        if form == "lognormal":
            return cls("lognormal", mean, shape)
        return cls("heavy", mean, shape) if form == "heavy" else cls("fixed", mean)

    def draw(self, uniform: float) -> float:
        """Return the seconds that belong to a number in [0, 1), by inverse CDF."""
        if self.form == "fixed" or self.mean == 0.0:
            return self.mean
        if self.form == "lognormal":
            normal = NormalDist().inv_cdf(min(max(uniform, 1e-12), 1 - 1e-12))
            return min(self.mean * math.exp(self.shape * normal - self.shape**2 / 2), LONGEST)
        least = self.mean * (self.shape - 1) / self.shape
        return float(min(least * (1.0 - uniform) ** (-1 / self.shape), LONGEST))
