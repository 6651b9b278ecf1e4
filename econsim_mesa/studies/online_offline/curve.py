"""The inverted-U test: a quadratic with effects of run and day, and what it takes to believe it.

    y_rt = a_r + d_t + b1 (x - c) + b2 (x - c)^2

Errors are the jackknife's over runs, with t of R - 1 degrees. The verdict *inverted U* needs all
of: b2 < 0; the slope above 0 at the 5th and below 0 at the 95th percentile of x, each with a
one-sided p below the level, .05 unless the confidence is another than .95 (Lind and Mehlum 2010,
Oxford Bulletin of Economics and Statistics 72(1)); the interval of the turning point inside the
10th to 90th percentile; at least 10 % of run-days on each side of it; and, since a parabola turns
by itself where sales merely level off, a straight line through the days beyond the top that falls
as well (one-sided p below twice the level). These parts are judged by clustered errors: together
they err on no side, and the jackknife would find half of the true ones among few runs
(docs/method/statistics.md has the rates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from econsim_mesa.analysis.clustered import ClusteredFit, Estimate, fit_clustered
from econsim_mesa.analysis.design_matrix import (
    Aliased,
    DesignMatrix,
    NotIdentified,
    build_design,
    complete_cases,
)
from econsim_mesa.analysis.inference import alpha
from econsim_mesa.errors import BadInput
from econsim_mesa.society.rng import Floats
from econsim_mesa.studies.online_offline.turning_point import bootstrap_interval, fieller_interval
from econsim_mesa.studies.online_offline.two_lines import interrupted

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
    ``hump`` is how far the curve stands above the straight line between its points at ``x_low``
    and ``x_high``, and ``rise`` how far the second point is above the first, in units of y;
    ``noise`` is the standard deviation of a run-day about the curve.
    """

    verdict: Verdict
    linear: Estimate
    quadratic: Estimate
    straight: Estimate
    slope_low: Estimate
    slope_high: Estimate
    hump: Estimate
    rise: Estimate
    noise: float
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
        parts = ("linear", "quadratic", "straight", "slope_low", "slope_high", "hump", "rise")
        rows += [{"part": name, **getattr(self, name)._asdict()} for name in parts]
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
        sizes = ("noise", "center", "x_low", "x_high", "runs", "days", "run_days", "missing")
        rows += [{"part": name, "value": getattr(self, name)} for name in sizes]
        rows += [{"part": "aliased", "value": str(column)} for column in self.aliased]
        return rows


class CurveModel:
    """The quadratic of a panel, ready to be fitted to its own y or to a simulated one.

    Raises ``NotIdentified`` if the panel cannot tell.
    """

    def __init__(
        self,
        panel: pd.DataFrame,
        *,
        center: float,
        x: str = "x",
        y: str = "y",
        controls: Sequence[str] = (),
        confidence: float = 0.95,
    ) -> None:
        self.frame, self.missing = complete_cases(panel, [x, y, *controls])
        self.center, self.confidence = center, confidence
        self.xs, self.ys = self.frame[x].to_numpy(float), self.frame[y].to_numpy(float)
        self.controls = {name: self.frame[name].to_numpy(float) for name in controls}
        distance = self.xs - center
        self.terms = {x: distance, f"{x}^2": distance**2}
        self.design = build_design(self.frame, self.terms, self.controls)
        self.x_low, self.x_high = (float(q) for q in np.quantile(self.xs, [0.05, 0.95]))

    def fit(self, y: Floats) -> ClusteredFit:
        """Fit the quadratic to ``y`` [run-days]."""
        return fit_clustered(self.design, y, confidence=self.confidence)

    def slope_at(self, x: float) -> list[float]:
        """Return the weights of (b1, b2) in the slope at ``x``."""
        return [1.0, 2 * (x - self.center)]

    @property
    def hump(self) -> list[float]:
        """The weights of (b1, b2) in the height above the line from ``x_low`` to ``x_high``."""
        return [0.0, -((self.x_high - self.x_low) ** 2) / 4]

    @property
    def rise(self) -> list[float]:
        """The weights of (b1, b2) in the rise from ``x_low`` to ``x_high``."""
        width, middle = self.x_high - self.x_low, (self.x_high + self.x_low) / 2
        return [width, 2 * (middle - self.center) * width]

    def turning_point(self, fit: ClusteredFit) -> float:
        """Return c - b1 / (2 b2); NaN where the curve has no bend."""
        b1, b2 = fit.values
        return float(self.center - b1 / (2 * b2)) if b2 else float("nan")

    def checks(self, fit: ClusteredFit, interval: tuple[float, float]) -> tuple[Check, ...]:
        """Return the parts of the verdict but the last, in the order of the module's text.

        NaN never holds.
        """
        tenth, ninetieth = (float(q) for q in np.quantile(self.xs, [0.10, 0.90]))
        level, top = alpha(fit.confidence), self.turning_point(fit)
        rising = fit.p_above(self.slope_at(self.x_low))
        falling = fit.p_above([-weight for weight in self.slope_at(self.x_high)])
        left, right = float((self.xs < top).mean()), float((self.xs > top).mean())
        return (
            Check("b2 below 0", float(fit.values[1]), "< 0", bool(fit.values[1] < 0)),
            Check("p of a rise at the 5th percentile", rising, f"< {level:g}", rising < level),
            Check("p of a fall at the 95th percentile", falling, f"< {level:g}", falling < level),
            Check("interval begins", interval[0], f">= {tenth:g}", interval[0] >= tenth),
            Check("interval ends", interval[1], f"<= {ninetieth:g}", interval[1] <= ninetieth),
            Check("share left of the turning point", left, f">= {SHARE}", left >= SHARE),
            Check("share right of the turning point", right, f">= {SHARE}", right >= SHARE),
        )

    def line_check(self, fit: ClusteredFit, y: Floats) -> Check:
        """Return the last part: whether a line through the days beyond the top falls."""
        level, p = 2 * alpha(fit.confidence), float("nan")
        top = self.turning_point(fit)
        if self.x_low < top < self.x_high:
            try:
                _, beyond = interrupted(self.frame, self.xs, y, top, controls=self.controls)
                half = beyond.clustered_p / 2
                p = half if beyond.value < 0 else 1 - half
            except NotIdentified:
                pass
        return Check("p of a falling line beyond the turning point", p, f"< {level:g}", p < level)

    def finds_inverted_u(self, y: Floats) -> bool:
        """Return whether the verdict on ``y`` [run-days] is *inverted U*."""
        fit = self.fit(y)
        parts = self.checks(fit, fieller_interval(fit, self.center))
        return all(check.holds for check in parts) and self.line_check(fit, y).holds


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

    ``center`` is c; it changes b1, not the verdict. With ``draws`` the turning point's interval
    is a bootstrap over runs, else Fieller's. Controls that the effects make redundant are dropped
    and named in ``aliased``. All intervals have this ``confidence``, and all tests the level
    1 - ``confidence``. Raises ``NotIdentified`` if the panel cannot tell.
    """
    model = CurveModel(panel, center=center, x=x, y=y, controls=controls, confidence=confidence)
    return curve_of(model, draws=draws, generator=generator)


def curve_of(
    model: CurveModel, *, draws: int = 0, generator: np.random.Generator | None = None
) -> Curve:
    """Test a model's own y for an inverted U; see ``inverted_u``."""
    fit, confidence = model.fit(model.ys), model.confidence
    x, distance = next(iter(model.terms.items()))
    straight_line = build_design(model.frame, {x: distance}, model.controls)
    straight = fit_clustered(straight_line, model.ys, confidence=confidence).estimate([1])
    if draws:
        if generator is None:
            raise BadInput("a bootstrap needs a seeded generator; give generator=...")
        interval = _bootstrapped(model, draws, generator)
        method = f"bootstrap over runs, {draws} draws"
    else:
        interval, method = fieller_interval(fit, model.center), "Fieller"
    quadratic = fit.estimate([0, 1])
    checks = (*model.checks(fit, interval), model.line_check(fit, model.ys))
    return Curve(
        verdict=_verdict(checks, quadratic, straight, alpha(confidence)),
        linear=fit.estimate([1, 0]),
        quadratic=quadratic,
        straight=straight,
        slope_low=fit.estimate(model.slope_at(model.x_low)),
        slope_high=fit.estimate(model.slope_at(model.x_high)),
        hump=fit.estimate(model.hump),
        rise=fit.estimate(model.rise),
        noise=fit.noise,
        turning_point=model.turning_point(fit),
        interval=interval,
        interval_method=method,
        checks=checks,
        center=model.center,
        x_low=model.x_low,
        x_high=model.x_high,
        runs=len(model.design.run_names),
        days=model.design.days,
        run_days=len(model.ys),
        missing=model.missing,
        aliased=model.design.aliased,
    )


def _bootstrapped(
    model: CurveModel, draws: int, generator: np.random.Generator
) -> tuple[float, float]:
    design: DesignMatrix = model.design
    controls = [name for name in model.controls if name in design.names]
    columns = [design.matrix[:, design.names.index(name)] for name in controls]
    return bootstrap_interval(
        model.frame,
        model.terms,
        columns,
        model.ys,
        model.center,
        draws,
        generator,
        model.confidence,
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
