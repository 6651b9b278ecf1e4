"""When an inverted U is refuted, and when range or runs do not allow to say so.

A verdict that is another refutes nothing: few runs find few inverted Us, and where x ends before
the top there is none to be found. Refuted it is in two cases alone:

- a *valley*: within the range of x the curve falls first and rises later, both beyond doubt;
- *flat*: the curve neither rises, falls nor bends beyond doubt, a hump of the smallest size that
  counts is excluded by a one-sided test at the level of the plan (as in tests of equivalence,
  Schuirmann 1987), and the range reaches: a curve that bends so much would have its top in the
  inner three quarters between the 5th and 95th percentile of x.

A curve that rises, levels off or falls all along may have its top beyond the range. The smallest
size is registered with the hypothesis; else it is ``SMALLEST`` of the noise of a run-day.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from econsim_mesa.experiment.hypotheses import Ends

SMALLEST = 0.3
"""Height of the smallest hump that counts unless another is registered, in standard deviations of
a run-day about the curve: between a small and a medium effect (Cohen 1988)."""
REACH = 3.0
"""Rise over the range, in heights of a hump, at which its top is an eighth from the range's end:
a parabola of height h with its top at the share p of the range rises by 4 h (2 p - 1)."""


class Shape(NamedTuple):
    """What is known of a curve: its verdict, range, and intervals.

    ``hump`` and ``rise`` are narrow intervals, each end at the level of the plan (90 % beside
    95 %); the slopes at the ends of the range have the plan's confidence.
    """

    verdict: str
    x_low: float
    x_high: float
    hump: Ends
    rise: Ends
    slope_low: Ends
    slope_high: Ends
    smallest: float


def shape_says(shape: Shape) -> tuple[Literal["supported", "refuted", "open"], str]:
    """Return what a curve says of an expected inverted U, and why."""
    reach = f"x from {shape.x_low:.3g} to {shape.x_high:.3g}"
    if shape.verdict == "inverted U":
        return ("supported", f"it turns within {reach}")
    if _below(shape.slope_low, 0.0) and _above(shape.slope_high, 0.0):
        return ("refuted", f"it falls and then rises within {reach}")
    far = f"x does not reach far enough ({reach})"
    if shape.verdict == "concave":
        return ("open", f"{far}: it bends down, and a fall after the top is not shown")
    if _above(shape.slope_high, 0.0) or (shape.verdict == "linear" and not _falls(shape)):
        return ("open", f"{far}: it still rises")
    if _below(shape.slope_low, 0.0) or shape.verdict == "linear":
        return ("open", f"x does not begin low enough ({reach}): it falls from the start")
    hump = f"a hump of {shape.smallest:.3g}"
    if shape.verdict != "inconclusive" or not _below(shape.hump, shape.smallest):
        return ("open", f"too few runs and days: {hump} is neither shown nor excluded")
    bound = REACH * shape.smallest
    if not (_above(shape.rise, -bound) and _below(shape.rise, bound)):
        return ("open", f"{far}: {hump} is excluded there, but a top beyond it is not")
    return ("refuted", f"{hump} or more is excluded within {reach}")


def _above(ends: Ends, bound: float) -> bool:
    return ends[0] is not None and ends[0] > bound


def _below(ends: Ends, bound: float) -> bool:
    return ends[1] is not None and ends[1] < bound


def _falls(shape: Shape) -> bool:
    low, high = shape.rise
    return low is not None and high is not None and low + high < 0
