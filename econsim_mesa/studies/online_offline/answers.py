"""What the tables of a condition say of a hypothesis about it: a coefficient, or a curve."""

from __future__ import annotations

from econsim_mesa.analysis.inference import MeanInterval, t_interval, tost_confidence
from econsim_mesa.analysis.result_tables import Row, Tables
from econsim_mesa.experiment.hypotheses import NOWHERE, Answer, Ends, Says, ShapeAnswer
from econsim_mesa.experiment.study import TableColumn
from econsim_mesa.experiment.types import VERDICT, Hypothesis
from econsim_mesa.studies.online_offline.refutation import Shape, shape_says


def answer(
    hypothesis: Hypothesis,
    column: TableColumn,
    confidence: float,
    condition: Row,
    tables: Tables,
) -> Answer | None:
    """Return the number or shape in a column of a condition's row; None: there is none.

    ``condition`` holds the columns that name the condition; ``confidence`` is the plan's.
    """
    key = condition | dict(column.where)
    row = next((row for row in tables[column.table] if row.items() >= key.items()), None)
    if row is None or row.get("void"):
        return None
    if hypothesis.measure == VERDICT:
        none = MeanInterval(None, None, None, None, row["runs"])
        if not row["verdict"]:
            return Answer(none)
        return Answer(none, shape=_shape_answer(row, hypothesis, confidence, condition, tables))
    name = column.column
    narrow = _ends(row[name], row[f"{name}_error"], row["runs"], tost_confidence(confidence))
    ends = row[f"{name}_low"], row[f"{name}_high"]
    return Answer(MeanInterval(row[name], None, *ends, row["runs"]), narrow)


def _shape_answer(
    row: Row, hypothesis: Hypothesis, confidence: float, condition: Row, tables: Tables
) -> ShapeAnswer:
    """Return what a curve says of an expected inverted U, with range and power beside it."""
    shape = _shape(row, hypothesis.smallest, confidence)
    verdict, why = shape_says(shape)
    power = _power(tables, condition, shape.smallest)
    if power is not None:
        size = f"an inverted U {shape.smallest:.3g} high is found at a rate of"
        why = f"{why}; power: {size} {power:.2f} here"
    says = Says(verdict, why)
    return ShapeAnswer(shape.verdict, says, shape.smallest, shape.x_low, shape.x_high, power)


def _shape(row: Row, smallest: float | None, confidence: float) -> Shape:
    """Return what is known of a primary curve."""

    def narrow(name: str) -> Ends:
        level = tost_confidence(confidence)
        return _ends(row[name], row[f"{name}_error"], row["runs"], level)

    return Shape(
        verdict=row["verdict"],
        x_low=row["x_low"],
        x_high=row["x_high"],
        hump=narrow("hump"),
        rise=narrow("rise"),
        slope_low=(row["slope_low_low"], row["slope_low_high"]),
        slope_high=(row["slope_high_low"], row["slope_high_high"]),
        smallest=smallest or row["smallest"],
    )


def _power(tables: Tables, condition: Row, height: float) -> float | None:
    """Return the rate at which an inverted U so high is found in a condition."""
    wanted = condition | {"height": height}
    return next((row["rate"] for row in tables["power"] if row.items() >= wanted.items()), None)


def _ends(value: float | None, error: float | None, n: int, confidence: float) -> Ends:
    """Return the ends of a t-interval over ``n`` runs, where there is one."""
    if value is None or error is None or n < 2:
        return NOWHERE
    return t_interval(value, error, n - 1, confidence)
