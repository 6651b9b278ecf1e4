"""What a fork changed, and what that did, in two sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from econsim_mesa.numbers import counted, money, short
from econsim_mesa.runs.changes import changes
from econsim_mesa.runs.reader import Run

if TYPE_CHECKING:
    import pandas as pd


def fork_in_short(run: Run, base: Run, difference: pd.DataFrame) -> Iterator[str]:
    """Yield sentences about a fork; ``difference`` is the fork minus its parent, day by day."""
    yield f"{run.folder.name} is a fork of {base.folder.name}: {what_changed(run)}."
    days = int((difference.index >= first_day(run)).sum())
    stores = [name for _, name, _ in run.scenario.agents.stores()]
    units = difference[[f"units {name}" for name in stores]].to_numpy().sum()
    paid = difference[[f"revenue {name}" for name in stores]].to_numpy().sum()
    posts = difference["posts households"].sum()
    currency = run.scenario.currency
    amount = f"{money(abs(paid), currency.decimals)} {currency.name}"
    yield (
        f"In the {counted(days, 'day')} from then on: {short(abs(units))} {_more(units)} items "
        f"sold, {amount} {_more(paid, 'less')} paid at stores, {short(abs(posts))} {_more(posts)} "
        "posts by households."
    )


def first_day(run: Run) -> str:
    """Return the day of a fork's first own step, as an ISO date."""
    return run.scenario.clock.clock().time(run.forked_at).date().isoformat()


def what_changed(run: Run) -> str:
    """Return from when on a fork has a future of its own, and what was changed in it."""
    begins = run.scenario.clock.clock().time(run.forked_at)
    found = [
        change.text if change.step == run.forked_at else f"{change.text} from step {change.step}"
        for change in changes(run)
    ]
    then = f"then {', '.join(found)}" if found else "nothing was changed then"
    return f"the same past up to step {run.forked_at} ({begins:%d %b %H:%M}); {then}"


def _more(value: float, less: str = "fewer") -> str:
    return "more" if value >= 0 else less
