"""Charts show what the records say: their sums are those of the analysis."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from econsim_mesa.visualization import measures, run_charts
from econsim_mesa.visualization.components.charts import first_choice
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.run_charts import Choice, all_charts
from econsim_mesa.visualization.time_axis import promotions, shaded, time_axis
from econsim_mesa.visualization.view import Frame

from econsim_mesa.analysis import daily, scored_posts
from econsim_mesa.runs.reader import load_run
from econsim_mesa.studies.online_offline import pooled_quadratic

PIZZA = Choice("day", "pizza", "Pizza Place", "Pizza")


def lines_of(frame: Frame, key: str, choice: Choice = PIZZA) -> dict[str, list[float | None]]:
    chart = next(chart for chart in all_charts(frame, choice) if chart.key == key)
    return {line.name: list(line.values) for line in chart.lines}


def test_charts_by_day_agree_with_the_analysis(replayed: Replay, frame: Frame) -> None:
    table = daily(load_run(replayed.folder))
    sales, revenue, posts = (lines_of(frame, key) for key in ("sales", "revenue", "posts"))
    assert sum(sales["Pizza Place"]) > 0
    for store in ("Pizza Place", "Daily Mart"):
        assert sales[store] == table[f"units {store}"].tolist()
        assert revenue[store] == table[f"revenue {store}"].tolist()
    assert posts["households"] == table["posts households"].tolist()
    assert posts["stores"] == table["posts stores"].tolist()
    assert posts["households: “pizza”"] == table["posts pizza"].tolist()


def test_sums_by_step_are_those_by_day(frame: Frame) -> None:
    by_step = Choice("step", "pizza", "Pizza Place", "Pizza")
    for key in ("sales", "revenue", "posts"):
        days, steps = lines_of(frame, key), lines_of(frame, key, by_step)
        assert {name: sum(v) for name, v in days.items()} == {n: sum(v) for n, v in steps.items()}
        assert all(len(values) == frame.step + 1 for values in steps.values())


def test_sentiment_is_the_pinned_lexicon_and_unknown_where_nobody_wrote(
    replayed: Replay, frame: Frame
) -> None:
    scores = scored_posts({"run": load_run(replayed.folder)}, None)
    (mean,) = lines_of(frame, "sentiment", Choice("day", "", "Pizza Place", "Pizza")).values()
    assert mean == pytest.approx(scores.groupby("day").score.mean().tolist(), abs=1e-4)
    (nobody,) = lines_of(frame, "sentiment", Choice("day", "xyzzy", "", "")).values()
    assert nobody == [None] * len(nobody)


def test_a_promotion_is_shaded_where_prices_were_cut(frame: Frame) -> None:
    spans = promotions(frame)
    assert [(s.first, s.last, s.store, s.percent) for s in spans] == [(14, 17, "Daily Mart", 30)]
    assert shaded(time_axis(frame, "day"), spans).shades == ((1, 1, "30 % off"),)
    rice = lines_of(frame, "prices", Choice("step", "pizza", "", ""))["Rice · Daily Mart"]
    assert rice[13:19] == [1000, 700, 700, 700, 700, 1000]


def test_a_day_that_is_cut_says_so_and_is_no_point_of_the_scatter(replayed: Replay) -> None:
    frame = replayed.history.frame(26)
    axis = time_axis(frame, "day")
    assert axis.whole == 2
    assert axis.labels[-1].endswith("until 11:00")
    assert len(lines_of(frame, "heat")["whole days"]) == 2
    assert time_axis(replayed.history.frame(23), "day").whole == 2


@pytest.mark.parametrize("step", [-1, 0, 29])
def test_every_chart_can_be_drawn_at_any_step(replayed: Replay, step: int) -> None:
    frame = replayed.history.frame(step)
    found = all_charts(frame, first_choice(frame.scene))
    assert len({chart.key for chart in found}) == len(found) == 9
    for chart in found:
        json.dumps(asdict(chart), allow_nan=False)
        widths = {len(line.values) for line in chart.lines}
        assert chart.kind == "points" or widths <= {len(chart.labels)}, chart.key


def test_the_fit_is_the_least_squares_quadratic_of_the_analysis() -> None:
    import pandas as pd

    x = np.array([1, 4, 6, 9, 12, 13, 2.0])
    y = np.array([3, 9, 11, 12, 9, 5, 2.0])
    panel = pd.DataFrame({"run": "one", "day": range(len(x)), "x": x, "y": y})
    fit = pooled_quadratic(panel, x="x", drop_zero=False)
    curve = run_charts.fitted(x, y)
    assert curve is not None
    assert curve.xs is not None
    z = (np.array(curve.xs) - x.mean()) / x.std()
    wanted = -fit.quadratic + fit.linear * z + fit.quadratic * z**2
    assert np.array(curve.values) == pytest.approx(y.mean() + y.std() * wanted, abs=1e-3)
    assert run_charts.fitted(x[:3], y[:3]) is None


def test_what_is_chosen_first_is_what_the_scenario_asks_about(frame: Frame) -> None:
    assert first_choice(frame.scene) == PIZZA


def test_cash_counts_every_household_once(frame: Frame) -> None:
    (counts,) = lines_of(frame, "cash").values()
    assert sum(counts) == frame.scene.households
    assert measures.gini(np.array([5, 5, 5])) == 0
    assert measures.gini(np.zeros(3)) == 0
    assert measures.gini(np.array([0, 0, 0, 9])) == pytest.approx(0.75)
