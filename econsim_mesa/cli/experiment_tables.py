"""The tables of an experiment on the terminal: conditions, contrasts, hypotheses, gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.text import Text

from econsim_mesa.cli.contrast_tables import contrast_tables, response_tables
from econsim_mesa.cli.screening_tables import screening_tables
from econsim_mesa.cli.study_tables import study_tables
from econsim_mesa.cli.tables import EDGES, GAP, Column, Row, note, table, text_column
from econsim_mesa.experiment.findings import which
from econsim_mesa.experiment.level_names import label_of, word_of
from econsim_mesa.numbers import fixed, interval, percent
from econsim_mesa.scenario.decider_traits import traits_of

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design
    from econsim_mesa.experiment.run import ExperimentReport

_FIGURE = 19
"""Columns of the terminal that a figure with its sd takes."""
_NO_VERDICT = "cannot tell"
_VISITS = "arrivals of households in the store's cell"
_CROWD = "how many others a household in the store's cell finds there, on average"


def print_experiment(
    design: Design, tables: Mapping[str, Sequence[Row]], report: ExperimentReport, console: Console
) -> None:
    """Print the tables. Items of stores are shown only if the plan's outcome is one."""
    heading = Text(design.experiment.name, style="bold cyan")
    console.print(heading.append(f"  {design.experiment.title}", "not bold italic"))
    console.print()
    for shown in _renderables(design, tables, console.width):
        console.print(shown)
    for line in _facts(design, tables, report):
        console.print(line, soft_wrap=True)


def _renderables(
    design: Design, tables: Mapping[str, Sequence[Row]], width: int
) -> Iterator[RenderableType]:
    """Yield what is printed below the heading, in order."""
    from econsim_mesa.experiment.tables import primary

    plan = design.experiment.plan
    outcome, is_screening = primary(plan), "screening" in tables
    if is_screening:
        heading = f"{percent(plan.confidence)} interval"
        ranges = tables.get("screening_ranges", ())
        yield from screening_tables(tables["screening"], ranges, heading)
    else:
        yield from _condition_tables(design, tables["conditions"], outcome, width)
    if "doses" in tables:
        yield _dose_table(tables["doses"])
    if not is_screening:
        yield note("visits", _VISITS)
        yield note("crowd", _CROWD)
        yield ""
    zero = _zero_measures(tables["conditions"])
    contrasts = [
        row
        for row in tables["contrasts"]
        if row["registered"] or (_is_shown(row["measure"], outcome) and row["measure"] not in zero)
    ]
    yield from contrast_tables(design, contrasts)
    yield from response_tables(design, tables.get("responses", ()), width)
    if not is_screening:
        yield from study_tables(design, tables, label_of)
    if tables["hypotheses"]:
        yield hypothesis_table(tables["hypotheses"])
        yield from _reasons(tables["hypotheses"])


def _condition_tables(
    design: Design, rows: Sequence[Row], outcome: str, width: int
) -> Iterator[RenderableType]:
    """Yield tables with a line for each condition, and as many figures as fit into the width."""
    zero = _zero_measures(rows)
    measures = [
        name
        for name in dict.fromkeys(row["measure"] for row in rows)
        if _is_shown(name, outcome) and name not in zero
    ]
    labels = [label_of(condition.levels) for condition in design.conditions]
    conditions = [
        {"condition": label, **{row["measure"]: row for row in some}}
        for label, some in zip(labels, _split(rows, len(labels)), strict=True)
    ]
    first = max(len("condition"), *map(len, labels))
    at_once = max((width - EDGES - first) // (_FIGURE + GAP), 1)
    title = "mean over replicates of totals of a run (sd)"
    for start in range(0, len(measures), at_once):
        columns = [
            Column("condition", align="left"),
            *(_figure_column(name) for name in measures[start : start + at_once]),
        ]
        yield table(columns, conditions, title=title if start == 0 else "")


def _split(rows: Sequence[Row], parts: int) -> list[Sequence[Row]]:
    """Return rows in so many parts of equal size."""
    size = len(rows) // max(parts, 1)
    return [rows[k * size : (k + 1) * size] for k in range(parts)]


def _figure_column(measure: str) -> Column:
    """Return a column of means with their sd, whose heading may be broken over lines."""
    return Column(measure, write=_with_sd, wrap=True, least=_FIGURE, most=_FIGURE)


def _zero_measures(rows: Iterable[Row]) -> set[str]:
    """Return the measures that are 0 in every condition, which are not printed."""
    rows = list(rows)
    return {row["measure"] for row in rows} - {row["measure"] for row in rows if row["mean"] != 0}


def hypothesis_table(rows: Sequence[Row]) -> RenderableType:
    """Return a table of hypotheses: what was expected, what was found, and the verdict."""
    columns = [
        text_column("statement", lambda row: row["hypothesis"] + which(row, rows)),
        text_column("measure"),
        Column("expected", align="left"),
        Column("found", lambda row: row["found"] or _within(row) or _interval(row), align="left"),
        Column("verdict", align="left", missing=_NO_VERDICT),
    ]
    title = "hypotheses, registered before the first run; all else is exploratory"
    return table(columns, rows, title=title)


def _within(row: Row) -> str | None:
    """Return the interval of two one-sided tests in words, or None if there were none."""
    if row["expected"] != "none" or row["smallest"] is None or row["narrow_low"] is None:
        return None
    ends = interval(row["narrow_low"], row["narrow_high"], fixed)
    return f"{ends}, within {row['smallest']:g}?"


def _interval(row: Row) -> str:
    return interval(row["low"], row["high"], fixed)


def _reasons(rows: Sequence[Row]) -> Iterator[Text]:
    """Yield the reasons of verdicts, where there are any."""
    hypotheses: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["why"] is not None:
            key = row["verdict"] or _NO_VERDICT, row["why"]
            hypotheses.setdefault(key, []).append(row["hypothesis"] + which(row, rows))
    for (verdict, why), statements in hypotheses.items():
        yield note(verdict, f"{' '.join(dict.fromkeys(statements))} {why[0].upper()}{why[1:]}.")
    if any(row["verdict"] is None and row["mean"] is not None for row in rows):
        yield note(_NO_VERDICT, "where fewer than 3 runs, or pairs of runs, speak to it")


def _dose_table(rows: Sequence[Row]) -> RenderableType:
    known = ("posts scripted", "measure", "mean", "sd", "run_days")
    factors = [key for key in (rows[0] if rows else ()) if key not in known]
    columns = [
        *(Column(factor, write=word_of, missing=word_of(None)) for factor in factors),
        Column("posts a day", "posts scripted"),
        Column("measure", align="left"),
        Column("mean (sd)", _with_sd),
        Column("run-days", "run_days"),
    ]
    title = "by posts of scripted accounts on the day: mean over run-days (sd)"
    return table(columns, rows, title=title)


def _facts(
    design: Design, tables: Mapping[str, Sequence[Row]], report: ExperimentReport
) -> Iterator[Text]:
    currencies = [scenario.currency for scenario in design.scenarios]
    if any(currency.decimals for currency in currencies):
        units = dict.fromkeys(currency.smallest_unit for currency in currencies)
        yield note("revenue", f"in {' or '.join(units)}, as all sums in records are")
    deciders = dict.fromkeys(row["decider"] for row in tables["decisions"])
    if deciders:
        only = (
            ""
            if any(traits_of(name).asks_model for name in deciders)
            else ": no language model; a baseline, no claim about people"
        )
        yield note("decided", f"by {', '.join(deciders)}{only}")
    total = len(report.measured) + len(report.unfinished)
    yield note("made", f"{len(report.measured):,} of {total:,} runs")
    yield note("plan", f"SHA-256 {report.plan}")
    yield note("folder", str(report.folder))


def _is_shown(measure: str, outcome: str) -> bool:
    """Whether a measure is printed. Units of one item are left out unless they are the outcome."""
    return measure == outcome or not (measure.startswith("units ") and ": " in measure)


def _with_sd(row: Row) -> str:
    return f"{fixed(row['mean'])} ({fixed(row['sd'])})"
