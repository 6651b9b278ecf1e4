"""Heat: what was sold, visited, posted and felt on each day of a run.

Offline heat of a store is its sales a day; online heat of a keyword is the household posts a day
that match it as a word. Days without any are kept, as zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.domains.social.keywords import author_group, matches
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def daily(run: Run) -> pd.DataFrame:
    """Return one row a day, indexed by ISO date.

    Columns: ``units <store>`` (whole items), ``revenue <store>`` (smallest units of the currency),
    ``visitors <store>`` (mean households in its cell at the end of a step), ``posts <group>``
    (households, stores, government, scripted), ``keyword <word>`` (by households), ``stress
    <kind>`` (mean own level) and ``rejected``.
    """
    import pandas as pd

    steps = run.table("steps")
    steps = steps[steps.step >= 0]
    day = pd.Series(steps.time.str[:10].to_numpy(), index=steps.step.to_numpy())
    table = pd.DataFrame(index=pd.Index(day.unique(), name="day"))
    per_item = {name: 10**item.decimals for name, item in run.scenario.items.items()}
    sales = run.sales.assign(units=run.sales.quantity / run.sales.item.map(per_item).astype(float))
    for _, store, _ in run.scenario.agents.stores():
        sold = sales[sales.store == store]
        table[f"units {store}"] = sold.groupby(sold.step.map(day)).units.sum()
        table[f"revenue {store}"] = sold.groupby(sold.step.map(day)).amount.sum()
        seen = run.stores[run.stores.store == store]
        table[f"visitors {store}"] = seen.groupby(seen.step.map(day)).visitors.mean()
    posts = run.posts[run.posts.step >= 0]
    groups = posts.kind.map(author_group)
    for group in ("households", "stores", "government", "scripted"):
        written = posts[groups == group]
        table[f"posts {group}"] = written.groupby(written.step.map(day)).size()
    by_people = posts[groups == "households"]
    for word in run.scenario.keywords:
        about = by_people[np.array([matches(text, word) for text in by_people.text], dtype=bool)]
        table[f"keyword {word}"] = about.groupby(about.step.map(day)).size()
    agents = run.agents.groupby(run.agents.step.map(day))
    for stressor in run.stressors:
        table[f"stress {stressor}"] = agents[stressor].mean()
    table["rejected"] = run.rejections.groupby(run.rejections.step.map(day)).size()
    return table.fillna(0)
