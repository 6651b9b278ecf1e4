"""Coefficients of a study: their differences between the sides of contrasts, and their levels.

A study may have, beside measures of single runs, numbers that are computed from all run-days of a
condition, such as the slope of a curve. Their differences stand in the table ``ablations``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from econsim_mesa.analysis.contrast import averaged_contrast
from econsim_mesa.analysis.resampling import resampling_rng
from econsim_mesa.analysis.result_tables import ResultTables, Row, Tables
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.pairs import Pairs, by_model
from econsim_mesa.experiment.study import Coefficient

ABLATIONS = "ablations"
"""Name of the table of differences."""
_DIFFERENCE = (
    *("difference", "low", "high", "narrow_low", "narrow_high", "error", "t", "p"),
    *("p_bootstrap", "p_larger"),
    *("first", "second"),
)


def add_differences(
    design: Design,
    coefficients: Mapping[str, Coefficient],
    wanted: Mapping[str, Sequence[str]],
    tables: Tables,
) -> None:
    """Add the rows of ``ablations``: for each contrast by name, the coefficients wanted."""
    for contrast in design.experiment.contrasts:
        for model, pairs in by_model(design, contrast):
            to = ResultTables({"contrast": contrast.name, **model}, tables)
            for name in wanted.get(contrast.name, ()):
                _add_difference(design, name, coefficients[name], pairs, to)


def _add_difference(
    design: Design, name: str, coefficient: Coefficient, pairs: Pairs, to: ResultTables
) -> None:
    """Add the difference of a coefficient between the sides of a contrast."""
    numbers = [(one.number, other.number) for one, other in pairs]
    row: Row = dict.fromkeys(_DIFFERENCE)
    row |= {"pairs": 0, "unpaired": None, "failed": None}
    voids = {coefficient.void[k] for pair in numbers for k in pair} - {None}
    void = next(iter(sorted(map(str, voids))), None)
    if void is None and pairs:
        draw = resampling_rng("contrast", name, *map(str, to.named.values()))
        with to.attempt(f"difference of {name}"):
            estimate = averaged_contrast(
                [(coefficient.panels[a], coefficient.panels[b]) for a, b in numbers],
                coefficient.statistic,
                draw,
                confidence=design.experiment.plan.confidence,
            )
            row |= {key: getattr(estimate, key) for key in (*_DIFFERENCE, "pairs", "failed")}
            row["unpaired"] = len(estimate.unpaired)
    to.add(ABLATIONS, measure=name, **row, void=void)


def level(coefficient: Coefficient, condition: int, runs: Sequence[str]) -> float | None:
    """Return a coefficient of some runs of a condition, or None if it cannot be computed."""
    panel = coefficient.panels[condition]
    if not runs or panel.empty or coefficient.void[condition]:
        return None
    own = panel[panel["run"].isin(runs)].reset_index(drop=True)
    value = float(coefficient.statistic(own, runs)(np.ones((1, len(runs))))[0])
    return value if np.isfinite(value) else None
