"""The report's figures: a dot for each run-day, the sale shaded, all in the box."""

from __future__ import annotations

import re

import pandas as pd
from case_study import Case

from econsim_mesa.analysis.result_tables import Tables
from econsim_mesa.evidence.report.plot import (
    Box,
    Line,
    Plot,
    day_scales,
    days_in_order,
    number_scales,
    points_and_curve,
)
from econsim_mesa.experiment.study import study_of
from econsim_mesa.studies.online_offline.condition_panels import condition_panels
from econsim_mesa.studies.online_offline.report_figures import MOST_PLOTS, report_figures

BOX = Box()


def places(plot: Plot) -> list[tuple[float, float]]:
    """Return all places of a plot: dots, line and band."""
    found = re.findall(r"(-?[\d.]+),(-?[\d.]+)", f"{plot.line} {plot.band}")
    return [*plot.points, *((float(x), float(y)) for x, y in found)]


def test_each_run_day_is_a_dot_and_nothing_leaves_the_box(case: Case) -> None:
    design, _, measured = case
    shown = report_figures(design, measured)
    panels = [one.days for one in condition_panels(design, measured) if not one.days.empty]
    assert len(shown.curves) == len(shown.days) == min(len(panels), MOST_PLOTS)
    assert shown.left == len(panels) - len(shown.days)
    for plot, days in zip(shown.curves, panels, strict=False):
        assert len(plot.points) == len(days)
    for plot in (*shown.curves, *shown.days):
        for x, y in places(plot):
            assert BOX.left <= x <= BOX.right
            assert BOX.top <= y <= BOX.bottom


def test_days_of_a_lower_price_are_shaded_and_no_others(case: Case) -> None:
    design, _, measured = case
    shown = report_figures(design, measured)
    panels = [one.days for one in condition_panels(design, measured) if not one.days.empty]
    for plot, days in zip(shown.days, panels, strict=False):
        assert len(plot.shades) == lowered(days)
    assert shown.lowered == any(lowered(days) for days in panels[:MOST_PLOTS])


def lowered(days: pd.DataFrame) -> int:
    """Return on how many dates a run has a price below its highest."""
    highest = days.groupby("run")["price"].max()
    below = days["price"] < days["run"].map(highest)
    return int(days[below]["day"].nunique())


def test_a_shade_stands_behind_its_day_as_dark_as_its_share() -> None:
    line = Line([0, 1, 2, 3], [1, 2, 3, 2], [0, 1, 2, 1], [2, 3, 4, 3])
    names = ["12-20", "12-21", "12-22", "12-23"]
    plot = days_in_order("", ("day", "sold"), day_scales(4, line.high), names, line, [0, 1, 0.5, 0])
    assert [shade.dark for shade in plot.shades] == [1, 0.5]
    day = plot.x_marks[1]
    assert day.text == "12-21"
    assert plot.shades[0].x < day.at < plot.shades[0].x + plot.shades[0].width


def test_a_band_beyond_the_scale_ends_where_it_ends() -> None:
    line = Line([0, 10], [1, 5], [-90, 1], [90, 9])
    scales = number_scales([0, 10], [0, 10])
    plot = points_and_curve("", ("x", "y"), scales, [(5, 5)], line)
    assert {y for _, y in places(plot)} >= {BOX.top, BOX.bottom}
    assert all(BOX.top <= y <= BOX.bottom for _, y in places(plot))


def test_the_page_holds_them_in_the_open_and_their_tables_folded(case: Case, told: Tables) -> None:
    design, _, measured = case
    page = study_of(design.experiment.plan).report(design, measured, told)
    in_the_open = page.partition("<details>")[0]
    assert in_the_open.count("<svg") == page.count("<svg") > 0
    assert "<table" not in in_the_open
