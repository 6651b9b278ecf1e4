"""What an experiment came to, at the head of the terminal's output: sentences and one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, RenderableType
from rich.text import Text

from econsim_mesa.cli.tables import Column, Row, grid, text_column
from econsim_mesa.experiment.findings import Finding, count_verdicts, findings
from econsim_mesa.numbers import counted
from econsim_mesa.scenario.decider_traits import traits_of

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design
    from econsim_mesa.experiment.run import ExperimentReport

MOST_LINES = 24
"""Lines that it takes at most; one more names the bundle."""


def print_in_short(
    design: Design, tables: Mapping[str, Sequence[Row]], report: ExperimentReport, console: Console
) -> None:
    """Print who decided, what came of what was registered, and where the rest is."""
    found = findings(design, tables)
    first = [
        Text(design.experiment.name, "bold cyan").append(
            f"  {design.experiment.title}", "not bold italic"
        )
    ]
    first += [Text(sentence) for sentence in _sentences(tables, report, found)]
    last = [
        Text("All of this is about the simulation; nothing in it is about real people or places."),
        Text(f"All tables: --full, or {report.folder}/tables.json"),
    ]
    room = MOST_LINES - sum(_lines(line, console) for line in (*first, *last))
    shown, left = _fitting(found, room, console)
    for part in (*first, *shown, *([Text(f"and {left} more: --full")] if left else []), *last):
        console.print(part)


def _sentences(
    tables: Mapping[str, Sequence[Row]], report: ExperimentReport, found: Sequence[Finding]
) -> Iterator[str]:
    made, total = len(report.measured), len(report.measured) + len(report.unfinished)
    deciders = list(dict.fromkeys(row["decider"] for row in tables.get("decisions", ())))
    who = ", ".join(deciders) or "nobody"
    model = any(traits_of(name).asks_model for name in deciders)
    yield (
        f"{made:,} of {total:,} runs are made; decided by {who}"
        f"{'' if model else ', which is no language model'}."
    )
    if not found:
        yield "Nothing was registered before the first run, so all that it shows is exploratory."
        return
    counts = [f"{number} {words}" for words, number in count_verdicts(found).items()]
    statements = counted(len(found), "statement")
    yield f"Of {statements} registered before the first run: {', '.join(counts)}."
    yield f"{found[0].statement} {found[0].verdict.capitalize()}: {found[0].sentence}"


def _fitting(
    found: Sequence[Finding], room: int, console: Console
) -> tuple[list[RenderableType], int]:
    """Return the table of as many findings as fit, and how many do not."""
    for left in range(len(found)):
        shown = _table(found[: len(found) - left])
        if _lines(shown, console) + (1 if left else 0) <= room:
            return [shown], left
    return [], len(found)


def _table(found: Sequence[Finding]) -> RenderableType:
    columns = [
        text_column("registered before the first run", lambda one: one.statement),
        text_column("found (with its interval)", lambda one: one.brief),
        Column("", lambda one: one.verdict, align="left"),
    ]
    return grid(columns, found)


def _lines(part: RenderableType, console: Console) -> int:
    return len(console.render_lines(part, pad=False))
