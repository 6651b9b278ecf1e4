"""What the study measures on each day of a run, beside the measures that every run has.

``curve <column>`` and ``placebo <column>`` have the columns of ``run_day_panel``, ``sentiment
<column>`` those of ``dispersion.spreads``, of household posts with the plan's keyword.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.experiment.measures import Values
from econsim_mesa.experiment.types import AnalysisPlan, Outcome
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.studies.online_offline.panel import PanelSpec

CURVE, PLACEBO, SENTIMENT = "curve", "placebo", "sentiment"
"""First words of these measures."""


def daily_measures(run: Run, plan: AnalysisPlan) -> dict[str, Values]:
    """Return the measures of each day, by ISO date."""
    from econsim_mesa.analysis.sentiment import scored_posts
    from econsim_mesa.studies.online_offline.dispersion import spreads
    from econsim_mesa.studies.online_offline.panel import run_day_panel

    days: dict[str, Values] = {}
    panels = [(CURVE, plan.keyword, plan.outcome)]
    if plan.placebo is not None:
        panels.append((PLACEBO, plan.placebo.keyword, plan.placebo.outcome))
    for name, keyword, outcome in panels:
        _add(days, name, run_day_panel({"": run}, _spec(keyword, outcome)))
    _add(days, SENTIMENT, spreads(scored_posts({"": run}, plan.keyword)))
    return days


def _spec(keyword: str | None, outcome: Outcome) -> PanelSpec:
    from econsim_mesa.studies.online_offline.panel import PanelSpec

    return PanelSpec(keyword, outcome.store, outcome.item)


def _add(days: dict[str, Values], name: str, table: pd.DataFrame) -> None:
    """Add the columns of a table that has a row a day; what is not known is None."""
    columns = [column for column in table if column not in ("run", "condition", "seed", "day")]
    for day, *row in zip(table["day"], *(table[column] for column in columns), strict=True):
        values = days.setdefault(day, {})
        for column, value in zip(columns, row, strict=True):
            values[f"{name} {column}"] = None if value != value else value
