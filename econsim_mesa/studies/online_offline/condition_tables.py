"""All statistics of the runs of one condition, each as rows of a table of its own.

Tables: ``curves`` (the inverted-U test, a row for each pair of x and y), ``curve_checks`` (the
parts of the primary verdict), ``power`` (to find an inverted U at the x of the primary question),
``two_lines``, ``shapes`` (error on runs left out), ``signs`` (of b2 run by run), ``shuffled_days``,
``lags``, ``aliased`` (columns left out of the primary design), ``published`` (the paper's own
figures), ``dispersion``, ``cannot_identify``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from econsim_mesa.analysis.design_matrix import (
    DesignMatrix,
    NotIdentified,
    build_design,
    complete_cases,
)
from econsim_mesa.analysis.inference import alpha
from econsim_mesa.analysis.resampling import resampling_rng
from econsim_mesa.analysis.result_tables import CANNOT_IDENTIFY, ResultTables, Row, estimate_columns
from econsim_mesa.analysis.wild_bootstrap import wild_cluster_test
from econsim_mesa.society.rng import Floats
from econsim_mesa.studies.online_offline.curve import Curve, CurveModel, curve_of
from econsim_mesa.studies.online_offline.dispersion import dispersion
from econsim_mesa.studies.online_offline.placebo import lags, shuffled_days
from econsim_mesa.studies.online_offline.power import power_at
from econsim_mesa.studies.online_offline.published import (
    LABEL,
    pooled_quadratic,
    volume_spread_correlation,
)
from econsim_mesa.studies.online_offline.refutation import SMALLEST
from econsim_mesa.studies.online_offline.robustness import leave_one_run_out, sign_count
from econsim_mesa.studies.online_offline.two_lines import two_lines

if TYPE_CHECKING:
    import pandas as pd

CONTROLS = ("price", "weekend")
"""Beside effects of run and day: dropped, and named, where every run has the same on each day."""


class Question(NamedTuple):
    """A pair of columns of a panel for the inverted-U test, and why it is asked."""

    role: str
    x: str
    y: str
    controls: tuple[str, ...] = CONTROLS
    in_stock: bool = False
    """Only on days on which nothing was sold out."""


class AnalysisSettings(NamedTuple):
    """How a condition is analysed.

    Attributes:
        x: The column that explains y.
        center: The value of x at which the curve is centred, in units of x.
        void: Why the sentiment of its posts means nothing; None: it does not.
        confidence: That of all intervals; 1 less it is the level of all verdicts.
        smallest: Height of the smallest inverted U that counts, in units of y; None: ``SMALLEST``
            standard deviations of a run-day about the curve.
    """

    x: str
    center: float
    void: str | None = None
    confidence: float = 0.95
    smallest: float | None = None

    def questions(self, panel: pd.DataFrame) -> Iterator[Question]:
        """Yield what is asked of a panel, the primary question first."""
        yield Question("primary", self.x, "y")
        yield Question("revenue", self.x, "revenue")
        if (panel["stock_out"] > 0).any():
            yield Question("days in stock", self.x, "y", in_stock=True)
        for x in ("x", "x_unnamed", "x_buyers", "x_others"):
            if x != self.x:
                yield Question("secondary", x, "y")
        if "placebo x" in panel:
            yield Question("placebo", "placebo x", "placebo y", ())


def add_condition(
    panel: pd.DataFrame, spreads: pd.DataFrame, settings: AnalysisSettings, to: ResultTables
) -> None:
    """Add all statistics of a condition to its tables.

    ``panel`` has the columns of ``run_day_panel``, ``weekend`` and those of a placebo with
    ``placebo`` in front; ``spreads`` those of ``dispersion.spreads``.
    """
    for question in settings.questions(panel):
        _curve(panel, question, settings, to)
    x, y = settings.x, "y"
    with to.attempt("two lines"):
        lines = two_lines(panel, x=x, y=y, confidence=settings.confidence)
        to.add(
            "two_lines",
            verdict=lines.verdict,
            breakpoint=lines.breakpoint,
            **estimate_columns("first", lines.first),
            **estimate_columns("second", lines.second),
        )
    with to.attempt("shapes on runs left out"):
        for shape in leave_one_run_out(panel, x=x, y=y):
            to.add("shapes", **shape._asdict())
    signs = sign_count(panel, x=x, y=y)
    to.add("signs", below=signs.below, above=signs.above, unknown=signs.unknown, p=signs.p)
    with to.attempt("shuffled days"):
        draw = resampling_rng("shuffled days", *map(str, to.named.values()))
        shuffled = shuffled_days(panel, draw, center=settings.center, x=x, y=y)
        to.add("shuffled_days", **asdict(shuffled))
    for lag in lags(panel, x=x, y=y, confidence=settings.confidence):
        slope = estimate_columns("slope", lag.slope)
        to.add("lags", days=lag.days, **slope, run_days=lag.run_days, why=lag.why or None)
    _published(panel, spreads, settings, to)
    _dispersion(panel, spreads, settings, to)


def _curve(
    panel: pd.DataFrame, question: Question, settings: AnalysisSettings, to: ResultTables
) -> None:
    """Add a row of the inverted-U test; of the primary question also its parts."""
    known = panel[panel["stock_out"] == 0] if question.in_stock else panel
    controls = [name for name in question.controls if known[name].notna().all()]
    center = settings.center if question.x == settings.x else float(known[question.x].mean())
    row: Row = {"role": question.role, "x": question.x, "y": question.y, "center": center}
    row |= {"stock_out_days": int((known["stock_out"] > 0).sum())}
    try:
        model = CurveModel(
            known,
            center=center,
            x=question.x,
            y=question.y,
            controls=controls,
            confidence=settings.confidence,
        )
        curve = curve_of(model)
    except NotIdentified as error:
        to.add("curves", **row, **_no_curve(known), controls=None, why=str(error))
        where = f" ({question.role})" if question.in_stock else ""
        to.add(
            CANNOT_IDENTIFY, what=f"curve of {question.y} over {question.x}{where}", why=str(error)
        )
        return
    key = (question.role, question.x, question.y)
    wild = _wild(known, question, center, controls, to, key, alpha(settings.confidence))
    lost = {column.name for column in curve.aliased}
    held = ", ".join(name for name in controls if name not in lost)
    smallest = settings.smallest or SMALLEST * curve.noise
    row |= _columns(curve)
    to.add("curves", **row, smallest=smallest, p_wild=wild, controls=held, why=None)
    if question.role == "primary":
        _power(model, smallest, settings.confidence, to)
        _parts(curve, to)
        for name in question.controls:
            if name not in controls:
                unknown = f"{name} left out: not known on {int(known[name].isna().sum())} run-days"
                to.add("aliased", column=name, of=None, reads=unknown)


def _parts(curve: Curve, to: ResultTables) -> None:
    """Add the parts of the verdict, and the columns that were left out of the design."""
    for check in curve.checks:
        to.add("curve_checks", **check._asdict())
    for column in curve.aliased:
        to.add("aliased", column=column.name, of=", ".join(column.of), reads=str(column))


def _power(model: CurveModel, smallest: float, confidence: float, to: ResultTables) -> None:
    """Add how often an inverted U is found that is as high as the smallest, or twice as high."""
    for times in (1, 2):
        draw = resampling_rng("power", str(times), *map(str, to.named.values()))
        rate = power_at(model, times * smallest, draw, confidence=confidence)
        runs, days = len(model.design.run_names), model.design.days
        to.add("power", runs=runs, days=days, height=times * smallest, **rate._asdict())


def _columns(curve: Curve) -> Row:
    """Return the parts of a curve as columns; ``p`` is that of the whole: rise and fall."""
    by_name = {check.name: check.value for check in curve.checks}
    rise = by_name["p of a rise at the 5th percentile"]
    fall = by_name["p of a fall at the 95th percentile"]
    low, high = curve.interval
    return {
        "verdict": curve.verdict,
        **estimate_columns("b1", curve.linear),
        **estimate_columns("b2", curve.quadratic),
        **estimate_columns("straight", curve.straight),
        "x_low": curve.x_low,
        **estimate_columns("slope_low", curve.slope_low),
        "p_rise": rise,
        "x_high": curve.x_high,
        **estimate_columns("slope_high", curve.slope_high),
        "p_fall": fall,
        "p": max(rise, fall),
        **estimate_columns("hump", curve.hump),
        **estimate_columns("rise", curve.rise),
        "noise": curve.noise,
        "turning_point": curve.turning_point,
        "turning_low": low,
        "turning_high": high,
        "turning_method": curve.interval_method,
        "share_left": by_name["share left of the turning point"],
        "share_right": by_name["share right of the turning point"],
        "p_line": by_name["p of a falling line beyond the turning point"],
        "runs": curve.runs,
        "days": curve.days,
        "run_days": curve.run_days,
    }


def _no_curve(panel: pd.DataFrame) -> Row:
    """Return the columns of a curve that cannot be identified: sizes, and nothing else."""
    names = [
        *("verdict", "x_low", "x_high", "p_rise", "p_fall", "p", "turning_point", "turning_low"),
        *("turning_high", "turning_method", "share_left", "share_right", "p_line"),
        *("noise", "smallest", "p_wild"),
    ]
    sizes = {"runs": panel["run"].nunique(), "days": panel["day"].nunique(), "run_days": len(panel)}
    row: Row = dict.fromkeys(names)
    for estimate in ("b1", "b2", "straight", "slope_low", "slope_high", "hump", "rise"):
        row |= estimate_columns(estimate, None)
    return row | sizes


def _wild(
    panel: pd.DataFrame,
    question: Question,
    center: float,
    controls: Sequence[str],
    to: ResultTables,
    key: tuple[str, ...],
    level: float,
) -> float:
    """Return the p of b2 by the wild cluster bootstrap; NaN where so few runs can give none."""
    design, y = design_of(panel, question.x, question.y, center, controls)
    draw = resampling_rng("wild", *key, *map(str, to.named.values()))
    test = wild_cluster_test(design, y, [0.0, 1.0], draw)
    return test.p if test.smallest < level else float("nan")


def design_of(
    panel: pd.DataFrame, x: str, y: str, center: float, controls: Sequence[str]
) -> tuple[DesignMatrix, Floats]:
    """Return the design of the inverted-U model and its y, as ``inverted_u`` has them."""
    frame, _ = complete_cases(panel, [x, y, *controls])
    distance = frame[x].to_numpy(float) - center
    besides = {name: frame[name].to_numpy(float) for name in controls}
    design = build_design(frame, {x: distance, f"{x}^2": distance**2}, besides)
    return design, np.asarray(frame[y].to_numpy(float))


def _published(
    panel: pd.DataFrame, spreads: pd.DataFrame, settings: AnalysisSettings, to: ResultTables
) -> None:
    """Add the paper's own figures, labelled as such; ``void`` is that of the correlation."""
    names = ("linear", "quadratic", "p_linear", "p_quadratic", "r_squared", "run_days", "dropped")
    row: Row = {"label": LABEL, **dict.fromkeys(names), "correlation": None, "p_correlation": None}
    with to.attempt("the paper's quadratic"):
        fit = pooled_quadratic(panel)
        row |= {name: getattr(fit, name) for name in names}
    with to.attempt("the paper's correlation of volume and spread"):
        pair = volume_spread_correlation(spreads)
        row |= {"correlation": pair.correlation, "p_correlation": pair.p}
    to.add("published", **row, void=settings.void)


def _dispersion(
    panel: pd.DataFrame, spreads: pd.DataFrame, settings: AnalysisSettings, to: ResultTables
) -> None:
    """Add whether the spread of sentiment changes with volume, by both measures.

    What is held fixed in curves is so here.
    """
    controls = [name for name in CONTROLS if panel[name].notna().all()]
    besides = panel[["run", "day", *controls]]
    table = spreads.merge(besides, on=["run", "day"], how="left")
    for measure in ("variance", "gini"):
        try:
            spread = dispersion(
                table,
                measure=measure,
                void=settings.void,
                controls=controls,
                confidence=settings.confidence,
            )
        except NotIdentified as error:
            _no_dispersion(measure, str(error), settings, to)
            continue
        to.add(
            "dispersion",
            measure=measure,
            verdict=spread.verdict,
            **estimate_columns("slope", spread.slope),
            run_days=spread.run_days,
            thin=spread.thin,
            runs=spread.runs,
            void=spread.void,
        )


def _no_dispersion(measure: str, why: str, settings: AnalysisSettings, to: ResultTables) -> None:
    """Say that a spread cannot be identified, or that it would mean nothing anyway."""
    if settings.void is None:
        to.add(CANNOT_IDENTIFY, what=f"dispersion ({measure})", why=why)
        return
    none = estimate_columns("slope", None) | dict.fromkeys(("run_days", "thin", "runs"))
    to.add("dispersion", measure=measure, verdict="void", **none, void=settings.void)
