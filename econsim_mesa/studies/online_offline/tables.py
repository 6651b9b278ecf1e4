"""The statistics of an experiment, condition by condition, and of its contrasts, as tables.

Beside the tables of ``analysis.condition``: ``ablations`` (differences of coefficients between
the sides of each contrast), ``family`` (Holm's correction over the primary tests) and ``variance``
(by seed and the factors that the plan names).
Models are conditions: nothing here is pooled or averaged over them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from econsim_mesa.studies.online_offline.condition_tables import Study, study_condition
from econsim_mesa.analysis.contrast import Statistic, averaged_contrast, curvature, spread_slope
from econsim_mesa.analysis.inference import alpha
from econsim_mesa.analysis.result_tables import CANNOT_IDENTIFY, ResultTables, Row, Tables
from econsim_mesa.analysis.inference import holm
from econsim_mesa.analysis.resampling import resampling_rng
from econsim_mesa.experiment.conditions import Condition, is_within
from econsim_mesa.experiment.load import Design, row_of
from econsim_mesa.experiment.measures import RunMeasures
from econsim_mesa.experiment.pairs import Pairs, by_model
from econsim_mesa.studies.online_offline.condition_panels import Panels, center_of, panels, x_of
from econsim_mesa.experiment.types import ARM, MODEL, VERDICT, AnalysisPlan
from econsim_mesa.experiment.variance import VARIANCE, variance

NAMES = (
    *("curves", "curve_checks", "aliased", "two_lines", "shapes", "signs", "shuffled_days"),
    *("lags", "published", "dispersion", "ablations", "family", "power", VARIANCE, CANNOT_IDENTIFY),
)
"""All tables of this module, in the order in which they are told; one may be empty."""
_DIFFERENCE = (
    *("difference", "low", "high", "narrow_low", "narrow_high", "error", "t", "p"),
    *("p_bootstrap", "p_larger"),
    *("first", "second"),
)


def statistics(design: Design, measured: Mapping[str, RunMeasures]) -> Tables:
    """Return all tables, from the measures of finished runs."""
    plan, made = design.experiment.plan, panels(design, measured)
    tables: Tables = {name: [] for name in NAMES}
    for condition, panel in zip(design.conditions, made, strict=True):
        to = ResultTables(named(design, condition), tables)
        if panel.days.empty:
            to.add(CANNOT_IDENTIFY, what="all statistics", why="no run is finished")
            continue
        smallest = smallest_of(design, condition)
        center = center_of(plan, panel)
        study = Study(x_of(plan), center, panel.void, plan.confidence, smallest)
        study_condition(panel.days, panel.spreads, study, to)
    every = list(coefficients(plan))
    wanted = {contrast.name: every for contrast in design.experiment.contrasts}
    differences_of_coefficients(design, made, wanted, tables)
    family(design, tables)
    names = {one.number: named(design, one) for one in design.conditions}
    variance(design, measured, names, tables)
    return tables


def named(design: Design, condition: Condition) -> Row:
    """Return what names a condition in a table: its arm, scenario and dotted paths."""
    row = row_of(design, condition.number)
    return {ARM: condition.levels[ARM], **row} if ARM in condition.levels else row


class Coefficient(NamedTuple):
    """A coefficient over all run-days of a condition; ``spread``: it is of sentiment."""

    name: str
    statistic: Statistic
    spread: bool


def smallest_of(design: Design, condition: Condition) -> float | None:
    """Return the height of the smallest inverted U that counts, if a hypothesis registers one."""
    asked = (
        one.smallest
        for one in design.experiment.hypotheses
        if one.measure == VERDICT and one.smallest and is_within(condition.levels, one.condition)
    )
    return next(asked, None)


def coefficients(plan: AnalysisPlan) -> dict[str, Coefficient]:
    """Return the coefficients by name, as ``STATISTICS`` has them.

    Without a centre in the plan b1 is the slope at the mean of x, on each side of a contrast at
    its own.
    """
    x, center = x_of(plan), plan.center
    found = (
        Coefficient("b2", curvature(center=center, x=x), False),
        Coefficient("b1", curvature(center=center, x=x, order=1), False),
        Coefficient("spread slope", spread_slope(), True),
    )
    return {one.name: one for one in found}


def differences_of_coefficients(
    design: Design, made: Sequence[Panels], wanted: Mapping[str, Sequence[str]], tables: Tables
) -> None:
    """Add the rows of ``ablations``: for each contrast by name, the coefficients wanted."""
    known = coefficients(design.experiment.plan)
    for contrast in design.experiment.contrasts:
        asked = [known[name] for name in wanted.get(contrast.name, ())]
        for told, pairs in by_model(design, contrast):
            to = ResultTables({"contrast": contrast.name, **told}, tables)
            _ablation(design, made, asked, pairs, to)


def _ablation(
    design: Design,
    made: Sequence[Panels],
    asked: Sequence[Coefficient],
    pairs: Pairs,
    to: ResultTables,
) -> None:
    """Add the difference of each coefficient between the sides of a contrast."""
    numbers = [(one.number, other.number) for one, other in pairs]
    for name, statistic, spread in asked:
        row: Row = dict.fromkeys(_DIFFERENCE)
        voids = {made[k].void for pair in numbers for k in pair} - {None} if spread else set()
        why = next(iter(sorted(map(str, voids))), None)
        tables = [
            tuple(made[k].spreads if spread else made[k].days for k in pair) for pair in numbers
        ]
        row |= {"pairs": 0, "unpaired": None, "failed": None}
        if why is None and pairs:
            draw = resampling_rng("contrast", name, *map(str, to.named.values()))
            with to.attempt(f"difference of {name}"):
                found = averaged_contrast(
                    [(a, b) for a, b in tables],
                    statistic,
                    draw,
                    confidence=design.experiment.plan.confidence,
                )
                row |= {key: getattr(found, key) for key in (*_DIFFERENCE, "pairs", "failed")}
                row["unpaired"] = len(found.unpaired)
        to.add("ablations", measure=name, **row, void=why)


def family(design: Design, tables: Tables) -> None:
    """Add the primary tests with Holm's correction: inverted U, dispersion, ablation, by model.

    A member that has no result is there all the same. ``found`` says what was found, or on which
    side of 0: an inverted U holds only with its whole verdict, and its p is part of that alone.
    """
    plan = design.experiment.plan
    full = [named(design, one) for one in design.conditions if is_within(one.levels, plan.full)]
    tests: list[tuple[Row, float | None]] = []
    for name, table, key, column in (
        ("inverted U", "curves", {"role": "primary"}, "p"),
        ("dispersion", "dispersion", {"measure": "variance"}, "slope_p"),
    ):
        for told in full:
            row = next((one for one in tables[table] if one.items() >= (told | key).items()), {})
            known = None if row.get("void") else row.get(column)
            found = row.get("verdict") if name == "inverted U" else _side(row.get("slope"))
            tests.append(({"test": name, **told, "found": None if known is None else found}, known))
    for row in tables["ablations"]:
        if row["measure"] == "b2" and plan.ablation in (None, row["contrast"]):
            model = {MODEL: row[MODEL]} if MODEL in row else {}
            told = {"test": "ablation", "contrast": row["contrast"], **model}
            tests.append((told | {"found": _side(row["difference"])}, row["p_larger"]))
    p_values = {str(k): float("nan") if p is None else p for k, (_, p) in enumerate(tests)}
    for (told, p), corrected in zip(tests, holm(p_values), strict=True):
        adjusted = None if p is None else corrected.adjusted
        whole = told["test"] != "inverted U" or told["found"] == "inverted U"
        holds = None if p is None else whole and corrected.holds(alpha(plan.confidence))
        tables["family"].append({**told, "p": p, "adjusted": adjusted, "holds": holds})


def _side(value: float | None) -> str | None:
    return None if value is None else "above 0" if value > 0 else "below 0" if value < 0 else "0"
