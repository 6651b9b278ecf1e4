"""The rates of error of intervals and verdicts, in worlds whose truth is known.

``closed_form`` makes the statistics of thousands of panels at once and shares nothing with the
analysis; the first test holds the two against each other, panel by panel.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from closed_form import fits, refuted, verdicts
from error_rates import B2, SIZES, SPREADS, STRAIGHT, WITH, WITHOUT, rates, rises
from truths import World, draw, one_panel, parabola

from econsim_mesa.analysis.inference import t_quantile
from econsim_mesa.studies.online_offline.curve import Curve, CurveModel, inverted_u
from econsim_mesa.studies.online_offline.power import power_at
from econsim_mesa.studies.online_offline.refutation import SMALLEST, Shape, shape_says


def says(curve: Curve) -> str:
    """Return what a curve says of an expected inverted U, all runs and days known."""
    half = t_quantile(0.95, curve.runs - 1)
    narrow = [(one.value - half * one.error, one.value + half * one.error)
              for one in (curve.hump, curve.rise)]  # fmt: skip
    slopes = [(one.low, one.high) for one in (curve.slope_low, curve.slope_high)]
    size = SMALLEST * curve.noise
    return shape_says(
        Shape(curve.verdict, curve.x_low, curve.x_high, *narrow, *slopes, size)  # type: ignore[arg-type]
    )[0]


@pytest.mark.parametrize("name", ["none, noise grows", "plateau from 5", "top at 12"])
def test_the_analysis_is_the_closed_form(name: str) -> None:
    world, luck = {**WITHOUT, **WITH}[name], np.random.default_rng(5)
    x, y = draw(world, luck, 8, 10, 14)
    fit = fits(x, y)
    verdict = verdicts(x, y, fit)
    against = refuted(x, verdict, fit)
    for panel in range(8):
        found = inverted_u(one_panel(x[panel], y[panel]), center=fit.c[panel])
        assert [found.linear.value, found.quadratic.value] == pytest.approx(fit.b[panel])
        for k, one in enumerate((found.linear, found.quadratic)):
            assert one.error == pytest.approx(np.sqrt(fit.jackknife[panel, k, k]), rel=1e-5)
            assert one.clustered_error == pytest.approx(
                np.sqrt(fit.clustered[panel, k, k]), rel=1e-5
            )
        assert found.verdict == verdict[panel]
        assert (says(found) == "refuted") == against[panel]


def test_intervals_hold_where_noise_grows_with_x() -> None:
    """Clustered errors alone cover .8 of the time."""
    found = rates(WITHOUT["none, noise grows"], 10, 14, 300)
    assert found.cover_b2 >= 0.87
    assert found.clustered_b2 < 0.87
    assert found.cover_b1 >= 0.92


def test_a_plateau_is_no_inverted_u_though_a_parabola_turns() -> None:
    found = rates(WITHOUT["plateau from 5"], 10, 9, 300)
    assert found.inverted_u <= 0.06 < found.before


def test_a_top_beyond_x_refutes_nothing() -> None:
    assert rates(WITH["top at 45, outside"], 10, 9, 100).refuted == 0
    assert rates(WITH["top at 12"], 10, 9, 100).refuted <= 0.02


def test_where_there_is_nothing_it_is_refuted_by_enough_runs() -> None:
    assert rates(WITHOUT["none"], 20, 30, 100).refuted >= 0.7
    assert rates(WITHOUT["none"], 6, 14, 100).refuted <= 0.2


def test_power_is_that_of_the_x_observed() -> None:
    """Where few posts are made, an inverted U of the same curve would hardly be seen."""
    luck = np.random.default_rng(8)
    found = {}
    for mean in (3.0, 12.0):
        x, y = draw(World(mean=mean), luck, 1, 10, 20)
        model = CurveModel(one_panel(x[0], y[0]), center=float(x.mean()))
        shape = parabola((model.x_low + model.x_high) / 2, B2)
        height = float(shape(np.array((model.x_low + model.x_high) / 2))) - float(
            shape(np.array(model.x_low))
        )
        found[mean] = power_at(model, height, np.random.default_rng(1), panels=40).rate
        same = power_at(model, 6.0, np.random.default_rng(1), panels=40).rate
        assert same > 0.6  # the same height over the same noise
    assert found[3.0] < 0.3 < 0.8 < found[12.0]


Show = Callable[[str, str], None]


@pytest.mark.soak
@pytest.mark.parametrize("name", STRAIGHT)
def test_coverage(name: str, record_property: Show) -> None:
    for runs, days in ((6, 9), (6, 30), (10, 9), (10, 30), (20, 9), (20, 30)):
        found = rates(WITHOUT[name], runs, days, 2000)
        told = f"b1 {found.cover_b1:.3f}, b2 {found.cover_b2:.3f} ({found.clustered_b2:.3f})"
        record_property("shown", f"coverage, {name}, {runs} x {days}: {told}")
        least = 0.88 if STRAIGHT[name] else 0.93
        assert min(found.cover_b1, found.cover_b2) >= least


@pytest.mark.soak
@pytest.mark.parametrize("name", WITHOUT)
def test_no_inverted_u_where_there_is_none(name: str, record_property: Show) -> None:
    for runs, days in SIZES:
        found = rates(WITHOUT[name], runs, days, 2000)
        told = f"{found.inverted_u:.3f} (before {found.before:.3f}), refuted {found.refuted:.3f}"
        record_property("shown", f"inverted U, {name}, {runs} x {days}: {told}")
        assert found.inverted_u <= 0.05
    if name.startswith("none"):
        assert found.refuted >= 0.5  # of 20 runs x 30 days


@pytest.mark.soak
@pytest.mark.parametrize("name", WITH)
def test_a_true_inverted_u_is_found_and_not_refuted(name: str, record_property: Show) -> None:
    power = before = 0.0
    for runs, days in SIZES:
        found = rates(WITH[name], runs, days, 2000)
        told = f"{found.inverted_u:.3f} (before {found.before:.3f}), refuted {found.refuted:.3f}"
        record_property("shown", f"inverted U, {name}, {runs} x {days}: {told}")
        assert found.refuted <= 0.05
        power, before = power + found.inverted_u, before + found.before
    assert power >= 0.9 * before


@pytest.mark.soak
@pytest.mark.parametrize("name", SPREADS)
def test_spread_of_sentiment(name: str, record_property: Show) -> None:
    found = [rises(200, *size, **SPREADS[name]) for size in ((10, 9), (20, 14))]
    record_property("shown", f"spread said to rise, {name}, 10 x 9 and 20 x 14: {found}")
    assert min(found) >= 0.9 if name == "a true rise" else max(found) <= 0.08
