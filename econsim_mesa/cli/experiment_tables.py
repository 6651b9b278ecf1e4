"""The tables of an experiment for people: conditions, contrasts, expectations, and what lacks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from econsim_mesa.cli.cells import note
from econsim_mesa.cli.contrast_tables import contrast_tables
from econsim_mesa.cli.experiment_responses import response_tables
from econsim_mesa.cli.screening_table import screening_tables
from econsim_mesa.cli.study_tables import study_tables

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design
    from econsim_mesa.experiment.runner import ExperimentReport

Row = Mapping[str, Any]
_COLUMN = 19
"""Columns of the terminal that a figure with its sd takes."""
_LIMITS = ("stock", "capacity_per_step")
_VISITS = "arrivals of households in the store's cell"
_CROWD = "how many others a household in the store's cell finds there, on average"


def show(
    design: Design, tables: Mapping[str, Sequence[Row]], report: ExperimentReport, console: Console
) -> None:
    """Print the tables; items of stores only where the plan's outcome is one."""
    from econsim_mesa.experiment.tables import primary
    from econsim_mesa.numbers import percent

    experiment = design.experiment
    outcome = primary(experiment.plan)
    heading = Text(experiment.name, style="bold cyan")
    console.print(heading.append(f"  {experiment.title}", "not bold italic"))
    console.print()
    if "screening" in tables:
        held = f"{percent(experiment.plan.confidence)} interval"
        ranges = tables.get("screening_ranges", ())
        for table in screening_tables(tables["screening"], ranges, held):
            console.print(table)
    else:
        for shown in _blocks(design, tables["conditions"], outcome, console.width):
            console.print(shown)
    if "doses" in tables:
        console.print(_doses(tables["doses"]))
    silent = _silent(tables["conditions"])
    if "screening" not in tables:
        console.print(note("visits", _VISITS))
        console.print(note("crowd", _CROWD))
        console.print()
    told = [row for row in tables["contrasts"] if row["registered"]
            or (_told(row["measure"], outcome) and row["measure"] not in silent)]  # fmt: skip
    for block in contrast_tables(design, told, label_of, _number):
        console.print(block)
    for table in response_tables(design, tables.get("responses", ()), console.width):
        console.print(table)
    for printed in () if "screening" in tables else study_tables(design, tables, label_of):
        console.print(printed)
    if tables["hypotheses"]:
        console.print(_hypotheses(tables["hypotheses"]))
        for line in _open(tables["hypotheses"]):
            console.print(line)
    for line in _facts(design, tables, report):
        console.print(line, soft_wrap=True)


def _blocks(design: Design, rows: Sequence[Row], outcome: str, width: int) -> Iterator[Table]:
    """Yield tables with a line a condition, as many figures in each as the width takes."""
    silent = _silent(rows)
    measures = dict.fromkeys(row["measure"] for row in rows)
    names = [name for name in measures if _told(name, outcome) and name not in silent]
    labels = [label_of(condition.levels) for condition in design.conditions]
    first = max([9, *map(len, labels)])
    some = max((width - first - 2) // (_COLUMN + 3), 1)  # two spaces and a line beside each
    cells = _by_condition(rows, len(labels))
    for start in range(0, len(names), some):
        title = "mean over replicates of totals of a run (sd)" if start == 0 else None
        table = _table(title)
        table.add_column("condition", no_wrap=True)
        for name in names[start : start + some]:
            table.add_column(name, justify="right", min_width=_COLUMN, max_width=_COLUMN)
        for label, held in zip(labels, cells, strict=True):
            figures = (_with_sd(held[name]) for name in names[start : start + some])
            table.add_row(Text(label), *figures)
        yield table


def _by_condition(rows: Sequence[Row], conditions: int) -> list[dict[str, Row]]:
    size = len(rows) // max(conditions, 1)
    return [
        {row["measure"]: row for row in rows[k * size : (k + 1) * size]} for k in range(conditions)
    ]


def _silent(rows: Iterable[Row]) -> set[str]:
    """Return the measures that are 0 in every condition: counted, and not worth a line."""
    some = list(rows)
    return {row["measure"] for row in some} - {row["measure"] for row in some if row["mean"] != 0}


def _hypotheses(rows: Iterable[Row]) -> Table:
    table = _table("hypotheses, registered before the first run; all else is exploratory")
    for heading in ("statement", "measure", "expected", "found", "verdict"):
        table.add_column(heading, no_wrap=heading in ("expected", "verdict", "found"))
    some = list(rows)
    for row in some:
        table.add_row(
            Text(row["hypothesis"] + _which(row, some)),
            row["measure"],
            row["expected"],
            row["found"] or _within(row) or _interval(row),
            row["verdict"] or "cannot tell",
        )
    return table


def _which(row: Row, rows: Iterable[Row]) -> str:
    """Return what tells a hypothesis's row from the others of its own: its model, say."""
    others = [one for one in rows if one["hypothesis"] == row["hypothesis"]]
    factors = (key for key in row if "." in key or key in ("scenario", "arm", "decider"))
    apart = {key: row[key] for key in factors if any(one.get(key) != row[key] for one in others)}
    return f" [{label_of(apart)}]" if apart else ""


def _within(row: Row) -> str | None:
    """Return what two one-sided tests found; None: there were none."""
    if row["expected"] != "none" or row["smallest"] is None or row["narrow_low"] is None:
        return None
    ends = f"{_number(row['narrow_low'])} to {_number(row['narrow_high'])}"
    return f"{ends}, within {row['smallest']:g}?"


def _open(rows: Sequence[Row]) -> Iterator[Text]:
    """Yield why hypotheses are what they are, where that needs a word."""
    whys: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["why"] is not None:
            key = row["verdict"] or "cannot tell", row["why"]
            whys.setdefault(key, []).append(row["hypothesis"] + _which(row, rows))
    for (verdict, why), some in whys.items():
        words = f"{' '.join(dict.fromkeys(some))} {why[0].upper()}{why[1:]}."
        yield _fact(f"{verdict:<8} " if len(verdict) > 7 else verdict, words)
    if any(row["verdict"] is None and row["mean"] is not None for row in rows):
        few = "where fewer than 3 runs, or pairs of runs, speak to it"
        yield Text("cannot tell ", style="bold").append(few, "not bold")


def _doses(rows: Iterable[Row]) -> Table:
    table = _table("by posts of scripted accounts on the day: mean over run-days (sd)")
    some = list(rows)
    fixed = ("posts scripted", "measure", "mean", "sd", "run_days")
    factors = [key for key in (some[0] if some else ()) if key not in fixed]
    for heading in (*factors, "posts a day", "measure", "mean (sd)", "run-days"):
        table.add_column(heading, justify="left" if heading == "measure" else "right")
    for row in some:
        table.add_row(
            *(_word(row[factor]) for factor in factors),
            f"{row['posts scripted']}",
            row["measure"],
            _with_sd(row),
            f"{row['run_days']}",
        )
    return table


def _facts(
    design: Design, tables: Mapping[str, Sequence[Row]], report: ExperimentReport
) -> Iterator[Text]:
    currencies = [scenario.currency for scenario in design.scenarios]
    if any(currency.decimals for currency in currencies):
        units = dict.fromkeys(currency.smallest_unit for currency in currencies)
        yield _fact("revenue", f"in {' or '.join(units)}, as all sums in records are")
    deciders = dict.fromkeys(row["decider"] for row in tables["decisions"])
    if deciders:
        words = ", ".join(deciders)
        only = "" if "llm" in deciders else ": no language model; a baseline, no claim about people"
        yield _fact("decided", f"by {words}{only}")
    total = len(report.measured) + len(report.unfinished)
    yield _fact("made", f"{len(report.measured):,} of {total:,} runs")
    yield _fact("plan", f"SHA-256 {report.plan}")
    yield _fact("folder", str(report.folder))


def _fact(name: str, words: str) -> Text:
    return Text(f"{name:<8}", style="bold").append(words, "not bold")


def _table(title: str | None) -> Table:
    return Table(
        title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, padding=(0, 1)
    )


def _told(name: str, outcome: str) -> bool:
    return name == outcome or not (name.startswith("units ") and ": " in name)


def label_of(levels: Mapping[str, Any]) -> str:
    """Return values in words: those of a scenario and an arm alone, others with their key.

    >>> label_of({"arm": "base", "stress.mode": "on", "agents.Cafe.sells.Pie.stock": None})
    'base, stress on, stock unlimited'
    """
    shown = (
        _word(value)
        if path in ("scenario", "arm")
        else f"{_last_name(path).replace('_', ' ')} {_level(path, value)}"
        for path, value in levels.items()
    )
    return ", ".join(shown) or "all runs"


def _level(path: str, value: Any) -> str:
    """Return a value; null is no 0: of a limit it is that there is none."""
    if value is None:
        return "unlimited" if _last_name(path) in _LIMITS else "not set"
    return _word(value)


def _last_name(path: str) -> str:
    """Return the last name of a path; of a mode whose it is."""
    *names, last = path.split(".")
    return names[-1] if last == "mode" and names else last


def _word(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _with_sd(row: Row) -> str:
    return f"{_number(row['mean'])} ({_number(row['sd'])})"


def _interval(row: Row) -> str:
    return f"{_number(row['low'])} to {_number(row['high'])}" if row["low"] is not None else "-"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if 0 < abs(value) < 0.1:
        return f"{value:.2g}"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:,.2f}"
