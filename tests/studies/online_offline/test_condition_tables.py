"""What a condition's tables say of days and prices that tell little, or nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from worlds import world

from econsim_mesa.analysis.result_tables import ResultTables, Row, Tables
from econsim_mesa.studies.online_offline.condition_tables import AnalysisSettings, add_condition

NO_SPREADS = pd.DataFrame(
    columns=["run", "seed", "day", "posts", "mean", "sd", "authors", "variance", "gini"]
)


def panel(**columns: object) -> pd.DataFrame:
    """Return a panel with all columns that a condition needs; given ones are put in."""
    made = world()
    x = dict.fromkeys(("x_unnamed", "x_buyers", "x_others", "mentions"), made.x)
    made = made.assign(**x, revenue=made.y * 2000, stock_out=0, weekend=0.0)
    return made.assign(**columns)


def studied(days: pd.DataFrame, void: str | None = None) -> Tables:
    to = ResultTables({})
    add_condition(days, NO_SPREADS, AnalysisSettings("x", 8.0, void), to)
    return to.tables


def primary(tables: Tables) -> Row:
    return next(row for row in tables["curves"] if row["role"] == "primary")


def test_a_price_that_is_not_known_is_left_out_by_name() -> None:
    found = studied(panel(price=np.nan))
    reads = {row["column"]: row["reads"] for row in found["aliased"]}
    assert reads["price"] == "price left out: not known on 72 run-days"
    assert primary(found)["controls"] == ""


@pytest.mark.parametrize("varies", [True, False])
def test_what_is_held_fixed_is_said(varies: bool) -> None:
    days = panel()
    prices = np.random.default_rng(4).normal(2000, 100, len(days))
    found = studied(days.assign(price=prices) if varies else days)
    assert primary(found)["controls"] == ("price" if varies else "")
    assert ("price" in {row["column"] for row in found["aliased"]}) != varies


def test_without_a_sale_nothing_is_tested_and_that_is_said() -> None:
    found = studied(panel(y=0.0, revenue=0))
    assert primary(found)["verdict"] is None
    assert "shuffled_days" not in found
    assert "shuffled days" in {row["what"] for row in found["cannot_identify"]}


def test_the_papers_correlation_is_void_where_posts_are_templates() -> None:
    (row,) = studied(panel(), "templates")["published"]
    assert row["void"] == "templates"
