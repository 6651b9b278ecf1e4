"""Draws: a number that differs from household to household, and how it is drawn.

Where a scenario takes a number or a draw, all households have that number, or each its own: the
same quantile of the distribution for the same seed, whatever the distribution is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import Annotated, Any, Protocol

from pydantic import (
    AfterValidator,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from econsim_mesa.scenario.base import Frozen
from econsim_mesa.scenario.town import Amount

MOST = 10**15
"""Largest value of a number that is drawn, whatever its sign; also the largest amount."""
SMALLEST_NEED = 0.01
"""Smallest factor on a need."""
_LEAST_MASS = 1e-9
"""Share of a distribution that must lie between the bounds of a draw."""
_STANDARD = NormalDist()
Number = Annotated[int | float, Field(ge=-MOST, le=MOST)]
Positive = Annotated[int | float, Field(gt=0, le=MOST)]
Rows = Sequence[Mapping[str, str]]
"""Rows of a persona table, one a household."""


class Distribution(Protocol):
    """A continuous distribution."""

    def below(self, value: float) -> float:
        """Return the share of it that lies below a value (its CDF)."""

    def at(self, share: float) -> float:
        """Return the value below which a share of it lies, in (0, 1) (its inverse CDF)."""


class Normal(Frozen):
    """A normal distribution."""

    mean: Number
    """Mean."""
    sd: Positive
    """Standard deviation."""

    def below(self, value: float) -> float:
        """Return the share of it that lies below a value."""
        return _STANDARD.cdf((value - self.mean) / self.sd)

    def at(self, share: float) -> float:
        """Return the value below which a share of it lies."""
        return self.mean + self.sd * _STANDARD.inv_cdf(share)


class Lognormal(Frozen):
    """A lognormal distribution: its logarithm is normal."""

    median: Positive
    """Median."""
    sigma: Annotated[Positive, Field(le=10)]
    """Standard deviation of the natural logarithm."""

    def below(self, value: float) -> float:
        """Return the share of it that lies below a value."""
        if value <= 0:
            return 0.0
        return Normal(mean=math.log(self.median), sd=self.sigma).below(math.log(value))

    def at(self, share: float) -> float:
        """Return the value below which a share of it lies."""
        return self.median * math.exp(self.sigma * _STANDARD.inv_cdf(share))


class Exponential(Frozen):
    """An exponential distribution."""

    mean: Positive
    """Mean."""

    def below(self, value: float) -> float:
        """Return the share of it that lies below a value."""
        return -math.expm1(-max(value, 0.0) / self.mean)

    def at(self, share: float) -> float:
        """Return the value below which a share of it lies."""
        return -self.mean * math.log1p(-share)


class Draw(Frozen):
    """A number that each household has of its own: one of the five ways, and bounds.

    Bounds cut the distribution off: values are drawn from the part between them, so that none pile
    up at a bound. Amounts are whole numbers of the smallest unit and 0 or more.
    """

    uniform: tuple[Number, Number] | None = None
    """Lowest and highest value, all between them as likely; of whole numbers both included."""
    normal: Normal | None = None
    """Normal: ``{"mean": 1000, "sd": 200}``."""
    lognormal: Lognormal | None = None
    """Lognormal: ``{"median": 1000, "sigma": 0.6}``."""
    exponential: Exponential | None = None
    """Exponential: ``{"mean": 1000}``."""
    column: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    """Column of the persona table that holds the number of each household."""
    least: Number | None = None
    """Smallest value of a normal, lognormal or exponential draw; null: as the use of it says."""
    most: Number | None = None
    """Largest value of such a draw; null: as the use of it says."""

    @model_validator(mode="after")
    def _one_way(self) -> Draw:
        ways = ("uniform", "normal", "lognormal", "exponential", "column")
        chosen = [way for way in ways if getattr(self, way) is not None]
        if len(chosen) != 1:
            raise ValueError(f"give one of {', '.join(ways)}; found {len(chosen)} of them")
        if self.uniform is not None and self.uniform[0] > self.uniform[1]:
            raise ValueError("the lower bound is above the upper one")
        bounded = self.least is not None or self.most is not None
        if self.distribution is None and bounded:
            raise ValueError(f"least and most do not go with {chosen[0]}, which has its own bounds")
        _between(self, -MOST, MOST)
        return self

    @model_serializer(mode="wrap")
    def _as_given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Return it as JSON, without the ways that were not chosen."""
        said: dict[str, Any] = handler(self)
        return {key: value for key, value in said.items() if value is not None}

    @property
    def distribution(self) -> Distribution | None:
        """The distribution that its bounds cut off; None: it is uniform, or a column."""
        return self.normal or self.lognormal or self.exponential


def _between(draw: Draw, lowest: float, highest: float) -> tuple[float, float]:
    """Return the shares of a distribution below the bounds of a draw. Raises ``ValueError``."""
    distribution = draw.distribution
    if distribution is None:
        return 0.0, 1.0
    least = lowest if draw.least is None else max(draw.least, lowest)
    most = highest if draw.most is None else min(draw.most, highest)
    if least > most:
        raise ValueError("its smallest value is above its largest one")
    first, last = distribution.below(least), distribution.below(most)
    if last - first < _LEAST_MASS:
        raise ValueError(f"almost nothing of it lies between {least:g} and {most:g}")
    return first, last


def _of_amounts(draw: int | Draw) -> int | Draw:
    if isinstance(draw, Draw):
        bounds = (*(draw.uniform or ()), draw.least, draw.most)
        if any(bound is not None and (bound < 0 or bound != int(bound)) for bound in bounds):
            raise ValueError("bounds of amounts are whole numbers of the smallest unit, 0 or more")
        _between(draw, 0, MOST)
    return draw


def _of_needs(draw: float | Draw) -> float | Draw:
    least = draw if not isinstance(draw, Draw) else min(draw.uniform or (SMALLEST_NEED,))
    if least < SMALLEST_NEED:
        raise ValueError(f"a factor on a need is {SMALLEST_NEED:g} or more")
    if isinstance(draw, Draw):
        _between(draw, SMALLEST_NEED, MOST)
    return draw


DrawnAmount = Annotated[Amount | Draw, AfterValidator(_of_amounts)]
"""A quantity or sum of money in its smallest unit: one for all, or each household's own."""
DrawnNumber = Number | Draw
"""A number of either sign: one for all, or each household's own."""
DrawnNeed = Annotated[Number | Draw, AfterValidator(_of_needs)]
"""A factor on a need, about 1: one for all, or each household's own."""


def quantile(draw: Draw, lowest: float, highest: float) -> Callable[[float], float]:
    """Return what turns a number in [0, 1) into a value of a draw that is from no column.

    Args:
        draw: How it is drawn.
        lowest: Smallest value there may be; the distribution is cut off there.
        highest: Largest value there may be.
    """
    distribution = draw.distribution
    if distribution is None:
        low, high = draw.uniform or (0, 0)
        return lambda uniform: low + uniform * (high - low)
    first, last = _between(draw, lowest, highest)
    least = lowest if draw.least is None else max(draw.least, lowest)
    most = highest if draw.most is None else min(draw.most, highest)

    def value(uniform: float) -> float:
        share = min(max(first + uniform * (last - first), 2.0**-54), 1.0 - 2.0**-53)
        return min(max(distribution.at(share), least), most)  # what is beyond is rounding

    return value


def largest(amount: int | Draw, rows: Rows) -> int:
    """Return the largest amount that any household can be given."""
    if not isinstance(amount, Draw):
        return amount
    if amount.column is not None:
        return max((int(row[amount.column]) for row in rows), default=0)
    return round(quantile(amount, 0, MOST)(1.0 - 2.0**-53))


def cell_problem(cell: str, *, whole: bool, least: float) -> str | None:
    """Return why a cell of a persona table is not a number that is asked for; None: it is."""
    wanted = f"must be a {'whole ' if whole else ''}number from {least:g} to {MOST:g}"
    if least <= -MOST:
        wanted = "must be a number"
    try:
        value = int(cell) if whole else float(cell)
    except ValueError:
        return wanted
    return None if least <= value <= MOST else wanted
