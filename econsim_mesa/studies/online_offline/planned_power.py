"""Power before the first run: how often a design would find what it is made to find.

It can be told where x is a dose: then x is known beforehand, and so are runs and days. Assumed are
the sizes of what is to be found, in standard deviations of a run-day about the curve, with the top
of an inverted U in the middle of the doses; and noise as in the method's own test (``power``):
AR(1) of .4, as large on all days, and of each arm its own, since replies of a language model share
no luck. Differences between arms are judged by the jackknife alone, not by the bootstrap beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.design_matrix import NotIdentified
from econsim_mesa.analysis.inference import alpha
from econsim_mesa.analysis.resampling import resampling_rng
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.pairs import by_model
from econsim_mesa.experiment.study import PlannedPower
from econsim_mesa.society.rng import Floats
from econsim_mesa.studies.online_offline.curve import CurveModel
from econsim_mesa.studies.online_offline.power import Process, stationary_noise, wilson
from econsim_mesa.studies.online_offline.refutation import SMALLEST

if TYPE_CHECKING:
    from econsim_mesa.experiment.load import Design
    from econsim_mesa.scenario import Scenario

SIMULATIONS = 100
"""Studies that are drawn, each with doses and noise of its own."""
_HEIGHTS = (SMALLEST, 2 * SMALLEST)
_REMOVED = {"halved": SMALLEST, "gone": 2 * SMALLEST}
"""What an ablation leaves of the bend of the higher inverted U -> the height that it takes."""


def planned_power(design: Design) -> Iterator[PlannedPower]:
    """Yield the power of an experiment; nothing, if x is no dose."""
    plan = design.experiment.plan
    full = [
        scenario
        for condition, scenario in zip(design.conditions, design.scenarios, strict=True)
        if is_within(condition.levels, plan.full)
    ]
    doses = _doses(full[0]) if full and plan.x == "scripted" else ()
    if len(set(doses)) < 3:  # no inverted U has fewer
        return
    process = Process(len(design.experiment.seeds), _days(full[0]) - plan.warm_up_days, noise_sd=1)
    tests = 2 * len(full) + _ablations(design)
    try:
        found = _simulated(doses, process, plan.confidence, tests)
    except NotIdentified as error:
        yield PlannedPower("the curve", why=str(error))
        return
    for effect, (alone, corrected) in found.items():
        rate, low, high, _ = wilson(alone, SIMULATIONS, plan.confidence)
        yield PlannedPower(effect, rate, low, high, corrected / SIMULATIONS, tests)


def _ablations(design: Design) -> int:
    """Return how many tests of ablations the family has."""
    wanted = design.experiment.plan.ablation
    return sum(
        len(by_model(design, contrast))
        for contrast in design.experiment.contrasts
        if wanted in (None, contrast.name)
    )


def _doses(scenario: Scenario) -> tuple[int, ...]:
    """Return the numbers of posts a day by scripted accounts, one of which is drawn each day."""
    by_accounts = [event for event in scenario.events if getattr(event, "account", False)]
    drawn = [getattr(event, "per_day", None) for event in by_accounts]
    return drawn[0] if len(drawn) == 1 and isinstance(drawn[0], tuple) else ()


def _days(scenario: Scenario) -> int:
    return scenario.clock.clock().day(scenario.steps - 1) + 1


def _simulated(
    doses: tuple[int, ...], process: Process, confidence: float, tests: int
) -> dict[str, list[int]]:
    """Return effect -> how often it was found, alone and as the first of all tests."""
    import pandas as pd

    draw = resampling_rng("planned power", str(process.runs), str(process.days))
    level, shape = alpha(confidence), (process.runs, process.days)
    run, day = np.divmod(np.arange(process.runs * process.days), process.days)
    names = {"run": [f"run {r:05}" for r in run], "day": [f"day {d:05}" for d in day]}
    middle, width = (max(doses) + min(doses)) / 2, max(doses) - min(doses)
    found: dict[str, list[int]] = {}

    def count(effect: str, p: float, *, holds: bool) -> None:
        counts = found.setdefault(effect, [0, 0])
        counts[0] += holds
        counts[1] += holds and p < level / tests

    for _ in range(SIMULATIONS):
        x = draw.choice(doses, shape).ravel().astype(float)
        bend = -4 * ((x - middle) / width) ** 2
        first, one, other = (stationary_noise(process, draw).ravel() for _ in range(3))
        model = CurveModel(
            pd.DataFrame({**names, "x": x, "y": first}), center=middle, confidence=confidence
        )
        for height in _HEIGHTS:
            p, holds = _inverted_u(model, height * bend + one)
            count(f"an inverted U {height:g} standard deviations high", p, holds=holds)
        for left, taken in _REMOVED.items():
            p, holds = _bends_more(model, taken * bend + one - other)
            effect = f"the bend of one {_HEIGHTS[-1]:g} high {left} by the ablation"
            count(effect, p, holds=holds)
    return found


def _inverted_u(model: CurveModel, y: Floats) -> tuple[float, bool]:
    """Return the p of an inverted U, of rise and fall, and whether the verdict is one."""
    verdict = model.finds_inverted_u(y)
    fit = model.fit(y)
    rise = fit.p_above(model.slope_at(model.x_low))
    fall = fit.p_above([-weight for weight in model.slope_at(model.x_high)])
    return max(rise, fall), verdict


def _bends_more(model: CurveModel, difference: Floats) -> tuple[float, bool]:
    """Return the p of a difference in b2, and whether it is below 0 beyond doubt.

    Both arms have the same doses, so that it is the bend of the difference in y.
    """
    bend = model.fit(difference).estimate([0, 1])
    return bend.p, bool(bend.p < alpha(model.confidence) and bend.value < 0)
