"""The run-day panel: one row for each calendar day of each run, days with zero kept.

``x`` is online heat (household posts that match the keyword as a word) and ``y`` offline heat
(whole items sold), as in ``heat``. A sum over a day on which nothing happened is 0; what is not
known (the price of what nobody sells) is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.domains.social.keywords import matches, mentions
from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Subject:
    """What is talked about and what is sold.

    ``keyword`` None: every post; ``item`` None: everything the store sells.
    """

    keyword: str | None
    store: str
    item: str | None = None


def run_day_panel(
    runs: Mapping[str, Run],
    subject: Subject,
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
        _refuse(label, run, subject)
        part = _days(run, subject, days_of(run, warm_up_days))
        part.insert(0, "run", label)
        part.insert(1, "condition", [(conditions or {}).get(label)] * len(part))
        part.insert(2, "seed", run.scenario.seed)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def days_of(run: Run, warm_up_days: int = 0) -> pd.Series[str]:
    """Return the ISO date of each step, indexed by step, without the first days.

    Raises ``BadInput`` if no day is left.
    """
    import pandas as pd

    steps = run.table("steps")
    steps = steps[steps["step"] >= 0]
    days = pd.Series(steps["time"].str[:10].to_numpy(), index=steps["step"].to_numpy())
    names = days.unique()
    if not 0 <= warm_up_days < len(names):
        raise BadInput(
            f"{run.folder} has {len(names)} days; a warm-up of {warm_up_days} leaves none"
        )
    kept: pd.Series[str] = days[days.isin(names[warm_up_days:])]
    return kept


def _refuse(label: str, run: Run, subject: Subject) -> None:
    if run.steps < run.planned_steps:
        raise BadInput(
            f"the run {label} has {run.steps} of {run.planned_steps} steps, so that its last day "
            "is cut; resume it first"
        )
    sold = {name: store.sells for _, name, store in run.scenario.agents.stores()}
    if subject.store not in sold:
        raise UnknownName("store", subject.store, sold)
    if subject.item is not None and subject.item not in sold[subject.store]:
        raise UnknownName(f"item of {subject.store}", subject.item, sold[subject.store])


def _days(run: Run, subject: Subject, day: pd.Series[str]) -> pd.DataFrame:
    """Return the columns of one run, one row a day."""
    import pandas as pd

    names = day.unique()
    table = pd.DataFrame({"day": names}, index=names)
    every = {date: number for number, date in enumerate(days_of(run).unique())}
    table["number"] = [every[date] for date in names]
    table["steps"] = day.value_counts().reindex(names)
    sales = run.sales[(run.sales["store"] == subject.store) & run.sales["step"].isin(day.index)]
    if subject.item is not None:
        sales = sales[sales["item"] == subject.item]
    sold = sales.assign(day=sales["step"].map(day), whole=sales["quantity"] / _unit(run, sales))
    bought = set(zip(sold["day"], sold["buyer"], strict=True))
    counted = _posts(run, subject, day, bought)
    table = table.join(counted.groupby(level=0).sum())
    table["y"] = sold.groupby("day")["whole"].sum()
    table["revenue"] = sold.groupby("day")["amount"].sum()
    table = table.fillna(0)  # sums over nothing; what may be unknown comes after
    table["stock_out"] = _stock_out(run, subject, day)
    table["price"] = _price(run, subject, day)
    whole = ["steps", "revenue", *counted]
    return table.astype(dict.fromkeys(whole, "int64")).reset_index(drop=True)


def _unit(run: Run, sales: pd.DataFrame) -> pd.Series[float]:
    """Return how many smallest units a whole item has, for each sale."""
    units = {name: 10.0**item.decimals for name, item in run.scenario.items.items()}
    return sales["item"].map(units).astype(float)


def _posts(
    run: Run, subject: Subject, day: pd.Series[str], bought: set[tuple[str, str]]
) -> pd.DataFrame:
    """Return one row a post with the keyword, indexed by day: what it counts for."""
    import pandas as pd

    posts = run.posts[run.posts["step"].isin(day.index)]
    if subject.keyword is not None:
        told = [matches(text, subject.keyword) for text in posts["text"]]
        posts = posts[np.array(told, dtype=bool)]  # an empty list would choose no column
    at = posts["step"].map(day).to_numpy()
    household = (posts["kind"] == "Household").to_numpy()
    scripted = (posts["kind"] == "Account").to_numpy()
    store = (posts["author"] == subject.store).to_numpy()
    named = np.array([matches(text, subject.store) for text in posts["text"]], dtype=bool)
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
        "mentions": [_mentions(text, subject.keyword) for text in posts["text"]],
    }
    return pd.DataFrame(columns, index=pd.Index(at)).astype("int64")


def _mentions(text: str, keyword: str | None) -> int:
    """Return how often the keyword stands in a text; 1 where there is none to look for."""
    return 1 if keyword is None else mentions(text, keyword)


def _stock_out(run: Run, subject: Subject, day: pd.Series[str]) -> pd.Series[int]:
    """Return 1 for each day on which a step ended with none left."""
    stocks = run.stocks[(run.stocks["store"] == subject.store) & run.stocks["step"].isin(day.index)]
    if subject.item is not None:
        stocks = stocks[stocks["item"] == subject.item]
    return (stocks["quantity"] == 0).astype("int64").groupby(stocks["step"].map(day)).max()


def posted_by_day(run: Run, store: str) -> pd.Series[float]:
    """Return, by ISO date, the mean posted price over all items of a store and steps of a day."""
    day = days_of(run)
    items = {name: spec.sells for _, name, spec in run.scenario.agents.stores()}[store]
    each = [_price(run, Subject(None, store, item), day) for item in items]
    found: pd.Series[float] = sum(each[1:], each[0]) / len(each)
    return found


def _price(run: Run, subject: Subject, day: pd.Series[str]) -> pd.Series[float]:
    """Return the mean posted price of the item over the steps of each day; NaN: not known."""
    prices = run.prices
    mine = prices[(prices["store"] == subject.store) & (prices["item"] == subject.item)]
    changes = mine.groupby("step")["posted"].last().astype(float)
    steps = np.union1d(changes.index.to_numpy(), day.index.to_numpy())
    posted = changes.reindex(steps).ffill()
    posted = posted.where(posted >= 0).reindex(day.index)
    return posted.groupby(day).mean()
