"""The parts of the evidence report about the study: curves, and what a switch does to the bend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from econsim_mesa.evidence.report.html import Html, Part, join, link, table, tag
from econsim_mesa.evidence.report.results_part import estimate
from econsim_mesa.experiment.coefficients import ABLATIONS
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.load import Design
from econsim_mesa.numbers import percent

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]


def report(design: Design, tables: Tables) -> list[Html | None]:
    """Return the tables; None where there is no row for one."""
    interval = f"{percent(design.experiment.plan.confidence)} interval"
    return [_curves(tables, interval), _ablation(tables, interval)]


def _curves(tables: Tables, interval: str) -> Html | None:
    """Return the curve of sales over posts in each condition; rivals and nulls among them."""
    rows = [row for row in tables.get("curves", ()) if row["role"] == "primary"]
    if not rows:
        return None
    names = _differing(rows)
    cells = [
        (
            *(str(row.get(name)) for name in names),
            tag("strong", "cannot be told" if row.get("why") else row["verdict"]),
            estimate(row.get("b2"), row.get("b2_low"), row.get("b2_high")),
            _range(row),
            _power(tables, row),
            None if row.get("runs") is None else link(TABLES, row["runs"]),
        )
        for row in rows
    ]
    caption = (
        "Daily sales over daily posts, by condition. Inverted U: sales rise, then fall, each "
        "beyond doubt; bend: below zero curves downward; range: 5th to 95th percentile of posts; "
        "power: rate at which an inverted U of the height in brackets is found at these posts"
    )
    head = (*names, "Shape", f"Bend ({interval})", "Range", "Power", "Runs")
    return table(head, cells, caption)


def _range(row: Row) -> Part:
    """Return between which x a curve is known."""
    if row.get("x_low") is None:
        return None
    return link(TABLES, join((row["x_low"], " to ", row["x_high"])))


def _power(tables: Tables, row: Row) -> Part:
    """Return how often an inverted U of the smallest height that counts would be found."""
    names = list(row)[: list(row).index("role")]
    wanted = {name: row[name] for name in names} | {"height": row.get("smallest")}
    rates = (power for power in tables.get("power", ()) if power.items() >= wanted.items())
    power = next(rates, None)
    if power is None:
        return None
    return link(TABLES, join((power["rate"], " (", power["height"], ")")))


def _ablation(tables: Tables, interval: str) -> Html | None:
    rows = [row for row in tables.get(ABLATIONS, ()) if row["measure"] == "b2"]
    if not rows:
        return None
    cells = [
        (row["contrast"], estimate(row["difference"], row["low"], row["high"], row["pairs"]))
        for row in rows
    ]
    head = ("Switched", f"Difference in the bend ({interval})")
    return table(head, cells, "What a switch does to the bend, same seeds on both sides")


def _differing(rows: Sequence[Row]) -> list[str]:
    """Return the keys before ``role`` that name the condition and are not the same in all rows."""
    keys = list(rows[0])[: list(rows[0]).index("role")]
    return [key for key in keys if len({str(row.get(key)) for row in rows}) > 1] or keys[:1]
