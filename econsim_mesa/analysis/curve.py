"""The inverted-U test: a quadratic with effects of run and day, and what it takes to believe it.

    y_rt = a_r + d_t + b1 (x - c) + b2 (x - c)^2,  errors clustered by run, t with R - 1 degrees

The verdict *inverted U* needs all of: b2 < 0; the slope above 0 at the 5th and below 0 at the
95th percentile of x, each with a one-sided p below the level, .05 unless the confidence is another
than .95 (Lind and Mehlum 2010, Oxford Bulletin of Economics
and Statistics 72(1)); the interval of the turning point inside the 10th to 90th percentile; at
least 10 % of run-days on each side of it. A quadratic alone calls any concave curve a U.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from econsim_mesa.analysis.clustered import ClusteredFit, Estimate, fit_clustered
from econsim_mesa.analysis.design import Aliased, build_design, complete
from econsim_mesa.analysis.distributions import level_of
from econsim_mesa.analysis.turning import bootstrap_interval, fieller_interval
from econsim_mesa.errors import BadInput
from econsim_mesa.rng import Floats

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["inverted U", "concave", "linear", "inconclusive"]
SHARE = 0.10


class Check(NamedTuple):
    """One part of the verdict: what was found, what is needed, whether it holds."""

    name: str
    value: float
    needed: str
    holds: bool


@dataclass(frozen=True)
class Curve:
    """The test with every part of it; numbers in units of y per unit of x, x in posts a day.

    ``slope_low`` and ``slope_high`` are the slopes at ``x_low`` and ``x_high``, with their
    one-sided p in ``checks``. ``straight`` is the slope of the same model without the square.
    """

    verdict: Verdict
    linear: Estimate
    quadratic: Estimate
    straight: Estimate
    slope_low: Estimate
    slope_high: Estimate
    turning_point: float
    interval: tuple[float, float]
    interval_method: str
    checks: tuple[Check, ...]
    center: float
    x_low: float
    x_high: float
    runs: int
    days: int
    run_days: int
    missing: int
    aliased: tuple[Aliased, ...]

    def to_rows(self) -> list[dict[str, object]]:
        """Return one row a part, ready for a table."""
        rows: list[dict[str, object]] = [{"part": "verdict", "value": self.verdict}]
        slopes = ("linear", "quadratic", "straight", "slope_low", "slope_high")
        rows += [{"part": name, **getattr(self, name)._asdict()} for name in slopes]
        low, high = self.interval
        rows.append(
            {
                "part": f"turning point ({self.interval_method})",
                "value": self.turning_point,
                "low": low,
                "high": high,
            }
        )
        rows += [{"part": f"check: {c.name}", **c._asdict()} for c in self.checks]
        sizes = ("center", "x_low", "x_high", "runs", "days", "run_days", "missing")
        rows += [{"part": name, "value": getattr(self, name)} for name in sizes]
        rows += [{"part": "aliased", "value": str(column)} for column in self.aliased]
        return rows


def inverted_u(
    panel: pd.DataFrame,
    *,
    center: float,
    x: str = "x",
    y: str = "y",
    controls: Sequence[str] = (),
    draws: int = 0,
    generator: np.random.Generator | None = None,
    confidence: float = 0.95,
) -> Curve:
    """Test for an inverted U of column ``y`` over column ``x`` of a panel (columns run, day).

    ``center`` is c, fixed in the plan before the runs; it changes b1, not the verdict. With
    ``draws`` the turning point's interval is a bootstrap over runs, else Fieller's. Controls
    that the effects make redundant are dropped and named in ``aliased``. ``confidence`` is that
    of all intervals, and 1 less it the level of all tests. Raises ``NotIdentified`` if the panel
    cannot tell.
    """
    frame, missing = complete(panel, [x, y, *controls])
    xs, ys = frame[x].to_numpy(float), frame[y].to_numpy(float)
    besides = {name: frame[name].to_numpy(float) for name in controls}
    terms = {x: xs - center, f"{x}^2": (xs - center) ** 2}
    design = build_design(frame, terms, besides)
    fit = fit_clustered(design, ys, confidence=confidence)
    straight_line = build_design(frame, {x: xs - center}, besides)
    line = fit_clustered(straight_line, ys, confidence=confidence)
    if draws:
        if generator is None:
            raise BadInput("a bootstrap needs a seeded generator; give generator=...")
        columns = [design.matrix[:, design.names.index(n)] for n in controls if n in design.names]
        interval = bootstrap_interval(
            frame, terms, columns, ys, center, draws, generator, confidence
        )
        method = f"bootstrap over runs, {draws} draws"
    else:
        interval, method = fieller_interval(fit, center), "Fieller"
    low, high = (float(q) for q in np.quantile(xs, [0.05, 0.95]))
    at_low, at_high = [1.0, 2 * (low - center)], [1.0, 2 * (high - center)]
    quadratic = fit.estimate([0, 1])
    top = _turning_point(fit, center)
    checks = _checks(fit, (at_low, at_high), xs, top, interval)
    straight = line.estimate([1])
    return Curve(
        verdict=_verdict(checks, quadratic, straight, level_of(confidence)),
        linear=fit.estimate([1, 0]),
        quadratic=quadratic,
        straight=straight,
        slope_low=fit.estimate(at_low),
        slope_high=fit.estimate(at_high),
        turning_point=top,
        interval=interval,
        interval_method=method,
        checks=checks,
        center=center,
        x_low=low,
        x_high=high,
        runs=len(design.run_names),
        days=design.days,
        run_days=len(ys),
        missing=missing,
        aliased=design.aliased,
    )


def _turning_point(fit: ClusteredFit, center: float) -> float:
    """Return c - b1 / (2 b2); NaN where the curve has no bend."""
    b1, b2 = fit.values
    return float(center - b1 / (2 * b2)) if b2 else float("nan")


def _checks(
    fit: ClusteredFit,
    at: tuple[list[float], list[float]],
    xs: Floats,
    top: float,
    interval: tuple[float, float],
) -> tuple[Check, ...]:
    """Return the parts of the verdict in the order of the module's text. NaN never holds."""
    tenth, ninetieth = (float(q) for q in np.quantile(xs, [0.10, 0.90]))
    level = level_of(fit.confidence)
    rising = fit.p_above(at[0])
    falling = fit.p_above([-weight for weight in at[1]])
    left, right = float((xs < top).mean()), float((xs > top).mean())
    return (
        Check("b2 below 0", float(fit.values[1]), "< 0", bool(fit.values[1] < 0)),
        Check("p of a rise at the 5th percentile", rising, f"< {level:g}", rising < level),
        Check("p of a fall at the 95th percentile", falling, f"< {level:g}", falling < level),
        Check("interval begins", interval[0], f">= {tenth:g}", interval[0] >= tenth),
        Check("interval ends", interval[1], f"<= {ninetieth:g}", interval[1] <= ninetieth),
        Check("share left of the turning point", left, f">= {SHARE}", left >= SHARE),
        Check("share right of the turning point", right, f">= {SHARE}", right >= SHARE),
    )


def _verdict(
    checks: Sequence[Check], quadratic: Estimate, straight: Estimate, level: float
) -> Verdict:
    """Return the verdict; a curve that bends upward is none of the first three."""
    if all(check.holds for check in checks):
        return "inverted U"
    if quadratic.p < level:
        return "concave" if quadratic.value < 0 else "inconclusive"
    return "linear" if straight.p < level else "inconclusive"
