"""The panel against SQL and regular expressions on the run's own database."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from recorded import keep
from towns import make, village

from econsim_mesa.analysis.daily import day_of_step
from econsim_mesa.analysis.sentiment import scored_posts, vader
from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.studies.online_offline.curve import inverted_u
from econsim_mesa.studies.online_offline.panel import PanelSpec, run_day_panel
from econsim_mesa.studies.online_offline.placebo import keyword_placebo

PIE = PanelSpec("pie", "Cafe", "Pie")
TALK = {
    "type": "scripted_posts",
    "when": {"every": "day", "time": "08:00"},
    "texts": ["Pies, pies and a pie at Cafe!", "Nothing new."],
}
SALE = {
    "type": "promotion",
    "when": {"between": ["2026-01-07T12:00", "2026-01-09T00:00"]},
    "store": "Cafe",
    "items": ["Pie"],
    "percent": 50.0,
}
EVENTS = [
    {"type": "salary", "when": {"every": "day"}, "amount": 300},
    {"type": "restock", "when": {"every": "day"}, "mode": "top_up"},
    TALK | {"author": "Cafe"},
    TALK | {"author": "Town Crier", "account": True},
    SALE,
]


def town(seed: int, steps: int = 168) -> dict[str, Any]:
    return village(
        steps=steps,
        decider="utility",
        keywords=["pie", "cafe", "well"],
        agents__Household={"count": 12, "cash": 1500},
        events=EVENTS,
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    where = tmp_path_factory.mktemp("panel")
    return {f"s{seed}": keep(make(town(seed), seed), where / f"s{seed}") for seed in (1, 2, 3, 4)}


@pytest.fixture
def runs(folders: dict[str, Path]) -> dict[str, Run]:
    return {label: load_run(folder) for label, folder in folders.items()}


def sql(folder: Path, query: str) -> list[tuple[Any, ...]]:
    (path,) = folder.glob("*.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def by_hand(folder: Path, word: str, store: str, item: str) -> dict[str, dict[str, float]]:
    """Count everything post by post and sale by sale."""
    days = dict(sql(folder, "SELECT step, substr(time, 1, 10) FROM steps WHERE step >= 0"))
    found: dict[str, dict[str, float]] = {day: defaultdict(float) for day in days.values()}
    buyers = set()
    for step, quantity, amount, buyer in sql(
        folder,
        "SELECT step, quantity, amount, buyer FROM sales "
        f"WHERE store = '{store}' AND item = '{item}'",
    ):
        found[days[step]]["y"] += quantity
        found[days[step]]["revenue"] += amount
        buyers.add((days[step], buyer))
    for step, author, text, kind in sql(folder, "SELECT step, author, text, kind FROM posts"):
        day = found[days[step]]
        hits = re.findall(rf"(?i)\b{word}s?\b", text)
        day["mentions"] += len(hits)
        if not hits:
            continue
        if kind == "Household":
            day["x"] += 1
            day["x_unnamed"] += not re.search(rf"(?i)\b{store}\b", text)
            day["x_buyers" if (days[step], author) in buyers else "x_others"] += 1
        elif author == store:
            day["posts_store"] += 1
        else:
            day["posts_scripted" if kind == "Account" else "posts_rest"] += 1
    stock = "SELECT step FROM stocks WHERE quantity = 0 AND store = '%s' AND item = '%s'"
    for (step,) in sql(folder, stock % (store, item)):
        found[days[step]]["stock_out"] = 1
    changes = "SELECT step, posted FROM prices WHERE store = '%s' AND item = '%s' ORDER BY rowid"
    posted, prices = None, dict(sql(folder, changes % (store, item)))
    for step in range(-1, max(days) + 1):
        posted = prices.get(step, posted)
        if step >= 0:
            found[days[step]]["price"] += posted / list(days.values()).count(days[step])
    return found


COUNTED = ("x", "x_unnamed", "x_buyers", "x_others", "y", "revenue", "posts_store",
           "posts_scripted", "posts_rest", "mentions", "stock_out", "price")  # fmt: skip


@pytest.mark.parametrize(
    "spec", [PIE, PanelSpec("cafe", "Cafe", "Tea"), PanelSpec("well", "Shop", "Bread")]
)
def test_every_column_is_that_of_the_database(
    folders: dict[str, Path], runs: dict[str, Run], spec: PanelSpec
) -> None:
    panel = run_day_panel(runs, spec)
    for label, folder in folders.items():
        expected = by_hand(folder, spec.keyword, spec.store, str(spec.item))
        rows = panel[panel.run == label].set_index("day")
        assert list(rows.index) == sorted(expected)
        for day, numbers in expected.items():
            for column in COUNTED:
                assert rows.loc[day, column] == pytest.approx(numbers[column]), (day, column)
    assert panel.number.tolist() == [*range(7)] * 4
    assert set(panel.steps) == {24}
    assert panel.seed.tolist() == [seed for seed in (1, 2, 3, 4) for _ in range(7)]


def test_the_runs_have_what_the_panel_is_to_count(runs: dict[str, Run]) -> None:
    pie = run_day_panel(runs, PIE)
    assert pie.y.sum() > 0
    assert pie.price.nunique() == 3  # half a day of the sale, a day of it, none
    assert pie.posts_store.sum() > 0
    assert pie.posts_scripted.sum() > 0
    cafe = run_day_panel(runs, PanelSpec("cafe", "Cafe", "Tea"))
    assert cafe.x.sum() > 0
    assert (cafe.x_unnamed == 0).all()
    well = run_day_panel(runs, PanelSpec("well", "Shop", "Bread"))
    assert well.x_unnamed.sum() > 0
    assert (well.x == 0).any() or (pie.x == 0).any()


def test_conditions_are_left_as_given_and_the_warm_up_is_left_out(runs: dict[str, Run]) -> None:
    condition = {"stress": {"mode": "off"}}
    panel = run_day_panel(runs, PIE, conditions={"s1": condition}, warm_up_days=2)
    assert panel.condition[0] is condition
    assert panel[panel.run == "s2"].condition.isna().all()
    assert panel.number.tolist() == [2, 3, 4, 5, 6] * 4
    whole = run_day_panel(runs, PIE)
    later = whole[whole.number >= 2].reset_index(drop=True)
    pd.testing.assert_frame_equal(panel[list(COUNTED)], later[list(COUNTED)])
    with pytest.raises(BadInput, match="a warm-up of 7 leaves none"):
        day_of_step(runs["s1"], 7)


def test_all_of_a_store_is_in_whole_items_and_has_no_price(runs: dict[str, Run]) -> None:
    panel = run_day_panel(runs, PanelSpec("pie", "Shop"))
    items = ("Bread", "Flour", "Cart")
    parts = [run_day_panel(runs, PanelSpec("pie", "Shop", item)) for item in items]
    assert panel.y.tolist() == pytest.approx(sum(part.y for part in parts).tolist())
    assert panel.revenue.tolist() == sum(part.revenue for part in parts).tolist()
    assert panel.price.isna().all()
    assert panel.stock_out.tolist() == np.max([part.stock_out for part in parts], axis=0).tolist()
    flour = run_day_panel(runs, PanelSpec("pie", "Shop", "Flour"))
    raw = sum(runs[k].sales.query("item == 'Flour'").quantity.sum() for k in runs)
    assert flour.y.sum() == pytest.approx(raw / 100)


def test_what_is_not_there_is_refused(runs: dict[str, Run], tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown store 'Caffe'; did you mean 'Cafe'"):
        run_day_panel(runs, PanelSpec("pie", "Caffe"))
    with pytest.raises(UnknownName, match="unknown item of Cafe 'Bread'"):
        run_day_panel(runs, PanelSpec("pie", "Cafe", "Bread"))
    with pytest.raises(BadInput, match="at least one"):
        run_day_panel({}, PIE)
    cut = load_run(keep(make(town(1), 1), tmp_path / "cut", until=30))
    with pytest.raises(BadInput, match=r"run cut has 30 of 168 steps.*resume"):
        run_day_panel({"cut": cut}, PIE)


def test_the_test_of_the_curve_is_that_of_the_database(
    folders: dict[str, Path], runs: dict[str, Run]
) -> None:
    spec = PanelSpec("well", "Shop", "Bread")
    rows = []
    for label, folder in folders.items():
        days = by_hand(folder, "well", "Shop", "Bread")
        rows += [(label, day, n["x"], n["y"]) for day, n in days.items() if day > "2026-01-05"]
    table = pd.DataFrame(rows, columns=["run", "day", "x", "y"])
    codes = table.run.astype("category").cat.codes
    fit = smf.ols("y ~ C(run) + C(day) + I(x - 3) + I((x - 3)**2)", table).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    found = inverted_u(run_day_panel(runs, spec, warm_up_days=1), center=3)
    placebo = keyword_placebo(runs, spec, center=3, warm_up_days=1)
    assert found.quadratic.value == pytest.approx(fit.params["I((x - 3) ** 2)"])
    assert found.quadratic.clustered_p == pytest.approx(fit.pvalues["I((x - 3) ** 2)"])
    assert placebo.quadratic == found.quadratic


def test_posts_are_scored_one_by_one(folders: dict[str, Path], runs: dict[str, Run]) -> None:
    found = scored_posts(runs, "cafe", warm_up_days=1)
    expected = [
        (label, time[:10], author, text, vader().score(text))
        for label, folder in folders.items()
        for time, author, text in sql(
            folder, "SELECT time, author, text FROM posts WHERE kind = 'Household'"
        )
        if time >= "2026-01-06" and re.search(r"(?i)\bcafes?\b", text)
    ]
    texts = found.drop(columns="decider")
    assert list(texts.itertuples(index=False, name=None)) == expected
    assert len(scored_posts(runs, None)) > len(expected) > 0
