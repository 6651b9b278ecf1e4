"""The result of a run on the terminal: a table of days, who decided, and the run's folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from econsim_mesa.cli.tables import Column, grid, note, width_of
from econsim_mesa.llm.advice import describe_faults
from econsim_mesa.numbers import UNKNOWN, count, money
from econsim_mesa.runs.bundle import bundle_id
from econsim_mesa.runs.model_versions import describe_change
from econsim_mesa.runs.summary import Calls, Period, PostCounts, Summary

if TYPE_CHECKING:
    from econsim_mesa.runs.costs import Range

MOST_STORES = 3
"""Most stores that have columns of their own; all other stores are summed."""
MOST_DAYS = 31
"""Most days that are shown: the first and the last ones of a longer run."""

_LONGEST_NAME = 20
_NARROWEST = 5
_GAP = 2
_HEADINGS = (10, 8)  # longest heading; the shorter one where it saves a second row of blocks
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"  # strftime would follow the locale
_WORRYING, _SEVERE = 50.0, 75.0


def print_result(
    summary: Summary,
    folder: Path,
    seconds: float,
    console: Console,
    cost: Range | None = None,
    copied: int = 0,
    refused: str | None = None,
) -> None:
    """Print the result, with as many blocks of columns side by side as fit into the width.

    ``cost`` is in US dollars, or None if it is unknown or no model was called. ``copied`` is the
    number of calls that a fork has from its parent, which are not in the summary. ``refused`` says
    what the model refused of the requests.
    """
    console.print(_headline(summary))
    console.print()
    for row in _blocks_in_rows(summary, console):
        console.print(row)
        console.print()
    for name, text in _facts(summary, folder, seconds, cost, copied):
        console.print(note(name, text), soft_wrap=True)
    if refused is not None:
        console.print(note("left out", refused), soft_wrap=True)


def _headline(summary: Summary) -> Text:
    return Text(summary.scenario, style="bold cyan").append(f"  {summary.title}", "not bold italic")


def _facts(
    summary: Summary, folder: Path, seconds: float, cost: Range | None, copied: int
) -> Iterator[tuple[str, str]]:
    yield "decided", f"by {summary.by_whom}"
    yield from _attention(summary)
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


def _attention(summary: Summary) -> Iterator[tuple[str, str]]:
    """Return in words how often households were asked, where that is not once in every step."""
    asked = sum(sum(outcomes.values()) for outcomes in summary.decisions.values())
    steps = summary.households * summary.steps
    if asked < steps:
        yield "asked", f"{asked:,} times in {steps:,} household-steps ({asked / steps:.0%})"


def _cost(calls: Calls, priced: Range | None) -> str:
    """Return the cost of calls in words: by the scenario's prices, and by the server's account."""
    costs = []
    if priced is not None:
        most = (
            f" to {priced.high:.4f}, for calls of unknown use" if priced.high > priced.low else ""
        )
        costs.append(f"${priced.low:.4f}{most}")
    if calls.cost is not None:
        some = "" if calls.costed == calls.calls else f" for {calls.costed:,} calls"
        costs.append(f"${calls.cost:.4f} as the server tells it{some}")
    return "; ".join(costs) or "unknown (no price given)"


def _quality(summary: Summary) -> Iterator[tuple[str, str]]:
    """Return words about decisions and calls that did not succeed at the first attempt."""
    outcomes: Counter[str] = Counter()
    for counts in summary.decisions.values():
        outcomes.update(counts)
    if set(outcomes) - {"accepted"} or summary.actions:
        yield "quality", ", ".join(f"{n:,} {outcome}" for outcome, n in outcomes.most_common())
    if summary.actions:
        yield "actions", _actions(summary)
    calls = summary.calls
    if calls is not None:
        made = f"{calls.calls:,} calls ({calls.repair_turns:,} repair turns)"
        tokens = f"{calls.input_tokens:,} tokens in, {calls.output_tokens:,} out"
        yield "calls", f"{made}, {tokens}; model {', '.join(calls.models)}"
        if (changed := describe_change(calls.served)) is not None:
            yield "served", changed
        for doubt in calls.doubts:
            yield "counts", doubt
        if calls.faults:
            yield "faults", describe_faults(calls.faults)
        if (remark := calls.note_on_form) is not None:
            yield "note", remark


def _actions(summary: Summary) -> str:
    """Return in words what was asked for and what of it was refused, the most refused first."""
    asked_for = sum(attempts.asked_for for attempts in summary.actions.values())
    refused = sum(attempts.refused for attempts in summary.actions.values())
    text = f"{asked_for:,} asked for, {refused:,} of them refused"
    by_verb = sorted(summary.actions.items(), key=lambda pair: -pair[1].refused)
    worst = [
        f"{verb} {attempts.refused:,} of {attempts.asked_for:,}"
        for verb, attempts in by_verb
        if attempts.refused
    ]
    return f"{text} ({refused / asked_for:.0%}): {', '.join(worst)}" if worst else text


def _span(summary: Summary) -> str:
    first, last = summary.days[0].period, summary.days[-1].period
    return first if first == last else f"{first} to {last}"


def _blocks_in_rows(summary: Summary, console: Console) -> list[Table]:
    """Return rows of blocks that fit into the console; each row begins with the days."""
    tried = [list(_packed(summary, heading, console)) for heading in _HEADINGS]
    return [_beside(row) for row in min(tried, key=len)]


def _packed(summary: Summary, heading: int, console: Console) -> Iterator[list[Table]]:
    shown = _shown(summary.days)
    day = Column("day", _day, align="left", missing="...", least=_NARROWEST)
    days = _block(" ", [day], shown, summary.total)
    row, used = [days], width_of(days, console)
    for title, columns in _groups(summary, heading):
        block = _block(title or " ", columns, shown, summary.total)
        width = width_of(block, console) + _GAP
        if used + width > console.width and len(row) > 1:
            yield row
            row, used = [days], width_of(days, console)
        row.append(block)
        used += width
    yield row


def _shown(days: Sequence[Period]) -> list[Period | None]:
    """Return the days to show; None stands for those left out."""
    if len(days) <= MOST_DAYS:
        return list(days)
    half = MOST_DAYS // 2
    return [*days[:half], None, *days[-half:]]


def _block(
    title: str, columns: Sequence[Column], days: Sequence[Period | None], total: Period
) -> Table:
    """Return one block: title, headings, a row a day, the total."""
    return grid(
        columns,
        days,
        total=total,
        title=title,
        title_style="bold",
        box=box.SIMPLE,
        show_edge=False,
        padding=0,
        header_style="dim",
        footer_style="bold",
        border_style="dim",
        min_width=len(title),
    )


def _beside(blocks: Sequence[Table]) -> Table:
    row = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=False)
    row.add_row(*blocks)
    return row


def _groups(summary: Summary, heading: int) -> Iterator[tuple[str, list[Column]]]:
    """Yield groups of columns for the table of days, each with its title."""
    yield from _store_groups(summary)
    yield "posts", _post_columns(summary, heading)
    if kinds := list(summary.total.stress):
        yield "mean stress, 0-100", [_stress_column(kind, heading) for kind in kinds]
    yield "", [_column("rejected", lambda period: _dim_zero(period.rejected_actions, count))]


def _store_groups(summary: Summary) -> Iterator[tuple[str, list[Column]]]:
    """Yield the stores with the highest revenue, in the scenario's order, and the rest."""
    stores = summary.total.stores
    if len(stores) <= MOST_STORES + 1:
        busiest = list(stores)
    else:
        ranked = sorted(stores, key=lambda name: stores[name].revenue, reverse=True)
        busiest = [name for name in stores if name in ranked[:MOST_STORES]]
    for name in busiest:
        yield _cut(name, _LONGEST_NAME), _sales_columns(summary, [name])
    others = [name for name in stores if name not in busiest]
    if others:
        yield f"{len(others):,} others", _sales_columns(summary, others)


def _sales_columns(summary: Summary, stores: Sequence[str]) -> list[Column]:
    def units(period: Period) -> Text:
        return _dim_zero(sum(period.stores[name].units for name in stores), count)

    def revenue(period: Period) -> Text:
        total = sum(period.stores[name].revenue for name in stores)
        return _dim_zero(total, lambda amount: money(amount, summary.currency_decimals))

    return [_column("units", units), _column(_cut(summary.currency, _HEADINGS[-1]), revenue)]


def _post_columns(summary: Summary, heading: int) -> list[Column]:
    """Return the columns of posts for the groups of authors that the town has."""

    def posts(header: str, number_of: Callable[[PostCounts], int]) -> Column:
        return _column(header, lambda period: _dim_zero(number_of(period.posts), count))

    def matching(word: str) -> Column:
        return posts(_cut(word, heading), lambda counts: counts.keywords[word])

    columns = [posts("people", lambda counts: counts.households)]
    columns += map(matching, summary.total.posts.keywords)
    columns.append(posts("stores", lambda counts: counts.stores))
    if summary.total.posts.government:
        columns.append(posts("gov.", lambda counts: counts.government))
    if summary.total.posts.scripted:
        columns.append(posts("scripted", lambda counts: counts.scripted))
    return columns


def _stress_column(kind: str, heading: int) -> Column:
    def level(period: Period) -> Text:
        value = period.stress[kind]
        if value is None:
            return Text(UNKNOWN)
        style = "red" if value >= _SEVERE else "yellow" if value >= _WORRYING else ""
        return Text(f"{value:.1f}", style)

    return _column(_cut(kind, heading), level)


def _column(header: str, text_of: Callable[[Period], Text]) -> Column:
    """Return a column of numbers, with a blank in place of the days that are left out."""

    def text_or_none(period: Period | None) -> Text | None:
        return None if period is None else text_of(period)

    return Column(header, text_or_none, missing="", least=_NARROWEST)


def _day(period: Period | None) -> str | None:
    if period is None:
        return None
    if period.period == "total":
        return "total"
    day = date.fromisoformat(period.period)
    return f"{day.day:2} {_MONTHS[3 * day.month - 3 : 3 * day.month]}"


def _dim_zero(number: float, write: Callable[[Any], str]) -> Text:
    """Return a number as text; a zero steps back."""
    return Text(write(number)) if number else Text("0", "dim")


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else name[: width - 1] + "…"
