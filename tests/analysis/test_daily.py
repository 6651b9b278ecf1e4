"""The table of a run's days counts whole items, whatever decimals an item has."""

from __future__ import annotations

from pathlib import Path

import pytest

from econsim_mesa import EconModel, load_run
from econsim_mesa.analysis import daily
from econsim_mesa.runs.summary import summarize


def test_units_are_those_of_the_summary(tmp_path: Path) -> None:
    EconModel("two_towns", seed=3, steps=30, households=20, store=tmp_path / "run").run_model()
    run = load_run(tmp_path / "run")
    table, summary = daily(run), summarize(run)
    assert any(run.scenario.items[item].decimals for item in run.sales["item"].unique())
    for period in summary.days:
        for store, sales in period.stores.items():
            row = table.loc[period.period]
            assert row[f"units {store}"] == pytest.approx(float(sales.units))
            assert row[f"revenue {store}"] == sales.revenue
