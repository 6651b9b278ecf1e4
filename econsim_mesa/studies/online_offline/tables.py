"""The tables of the study, from the measures of finished runs.

Beside those of ``condition_tables``: ``ablations`` (differences of coefficients between the sides
of each contrast) and ``family`` (Holm's correction over the primary tests). Models are
conditions: nothing here is pooled or averaged over them.
"""

from __future__ import annotations

from collections.abc import Mapping

from econsim_mesa.analysis.inference import alpha, holm
from econsim_mesa.analysis.result_tables import CANNOT_IDENTIFY, ResultTables, Row, Tables
from econsim_mesa.experiment.coefficients import ABLATIONS, add_differences
from econsim_mesa.experiment.conditions import Condition, is_within
from econsim_mesa.experiment.load import Design, condition_columns
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.types import MODEL, VERDICT
from econsim_mesa.studies.online_offline.coefficients import coefficients
from econsim_mesa.studies.online_offline.condition_panels import center_of, condition_panels, x_of
from econsim_mesa.studies.online_offline.condition_tables import AnalysisSettings, add_condition


def add_tables(design: Design, measured: Mapping[str, RunMeasures], tables: Tables) -> None:
    """Add the rows of all tables of the study."""
    plan, panels = design.experiment.plan, condition_panels(design, measured)
    for condition, panel in zip(design.conditions, panels, strict=True):
        to = ResultTables(condition_columns(design, condition), tables)
        if panel.days.empty:
            to.add(CANNOT_IDENTIFY, what="all statistics", why="no run is finished")
            continue
        smallest, center = smallest_of(design, condition), center_of(plan, panel)
        settings = AnalysisSettings(x_of(plan), center, panel.void, plan.confidence, smallest)
        add_condition(panel.days, panel.spreads, settings, to)
    known = coefficients(plan, panels)
    wanted = {contrast.name: list(known) for contrast in design.experiment.contrasts}
    add_differences(design, known, wanted, tables)
    add_family(design, tables)


def smallest_of(design: Design, condition: Condition) -> float | None:
    """Return the height of the smallest inverted U that counts, if a hypothesis registers one."""
    registered = (
        hypothesis.smallest
        for hypothesis in design.experiment.hypotheses
        if hypothesis.measure == VERDICT
        and hypothesis.smallest
        and is_within(condition.levels, hypothesis.condition)
    )
    return next(registered, None)


def add_family(design: Design, tables: Tables) -> None:
    """Add the primary tests with Holm's correction: inverted U, dispersion, ablation, by model.

    A member that has no result is there all the same. ``found`` says what was found, or on which
    side of 0. An inverted U holds only with its whole verdict, of which its p is a part.
    """
    plan = design.experiment.plan
    full = [
        condition_columns(design, condition)
        for condition in design.conditions
        if is_within(condition.levels, plan.full)
    ]
    tests: list[tuple[Row, float | None]] = []
    for name, table, key, column in (
        ("inverted U", "curves", {"role": "primary"}, "p"),
        ("dispersion", "dispersion", {"measure": "variance"}, "slope_p"),
    ):
        for columns in full:
            wanted = columns | key
            row = next((row for row in tables[table] if row.items() >= wanted.items()), {})
            p = None if row.get("void") else row.get(column)
            result = row.get("verdict") if name == "inverted U" else _side(row.get("slope"))
            test = {"test": name, **columns, "found": None if p is None else result}
            tests.append((test, p))
    for row in tables[ABLATIONS]:
        if row["measure"] == "b2" and plan.ablation in (None, row["contrast"]):
            model = {MODEL: row[MODEL]} if MODEL in row else {}
            test = {"test": "ablation", "contrast": row["contrast"], **model}
            tests.append((test | {"found": _side(row["difference"])}, row["p_larger"]))
    p_values = {str(k): float("nan") if p is None else p for k, (_, p) in enumerate(tests)}
    for (test, p), q in zip(tests, holm(p_values).values(), strict=True):
        whole = test["test"] != "inverted U" or test["found"] == "inverted U"
        adjusted = None if p is None else q
        holds = None if p is None else whole and q < alpha(plan.confidence)
        tables["family"].append({**test, "p": p, "adjusted": adjusted, "holds": holds})


def _side(value: float | None) -> str | None:
    return None if value is None else "above 0" if value > 0 else "below 0" if value < 0 else "0"
