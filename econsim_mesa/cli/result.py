"""The result of a run for people: a table of days, then who decided and where the run lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from econsim_mesa.cli.calls import Interval
from econsim_mesa.llm.advice import faults_in_words
from econsim_mesa.runs.bundle import bundle_id
from econsim_mesa.runs.model_versions import change
from econsim_mesa.runs.summary import Calls, Period, Sales, Summary

MOST_STORES = 3
"""Stores with columns of their own; with more stores the others are summed."""
MOST_DAYS = 31
"""Days shown; of a longer run the first and the last."""

_NAME, _GAP = 20, 2
_HEADINGS = (10, 8)  # longest heading; the shorter one where it saves a second row of blocks
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"  # strftime would follow the locale
_WORRYING, _SEVERE = 50.0, 75.0

Cell = Callable[[Period], Text | str]


class _Group(NamedTuple):
    """Columns under one title: heading -> what it shows of a period."""

    title: str
    columns: dict[str, Cell]


def show(
    summary: Summary,
    folder: Path,
    seconds: float,
    console: Console,
    cost: Interval | None = None,
    copied: int = 0,
) -> None:
    """Print the result; as many blocks of columns beside each other as the width takes.

    ``cost`` is in US dollars; None: not known, or nothing was asked. ``copied`` calls, which are
    not in the summary, are those that a fork has from its parent.
    """
    console.print(_headline(summary))
    console.print()
    for row in _rows_of_tables(summary, console):
        console.print(row)
        console.print()
    for name, words in _facts(summary, folder, seconds, cost, copied):
        line = Text(f"{name:<8}", style="bold").append(words, "not bold")
        console.print(line, soft_wrap=True)


def _headline(summary: Summary) -> Text:
    return Text(summary.scenario, style="bold cyan").append(f"  {summary.title}", "not bold italic")


def _facts(
    summary: Summary, folder: Path, seconds: float, cost: Interval | None, copied: int
) -> Iterator[tuple[str, str]]:
    yield "decided", f"by {summary.by_whom}"
    yield from _quality(summary)
    if copied:
        yield "past", f"{copied:,} calls before the fork, copied: paid by its parent, not again"
    if summary.calls is not None:
        yield "cost", _cost(summary.calls, cost)
    yield "seed", f"{summary.seed}"
    yield (
        "made",
        f"{summary.steps:,} of {summary.steps_planned:,} steps, {_span(summary)}, with "
        f"{summary.households:,} households, in {seconds:.1f} s",
    )
    unsealed = f"not sealed, somebody reads it; then go on with: econsim resume {folder}"
    yield "bundle", bundle_id(folder) or unsealed
    yield "run", f"{folder}"


def _cost(calls: Calls, priced: Interval | None) -> str:
    """Say what calls cost: by the prices of the scenario, and as the server tells it."""
    words = []
    if priced is not None:
        most = (
            f" to {priced.high:.4f}, for calls of unknown use" if priced.high > priced.low else ""
        )
        words.append(f"${priced.low:.4f}{most}")
    if calls.cost is not None:
        some = "" if calls.costed == calls.calls else f" for {calls.costed:,} calls"
        words.append(f"${calls.cost:.4f} as the server tells it{some}")
    return "; ".join(words) or "unknown (no price given)"


def _quality(summary: Summary) -> Iterator[tuple[str, str]]:
    """Say how decisions came about and what the calls met, where not all went by itself."""
    outcomes: Counter[str] = Counter()
    for counts in summary.decisions.values():
        outcomes.update(counts)
    if set(outcomes) - {"accepted"}:
        yield "quality", ", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.most_common())
    calls = summary.calls
    if calls is not None:
        words = f"{calls.calls:,} calls ({calls.repair_turns:,} repair turns), "
        words += f"{calls.input_tokens:,} tokens in, {calls.output_tokens:,} out"
        yield "calls", f"{words}; model {', '.join(calls.models)}"
        if (changed := change(calls.served)) is not None:
            yield "served", changed
        for words in calls.doubts:
            yield "counts", words
        if calls.faults:
            yield "faults", faults_in_words(calls.faults)
        if (note := calls.note_on_form) is not None:
            yield "note", note


def _span(summary: Summary) -> str:
    first, last = summary.days[0].period, summary.days[-1].period
    return first if first == last else f"{first} to {last}"


def _rows_of_tables(summary: Summary, console: Console) -> list[Table]:
    """Return rows of blocks, each no wider than the console, each beginning with the days."""
    tried = [list(_packed(summary, heading, console)) for heading in _HEADINGS]
    return [_beside(row) for row in min(tried, key=len)]


def _packed(summary: Summary, heading: int, console: Console) -> Iterator[list[Table]]:
    shown = _shown(summary.days)
    days = _table(_Group("", {"day": _day}), shown, summary.total)
    row, used = [days], _width(days, console)
    for group in _groups(summary, heading):
        table = _table(group, shown, summary.total)
        width = _width(table, console) + _GAP
        if used + width > console.width and len(row) > 1:
            yield row
            row, used = [days], _width(days, console)
        row.append(table)
        used += width
    yield row


def _shown(days: Sequence[Period]) -> list[Period | None]:
    """Return the days to show; None stands for those left out."""
    if len(days) <= MOST_DAYS:
        return list(days)
    half = MOST_DAYS // 2
    return [*days[:half], None, *days[-half:]]


def _groups(summary: Summary, heading: int) -> Iterator[_Group]:
    yield from _store_groups(summary)
    yield _post_group(summary, heading)
    if summary.total.stress:
        levels = {_cut(kind, heading): _level(kind) for kind in summary.total.stress}
        yield _Group("mean stress, 0-100", levels)
    yield _Group("", {"rejected": lambda period: _count(period.rejected_actions)})


def _store_groups(summary: Summary) -> Iterator[_Group]:
    """Yield the stores with the highest revenue, in the scenario's order, and the rest."""
    stores = summary.total.stores
    if len(stores) <= MOST_STORES + 1:
        busiest = list(stores)
    else:
        ranked = sorted(stores, key=lambda name: stores[name].revenue, reverse=True)
        busiest = [name for name in stores if name in ranked[:MOST_STORES]]
    for name in busiest:
        yield _sales_group(summary, _cut(name, _NAME), [name])
    others = [name for name in stores if name not in busiest]
    if others:
        yield _sales_group(summary, f"{len(others):,} others", others)


def _sales_group(summary: Summary, heading: str, stores: Sequence[str]) -> _Group:
    def sales(period: Period) -> Sales:
        some = [period.stores[name] for name in stores]
        return Sales(sum(one.units for one in some), sum(one.revenue for one in some))

    def revenue(period: Period) -> Text | str:
        return _money(sales(period).revenue, summary.currency_decimals)

    currency = _cut(summary.currency, _HEADINGS[-1])
    return _Group(heading, {"units": lambda period: _count(sales(period).units), currency: revenue})


def _post_group(summary: Summary, heading: int) -> _Group:
    """Return the columns of posts; those of authors that the town does not have are left out."""

    def matching(word: str) -> Cell:
        return lambda period: _count(period.posts.keywords[word])

    columns: dict[str, Cell] = {"people": lambda period: _count(period.posts.households)}
    columns |= {_cut(word, heading): matching(word) for word in summary.total.posts.keywords}
    columns["stores"] = lambda period: _count(period.posts.stores)
    if summary.total.posts.government:
        columns["gov."] = lambda period: _count(period.posts.government)
    if summary.total.posts.scripted:
        columns["scripted"] = lambda period: _count(period.posts.scripted)
    return _Group("posts", columns)


def _table(group: _Group, days: Sequence[Period | None], total: Period) -> Table:
    """Return one block: title, headings, a row a day, the total."""
    table = Table(
        title=group.title or " ",
        title_style="bold",
        box=box.SIMPLE,
        show_edge=False,
        pad_edge=False,
        padding=0,
        show_footer=True,
        header_style="dim",
        footer_style="bold",
        border_style="dim",
    )
    left = "day" in group.columns
    for heading, cell in group.columns.items():
        table.add_column(
            heading, cell(total), justify="left" if left else "right", no_wrap=True, min_width=5
        )
    for day in days:
        cells = ["..." if left else ""] * len(group.columns)
        table.add_row(*(cells if day is None else (cell(day) for cell in group.columns.values())))
    table.min_width = len(group.title)
    return table


def _beside(tables: Sequence[Table]) -> Table:
    grid = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    grid.add_row(*tables)
    return grid


def _width(table: Table, console: Console) -> int:
    return Measurement.get(console, console.options.update(width=10_000), table).maximum


def _day(period: Period) -> str:
    if period.period == "total":
        return "total"
    day = date.fromisoformat(period.period)
    return f"{day.day:2} {_MONTHS[3 * day.month - 3 : 3 * day.month]}"


def _level(kind: str) -> Cell:
    def cell(period: Period) -> Text | str:
        level = period.stress[kind]
        if level is None:
            return "-"
        style = "red" if level >= _SEVERE else "yellow" if level >= _WORRYING else ""
        return Text(f"{level:.1f}", style=style)

    return cell


def _count(number: float) -> Text | str:
    """Return a number with separators; a zero steps back."""
    words = f"{number:,}" if isinstance(number, int) else f"{number:,.1f}"
    return words if number else Text("0", style="dim")


def _money(amount: int, decimals: int) -> Text | str:
    whole, cents = divmod(amount, 10**decimals)
    words = f"{whole:,}" + (f".{cents:0{decimals}}" if decimals else "")
    return words if amount else Text("0", style="dim")


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else name[: width - 1] + "…"
