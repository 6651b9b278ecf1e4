"""Responses: the effect of an event on its day and on the days after it.

Conditions that differ by an event alone have one past: their seeds and draws are the same, so
that the paired difference of a day is exactly 0 before the event and its effect from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from econsim_mesa.analysis.inference import mean_interval
from econsim_mesa.analysis.result_tables import Row
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import by_model, differences
from econsim_mesa.experiment.types import AnalysisPlan


def responses(design: Design, measured: Mapping[str, RunMeasures]) -> list[Row]:
    """Return the paired difference of each contrast, measure and day, with its interval.

    ``day`` counts from the plan's ``event_day``; the days before it are there as well.
    """
    plan = design.experiment.plan
    if plan.event_day is None:
        return []
    past = (date.fromisoformat(day) for run in measured.values() for day in run.days)
    rows = []
    days = sorted({(day - plan.event_day).days for day in past})
    for contrast in design.experiment.contrasts:
        for model, pairs in by_model(design, contrast):
            for name in responding(plan):
                for day in days:
                    values = differences(design, measured, pairs, f"{name} on day {day}")
                    row = {"contrast": contrast.name, **model, "measure": name, "day": day}
                    rows.append(row | mean_interval(values, plan.confidence)._asdict())
    return rows


def responding(plan: AnalysisPlan) -> list[str]:
    """Return the measures whose responses are shown: the links of the feedback loop, and sales."""
    store, sales = plan.outcome.store, plan.outcome.measure
    talk = [] if plan.keyword is None else [f"posts {plan.keyword}"]
    return [f"visits {store}", sales, f"crowd {store}", *talk, "posts households"]
