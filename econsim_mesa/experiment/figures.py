"""Draw the figures of an experiment: of its study, of coefficients, and of responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from econsim_mesa.analysis.figures.forest import Bar, forest
from econsim_mesa.analysis.figures.responses import response_figure
from econsim_mesa.analysis.result_tables import Row, Tables
from econsim_mesa.experiment.coefficients import ABLATIONS
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import name_of_contrast
from econsim_mesa.experiment.screening import SCREENING
from econsim_mesa.experiment.study import Label, Study, study_of
from econsim_mesa.numbers import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figures(
    design: Design, measured: Mapping[str, RunMeasures], tables: Tables, label: Label
) -> dict[str, Figure]:
    """Return the figures by name; ``label`` gives a condition's levels in words.

    They are the figures of the study, ``ablations`` and, if the plan names the day of an event,
    ``responses``. A figure without data is left out, and a screening has no figures.
    """
    plan = design.experiment.plan
    study = study_of(plan)
    if SCREENING in tables or not measured:
        return {}
    drawn = study.figures(design, measured, tables, label)
    ablations = tables.get(ABLATIONS, [])
    if any(row["difference"] is not None for row in ablations):
        drawn["ablations"] = _ablations(study, ablations, plan.confidence)
    if tables.get("responses"):
        rows = [row | {"contrast": name_of_contrast(row)} for row in tables["responses"]]
        drawn["responses"] = response_figure(rows, plan.confidence)
    return drawn


def _ablations(study: Study, rows: Sequence[Row], confidence: float) -> Figure:
    """Return a figure of the difference of each coefficient between the sides of contrasts."""
    known = {row["measure"] for row in rows if row["difference"] is not None}
    names = [name for name in study.units() if name in known]
    columns = []
    for name in names:
        bars = [
            Bar(name_of_contrast(row), row["difference"], row["low"], row["high"])
            for row in rows
            if row["measure"] == name
        ]
        columns.append((f"difference of {name}", bars))
    bars_are = f"dot: estimate, bar: {percent(confidence)} interval over pairs"
    return forest(columns, [study.units()[name] for name in names], bars_are)
