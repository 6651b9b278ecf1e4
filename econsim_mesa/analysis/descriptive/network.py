"""The social network at the end of each day: who has how many followers, and who follows back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.analysis.daily import day_of_step
from econsim_mesa.domains.social.keywords import author_group
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def followers(run: Run) -> pd.DataFrame:
    """Return day, account, kind, followers and how many it follows, at the end of each day."""
    import pandas as pd

    followed: Counter[str] = Counter()
    follows: Counter[str] = Counter()
    rows = []
    for day, changes in _changes_by_day(run):
        for follower, target, change in changes:
            followed[target] += change
            follows[follower] += change
        rows += [
            (day, name, kind, followed[name], follows[name])
            for name, kind in zip(run.accounts["name"], run.accounts["kind"], strict=True)
        ]
    return pd.DataFrame(rows, columns=["day", "account", "kind", "followers", "follows"])


def reciprocity(run: Run) -> pd.DataFrame:
    """Return how mutual and how uneven the network of households is, at the end of each day.

    Columns: ``day``; ``links``, follows of a household by another; ``reciprocity``, the share of
    links whose reverse is there as well; ``density``, the share of all ordered pairs that are
    links, which is the reciprocity to be expected if links were drawn at random (Garlaschelli and
    Loffredo 2004, doi:10.1103/PhysRevLett.93.268701); ``followers_sd``, the standard deviation
    over households of the households that follow them (ddof 0); ``posts`` by households on the
    day, and ``replies``, the share of them that answer a post. A share of nothing is NaN.
    """
    import pandas as pd

    households = [name for _, name, kind in run.rows("accounts") if kind == "Household"]
    written = run.posts[run.posts["kind"].map(author_group) == "households"]
    posts, answers = (
        Counter(part["time"].str[:10]) for part in (written, written[written["reply_to"] >= 0])
    )
    followers, links, mutual = dict.fromkeys(households, 0), set[tuple[str, str]](), 0
    rows = []
    for day, changes in _changes_by_day(run):
        for follower, target, change in changes:
            if follower in followers and target in followers:
                followers[target] += change
                (links.add if change > 0 else links.discard)((follower, target))
                mutual += 2 * change * ((target, follower) in links)
        rows.append(
            {
                "day": day,
                "links": len(links),
                "reciprocity": _share(mutual, len(links)),
                "density": _share(len(links), len(households) * (len(households) - 1)),
                "followers_sd": float(np.std(list(followers.values()))),
                "posts": posts[day],
                "replies": _share(answers[day], posts[day]),
            }
        )
    return pd.DataFrame(rows)


def _changes_by_day(run: Run) -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
    """Yield each day with follower, followed and change of what changed until its end.

    The first day has the network before step 0 as well.
    """
    day = day_of_step(run)
    last = dict(zip(day, day.index.astype(int), strict=True))
    changes = run.follows.sort_values("step", kind="stable")
    steps, begun = changes["step"].to_numpy(), 0
    for date, end in last.items():
        until = int(steps.searchsorted(end, side="right"))
        part = changes.iloc[begun:until]
        yield date, list(zip(part["follower"], part["followed"], part["change"], strict=True))
        begun = until


def _share(part: int, whole: int) -> float:
    return part / whole if whole else np.nan
