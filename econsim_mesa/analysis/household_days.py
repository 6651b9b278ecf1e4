"""The days of each household in a run: what it bought, posted, paid and felt on each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from econsim_mesa.analysis.daily import day_of_step, sales_in_units

if TYPE_CHECKING:
    import pandas as pd

    from econsim_mesa.runs.reader import Run


def household_days(run: Run) -> pd.DataFrame:
    """Return one row a household and day, in the order of households and days.

    Columns: ``household``, ``day`` (a date), ``units`` (whole items bought), ``spent`` (smallest
    units of the currency), ``posts`` written, ``rejected`` (actions), ``cash`` (at the end of the
    day) and the mean level of each stressor, 0 to 100. Days on which nothing happened are kept.
    """
    import pandas as pd

    day = day_of_step(run)
    agents = run.agents[run.agents["step"] >= 0]
    agents = agents.assign(day=agents["step"].map(day)).rename(columns={"agent": "household"})
    by_day = agents.groupby(["household", "day"], sort=False)
    counted = {
        "units": _sums(sales_in_units(run), "buyer", "units", day),
        "spent": _sums(run.sales, "buyer", "amount", day),
        "posts": _sums(run.posts.assign(one=1), "author", "one", day),
        "rejected": _sums(run.rejections.assign(one=1), "agent", "one", day),
    }
    table = by_day[["cash"]].last().join(by_day[list(run.stressors)].mean())
    for place, (name, sums) in enumerate(counted.items()):
        table.insert(place, name, sums.reindex(table.index, fill_value=0))
    table = table.reset_index()
    table["day"] = pd.to_datetime(table["day"])
    names = [name for _, name, kind in run.rows("accounts") if kind == "Household"]
    order = {name: number for number, name in enumerate(names)}
    by_number = table["household"].map(order)
    return table.loc[by_number.sort_values(kind="stable").index].reset_index(drop=True)


def _sums(table: pd.DataFrame, who: str, what: str, day: pd.Series[str]) -> pd.Series[float]:
    """Return the sums of a column by household and day."""
    shown = table[table["step"] >= 0]
    keyed = shown.assign(day=shown["step"].map(day)).rename(columns={who: "household"})
    sums: pd.Series[float] = keyed.groupby(["household", "day"])[what].sum()
    return sums
