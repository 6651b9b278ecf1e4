"""The method tests itself: 200 synthetic panels each of null, log and inverted U.

The process is the default of ``power.Process``, fixed beforehand; the last test but one checks it.
The paper's own method stands beside it; the rates are shown at the end of the tests.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest

from econsim_mesa.studies.online_offline.curve import inverted_u
from econsim_mesa.studies.online_offline.dispersion import dispersion, spreads
from econsim_mesa.studies.online_offline.power import Process, Truth, rate_of, simulate, wilson
from econsim_mesa.studies.online_offline.published import (
    pooled_quadratic,
    volume_spread_correlation,
)

pytestmark = pytest.mark.soak

PANELS = 200
SEED = 20251219
TRUTHS: tuple[Truth, ...] = ("null", "log", "inverted U")


@cache
def verdicts(truth: Truth) -> Counter[str]:
    """Count the verdicts of both methods on the same panels."""
    generator = np.random.default_rng([SEED, TRUTHS.index(truth)])
    found: Counter[str] = Counter()
    for _ in range(PANELS):
        panel = simulate(truth, generator)
        found[inverted_u(panel, center=12).verdict] += 1
        found["the paper's method: inverted U"] += pooled_quadratic(panel, x="x").says_inverted_u
    return found


Show = Callable[[str, str], None]


def show(truth: str, found: Counter[str], record: Show) -> None:
    rates = ", ".join(f"{name} {count / PANELS:.3f}" for name, count in sorted(found.items()))
    record("shown", f"{PANELS} panels, truth {truth}: {rates}")


@pytest.mark.parametrize("truth", ["null", "log"])
def test_false_positives_are_rare(truth: Truth, record_property: Show) -> None:
    show(truth, verdicts(truth), record_property)
    assert verdicts(truth)["inverted U"] / PANELS <= 0.07


def test_a_true_inverted_u_is_found(record_property: Show) -> None:
    show("inverted U", verdicts("inverted U"), record_property)
    assert verdicts("inverted U")["inverted U"] / PANELS >= 0.80


def test_the_papers_method_takes_a_log_for_an_inverted_u() -> None:
    """If this fails, the self-test no longer tells a sound method from an unsound one."""
    assert verdicts("log")["the paper's method: inverted U"] / PANELS > 0.3


def sentiments(generator: np.random.Generator) -> pd.DataFrame:
    """Return scored posts whose sentiment has nothing to do with how many there are.

    Like VADER's: a third exactly 0, the rest skewed and bounded; each run has a mood and a
    spread of its own.
    """
    panel = simulate("null", generator)
    counts = panel.x.to_numpy(int)
    rows = panel.loc[np.repeat(panel.index, counts), ["run", "seed", "day"]].reset_index(drop=True)
    mood = generator.normal(0.0, 0.1, 10)[rows.seed]
    wide = generator.uniform(0.7, 1.0, 10)[rows.seed]
    score = (2 * generator.beta(2.0, 1.2, len(rows)) - 1) * wide + mood
    score[generator.random(len(rows)) < 1 / 3] = 0.0
    author = [f"H{one}" for one in generator.integers(0, 20, len(rows))]
    text = [f"text {one}" for one in range(len(rows))]
    return rows.assign(score=np.clip(score, -1, 1), author=author, text=text)


@pytest.mark.parametrize("measure", ["variance", "gini"])
def test_dispersion_does_not_rise_by_itself(measure: str, record_property: Show) -> None:
    generator = np.random.default_rng([SEED, 4])
    ours = published = 0
    for _ in range(PANELS):
        table = spreads(sentiments(generator))
        ours += dispersion(table, measure=measure).verdict != "inconclusive"  # type: ignore[arg-type]
        found = volume_spread_correlation(table)
        published += found.correlation > 0 and found.p < 0.05
    rates = f"false positives {ours / PANELS:.3f}; the paper's {published / PANELS:.3f}"
    record_property("shown", f"{PANELS} panels, dispersion by {measure}: {rates}")
    assert ours / PANELS <= 0.07


def test_the_process_is_the_one_that_was_written_down() -> None:
    generator = np.random.default_rng([SEED, 5])
    panel = simulate("null", generator, Process(runs=400, days=200))
    x, y = (panel[name].to_numpy().reshape(400, 200) for name in ("x", "y"))
    assert np.log(x.mean(axis=1)).std() == pytest.approx(0.2, abs=0.03)
    assert np.median(x.mean(axis=1)) == pytest.approx(12, rel=0.04)
    within = x.var(axis=1, ddof=1).mean()
    means = x.mean(axis=1)
    assert within == pytest.approx((means + means**2 / 4).mean(), rel=0.03)
    assert y.mean(axis=1).std() == pytest.approx(5, rel=0.1)
    noise = y - y.mean(axis=1, keepdims=True)
    assert noise.std() == pytest.approx(6, rel=0.02)
    assert noise[:, 0].std() == pytest.approx(6, rel=0.1)
    lagged = (noise[:, 1:] * noise[:, :-1]).mean() / noise.var()
    assert lagged == pytest.approx(0.4, abs=0.02)
    flat = Process(run_sd=0, noise_sd=0)
    for truth, shape in (
        ("log", lambda v: 5 * np.log(1 + v)),
        ("inverted U", lambda v: -0.024 * (v - 15) ** 2),
        ("null", lambda v: 0 * v),
    ):
        panel = simulate(truth, generator, flat)  # type: ignore[arg-type]
        assert panel.y.to_numpy() == pytest.approx(shape(panel.x.to_numpy()))


def test_power_is_counted_with_an_interval() -> None:
    generator = np.random.default_rng(1)
    found = rate_of(lambda panel: bool(panel.y.mean() > 0), "null", generator, panels=40)
    assert found.low < 0.5 < found.high
    assert found.panels == 40
    from statsmodels.stats.proportion import proportion_confint

    for hits in (0, 3, 20):
        rate = wilson(hits, 20)
        expected = proportion_confint(hits, 20, method="wilson")
        assert (rate.low, rate.high) == pytest.approx(expected, abs=1e-6)
