"""The run-day panel: one row for each calendar day of each run, days with zero kept.

``x`` is online heat (household posts that match the keyword as a word) and ``y`` offline heat
(whole items sold). A sum over a day on which nothing happened is 0; what is not
known (the price of what nobody sells) is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.daily import day_of_step, posted_price, sales_in_units
from econsim_mesa.domains.social.keywords import matches, mentions
from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PanelSpec:
    """What is talked about and what is sold.

    ``keyword`` None: every post; ``item`` None: everything the store sells.
    """

    keyword: str | None
    store: str
    item: str | None = None


def run_day_panel(
    runs: Mapping[str, Run],
    spec: PanelSpec,
    *,
    conditions: Mapping[str, object] | None = None,
    warm_up_days: int = 0,
) -> pd.DataFrame:
    """Return the panel of finished runs, given by label. Rows in the order of runs and days.

    Warm-up rule: the first ``warm_up_days`` calendar days of each run are left out, a number
    that the plan fixes (two days empty a memory of 24 steps at twelve steps a day). Columns:

    - ``run``, ``condition`` (as given in ``conditions``, else None), ``seed``, ``day`` (ISO
      date), ``number`` (of the day in its run, the first day 0) and ``steps`` in that day;
    - ``x``; of these ``x_unnamed`` (the store is not named), ``x_buyers`` (the author bought
      what ``y`` counts on the same day) and ``x_others`` (did not);
    - ``y`` (whole items) and ``revenue`` (smallest unit of the currency, tax included);
    - ``posts_store``, ``posts_scripted``, ``posts_rest``: posts with the keyword by the store,
      by scripted accounts, by other stores and the government; ``mentions``: occurrences of the
      keyword in all posts by anybody, the paper's x;
    - ``stock_out``: 1 if what ``y`` counts was out at the end of a step; ``price``: mean posted
      price of the item over the day's steps.

    Raises ``BadInput`` for a run that is not finished and for no runs, ``UnknownName`` for a
    store or item that a run does not have.
    """
    import pandas as pd

    if not runs:
        raise BadInput("a panel needs runs; give at least one")
    parts = []
    for label, run in runs.items():
        _refuse(label, run, spec)
        part = _days(run, spec, day_of_step(run, warm_up_days))
        part.insert(0, "run", label)
        part.insert(1, "condition", [(conditions or {}).get(label)] * len(part))
        part.insert(2, "seed", run.scenario.seed)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _refuse(label: str, run: Run, spec: PanelSpec) -> None:
    if run.steps < run.planned_steps:
        raise BadInput(
            f"the run {label} has {run.steps} of {run.planned_steps} steps, so that its last day "
            "is cut; resume it first"
        )
    sold = {name: store.sells for _, name, store in run.scenario.agents.stores()}
    if spec.store not in sold:
        raise UnknownName("store", spec.store, sold)
    if spec.item is not None and spec.item not in sold[spec.store]:
        raise UnknownName(f"item of {spec.store}", spec.item, sold[spec.store])


def _days(run: Run, spec: PanelSpec, day: pd.Series[str]) -> pd.DataFrame:
    """Return the columns of one run, one row a day."""
    import pandas as pd

    names = day.unique()
    table = pd.DataFrame({"day": names}, index=names)
    every = {date: number for number, date in enumerate(day_of_step(run).unique())}
    table["number"] = [every[date] for date in names]
    table["steps"] = day.value_counts().reindex(names)
    sales = sales_in_units(run)
    sales = sales[(sales["store"] == spec.store) & sales["step"].isin(day.index)]
    if spec.item is not None:
        sales = sales[sales["item"] == spec.item]
    sold = sales.assign(day=sales["step"].map(day))
    bought = set(zip(sold["day"], sold["buyer"], strict=True))
    counted = _posts(run, spec, day, bought)
    table = table.join(counted.groupby(level=0).sum())
    table["y"] = sold.groupby("day")["units"].sum()
    table["revenue"] = sold.groupby("day")["amount"].sum()
    table = table.fillna(0)  # sums over nothing; what may be unknown comes after
    table["stock_out"] = _stock_out(run, spec, day)
    table["price"] = (
        float("nan") if spec.item is None else posted_price(run, spec.store, spec.item, day)
    )
    whole = ["steps", "revenue", *counted]
    return table.astype(dict.fromkeys(whole, "int64")).reset_index(drop=True)


def _posts(
    run: Run, spec: PanelSpec, day: pd.Series[str], bought: set[tuple[str, str]]
) -> pd.DataFrame:
    """Return one row a post with the keyword, indexed by day: what it counts for."""
    import pandas as pd

    posts = run.posts[run.posts["step"].isin(day.index)]
    if spec.keyword is not None:
        about = [matches(text, spec.keyword) for text in posts["text"]]
        posts = posts[np.array(about, dtype=bool)]  # an empty list would choose no column
    at = posts["step"].map(day).to_numpy()
    household = (posts["kind"] == "Household").to_numpy()
    scripted = (posts["kind"] == "Account").to_numpy()
    store = (posts["author"] == spec.store).to_numpy()
    named = np.array([matches(text, spec.store) for text in posts["text"]], dtype=bool)
    same = zip(at, posts["author"], strict=True)
    buyer = np.array([pair in bought for pair in same], dtype=bool)
    columns = {
        "x": household,
        "x_unnamed": household & ~named,
        "x_buyers": household & buyer,
        "x_others": household & ~buyer,
        "posts_store": store,
        "posts_scripted": scripted & ~store,
        "posts_rest": ~household & ~scripted & ~store,
        "mentions": [_mentions(text, spec.keyword) for text in posts["text"]],
    }
    return pd.DataFrame(columns, index=pd.Index(at)).astype("int64")


def _mentions(text: str, keyword: str | None) -> int:
    """Return how often the keyword stands in a text; 1 where there is none to look for."""
    return 1 if keyword is None else mentions(text, keyword)


def _stock_out(run: Run, spec: PanelSpec, day: pd.Series[str]) -> pd.Series[int]:
    """Return 1 for each day on which a step ended with none left."""
    stocks = run.stocks[(run.stocks["store"] == spec.store) & run.stocks["step"].isin(day.index)]
    if spec.item is not None:
        stocks = stocks[stocks["item"] == spec.item]
    return (stocks["quantity"] == 0).astype("int64").groupby(stocks["step"].map(day)).max()
