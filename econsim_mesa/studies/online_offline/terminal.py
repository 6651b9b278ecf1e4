"""The statistics of an experiment for people: a line a condition, and what is not known said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

from econsim_mesa.cli.cells import (
    Cell,
    Row,
    figure,
    interval,
    note,
    number,
    probability,
    span,
    table,
    with_p,
)
from econsim_mesa.studies.online_offline.terminal_notes import statistics_notes
from econsim_mesa.experiment.pairs import name_of_contrast
from econsim_mesa.numbers import percent

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design

Tables = Mapping[str, Sequence[Row]]
MOST_CONDITIONS = 16
"""Conditions above which their own lines would hide what the experiment asks."""


def statistics_shown(design: Design, tables: Tables, label: Callable[[Row], str]) -> Iterator[Any]:
    """Yield what is printed of the statistics, in order; tables without a row are left out.

    ``label`` gives a condition's levels in words.
    """
    from econsim_mesa.analysis.inference import alpha
    from econsim_mesa.numbers import percent
    from econsim_mesa.studies.online_offline.tables import named

    words = {_key(named(design, one)): label(one.levels) for one in design.conditions}
    naming = list(named(design, design.conditions[0])) if design.conditions else []

    def condition(row: Row) -> str:
        return words.get(_key({key: row.get(key) for key in naming}), "")

    confidence = design.experiment.plan.confidence
    held = f"{percent(confidence)} interval"
    yield from _variance(tables["variance"], naming, held)
    if not _asks_curve(design):
        yield note(
            "curves",
            f"no hypothesis is about the curve of {_model(design)}: its tests, lags, spread of "
            "sentiment and the paper's own figures are exploratory, and in tables.json alone",
        )
        return
    if len(design.conditions) > MOST_CONDITIONS:
        yield note(
            "not shown",
            f"curves, lags and spread of sentiment of each of {len(design.conditions)} conditions: "
            "they are in tables.json, and in what --json prints",
        )
    else:
        yield from _by_condition(design, tables, condition, alpha(confidence), held)
    yield from _ablations(tables["ablations"], held)
    yield from _family(tables["family"], condition, _registered(design))
    yield from statistics_notes(tables, condition, MOST_CONDITIONS)


def _registered(design: Design) -> bool:
    """Whether a hypothesis is about the curve."""
    from econsim_mesa.experiment.types import STATISTICS, VERDICT

    return any(one.measure in (*STATISTICS, VERDICT) for one in design.experiment.hypotheses)


def _asks_curve(design: Design) -> bool:
    """Whether hypotheses or plan ask about the curve: a plan does by naming what it is to show."""
    plan = design.experiment.plan
    return _registered(design) or bool(plan.full or plan.nulls or plan.ablation)


def _by_condition(
    design: Design, tables: Tables, condition: Cell, level: float, held: str
) -> Iterator[Table]:
    """Yield the tables that have lines for each condition."""
    primary = [row for row in tables["curves"] if row["role"] == "primary"]
    if any(row["verdict"] for row in primary):
        what = _model(design) + ("" if _registered(design) else "; exploratory")
        yield from _curves(primary, condition, what, held)
        yield from _other_methods(tables, condition)
        yield from _other_questions(tables["curves"], condition)
        yield from _lags(tables["lags"], condition, level)
    yield from _published(tables["published"], condition)
    yield from _dispersion(tables["dispersion"], condition, held)


def _model(design: Design) -> str:
    from econsim_mesa.experiment.tables import primary

    plan = design.experiment.plan
    posts = "posts of scripted accounts" if plan.x == "scripted" else f"posts {plan.keyword or ''}"
    return f"{primary(plan)} a day over {posts.strip()} a day"


def _curves(rows: Sequence[Row], condition: Cell, what: str, held: str) -> Iterator[Table]:
    yield table(
        f"{what}: b1 (x - c) + b2 (x - c)^2, effects of run and day, errors by the jackknife over "
        "runs; beside it the p of b2 by clustered errors and by wild bootstrap (6 runs or more)",
        rows,
        {
            "condition": condition,
            "verdict": lambda row: row["verdict"] or "cannot tell",
            "b2": figure("b2"),
            held: interval("b2"),
            "p": lambda row: probability(row["b2_p"]),
            "clustered": lambda row: probability(row["b2_clustered_p"]),
            "wild": lambda row: probability(row["p_wild"]),
            "runs": lambda row: f"{row['runs']}",
            "run-days": lambda row: f"{row['run_days']}",
        },
    )
    yield table(
        "b1, the slope at c",
        [row for row in rows if row["verdict"]],
        {
            "condition": condition,
            "c": figure("center"),
            "b1": figure("b1"),
            held: interval("b1"),
            "p": lambda row: probability(row["b1_p"]),
            "clustered": lambda row: probability(row["b1_clustered_p"]),
        },
    )
    yield table(
        "parts of the verdict, by clustered errors: slope at the 5th and 95th percentile of x with "
        "one-sided p, turning point (Fieller), p of a line that falls beyond it, share of run-days "
        "on each side",
        [row for row in rows if row["verdict"]],
        {
            "condition": condition,
            "rise (p)": lambda row: f"{number(row['slope_low'])} ({probability(row['p_rise'])})",
            "fall (p)": lambda row: f"{number(row['slope_high'])} ({probability(row['p_fall'])})",
            "turns at": figure("turning_point"),
            "interval": _bounds,
            "line": lambda row: probability(row["p_line"]),
            "sides": lambda row: f"{row['share_left']:.2f}, {row['share_right']:.2f}",
        },
    )


def _bounds(row: Row) -> str:
    low, high = row["turning_low"], row["turning_high"]
    return "no bounds" if low is None else span(low, high)


def _other_methods(tables: Tables, condition: Cell) -> Iterator[Table]:
    """Yield the same question by other methods, which have to agree."""
    lines = {condition(row): row for row in tables["two_lines"]}
    mixed = {condition(row): row for row in tables["shuffled_days"]}
    shapes: dict[str, list[Row]] = {}
    for row in tables["shapes"]:
        shapes.setdefault(condition(row), []).append(row)

    def best(row: Row) -> str:
        some = shapes.get(condition(row))
        if not some:
            return "-"
        least = min(some, key=lambda one: one["error"])
        return f"{least['shape']} ({number(least['error'])})"

    def two(row: Row) -> str:
        found = lines.get(condition(row))
        if found is None:
            return "-"
        slopes = ", ".join(
            f"{number(found[side])} ({probability(found[f'{side}_p'])})"
            for side in ("first", "second")
        )
        return f"{found['verdict']}: {slopes}"

    def shuffled(row: Row) -> str:
        found = mixed.get(condition(row))
        return "-" if found is None else probability(found["p"])

    yield table(
        "by other methods: two lines (slopes and p), runs that bend downward, b2 against shuffled "
        "days, shape that errs least on runs left out",
        tables["signs"],
        {
            "condition": condition,
            "two lines": two,
            "b2 < 0 in": lambda row: f"{row['below']} of {row['below'] + row['above']}",
            "shuffled p": shuffled,
            "least error": best,
        },
    )


_SHORT: Mapping[str | None, str] = {None: "cannot tell", "inconclusive": "unclear"}
_QUESTIONS = {
    ("revenue", ""): "revenue",
    ("days in stock", ""): "in stock",
    ("secondary", "x"): "all posts",
    ("secondary", "x_unnamed"): "unnamed",
    ("secondary", "x_buyers"): "buyers",
    ("secondary", "x_others"): "others",
    ("placebo", "placebo x"): "placebo",
}


def _other_questions(rows: Sequence[Row], condition: Cell) -> Iterator[Table]:
    """Yield the verdicts for other x and y; none of them was the primary question."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        key = (row["role"], row["x"] if row["role"] in ("secondary", "placebo") else "")
        if key in _QUESTIONS:
            verdict = _SHORT.get(row["verdict"]) or row["verdict"]
            found.setdefault(condition(row), {})[_QUESTIONS[key]] = verdict
    asked = [name for name in _QUESTIONS.values() if any(name in one for one in found.values())]
    columns: dict[str, Cell] = {"condition": lambda row: row["condition"]}
    for name in asked:
        columns[name] = lambda row, name=name: row.get(name, "-")  # type: ignore[misc]
    lines = [{"condition": label, **verdicts} for label, verdicts in found.items()]
    title = (
        "the same test of revenue, of days in stock, and of posts that do not name the store, by "
        "same-day buyers, by others: exploratory; a placebo must show no inverted U"
    )
    yield table(title, lines, columns, _QUESTIONS.values())


def _lags(rows: Sequence[Row], condition: Cell, level: float) -> Iterator[Table]:
    """Yield slopes on x of days before (negative: after)."""
    found: dict[str, dict[int, str]] = {}
    for row in rows:
        starred = "*" if row["slope_p"] is not None and row["slope_p"] < level else ""
        found.setdefault(condition(row), {})[row["days"]] = f"{number(row['slope'])}{starred}"
    columns: dict[str, Cell] = {"condition": lambda row: row["condition"]}
    for days in sorted({row["days"] for row in rows}):
        name = f"{days:+d}" if days else "same day"
        columns[name] = lambda row, days=days: row[days]  # type: ignore[misc]
    lines = [{"condition": label, **slopes} for label, slopes in found.items()]
    star = f"* p < {level:g}".replace("0.", ".")
    title = (
        "slope of sales on posts so many days before, with posts of the same day held fixed "
        f"(-: after; {star}); exploratory"
    )
    yield table(title, lines, columns)


def _published(rows: Sequence[Row], condition: Cell) -> Iterator[Table]:
    if any(row["linear"] is not None or row["correlation"] is not None for row in rows):
        yield table(
            "as the paper computes it, not to conclude from: pooled, z-scored, no effect of run, "
            "days without a sale dropped, occurrences of the word in all posts",
            rows,
            {
                "condition": condition,
                "linear (p)": lambda row: with_p(row["linear"], row["p_linear"]),
                "quadratic (p)": lambda row: with_p(row["quadratic"], row["p_quadratic"]),
                "R2": figure("r_squared"),
                "days (dropped)": lambda row: (
                    "-" if row["run_days"] is None else f"{row['run_days']} ({row['dropped']})"
                ),
                "r of volume\nand spread (p)": lambda row: (
                    "void" if row["void"] else with_p(row["correlation"], row["p_correlation"])
                ),
            },
        )


def _dispersion(rows: Sequence[Row], condition: Cell, held: str) -> Iterator[Table]:
    if all(row["void"] for row in rows):  # a note says so
        return
    yield table(
        "spread of sentiment over authors, per post a day: weights n - 1, effects of run and day, "
        "days with 5 authors, a repeated text once",
        rows,
        {
            "condition": condition,
            "measure": lambda row: row["measure"],
            "verdict": lambda row: row["verdict"],
            "slope": lambda row: "void" if row["void"] else number(row["slope"]),
            held: lambda row: "-" if row["void"] else interval("slope")(row),
            "p": lambda row: "-" if row["void"] else probability(row["slope_p"]),
            "run-days (thin)": lambda row: f"{row['run_days']} ({row['thin']})",
        },
    )


def _ablations(rows: Sequence[Row], held: str) -> Iterator[Table]:
    """Yield the differences of coefficients between the sides of contrasts."""
    told = [row for row in rows if row["difference"] is not None]
    yield table(
        "differences between the sides of a contrast, same seeds: the wider of the intervals by "
        "bootstrap and by jackknife over pairs, and the larger p",
        told,
        {
            "contrast": lambda row: f"{row['measure']}, {name_of_contrast(row)}",
            "difference": figure("difference"),
            held: lambda row: span(row["low"], row["high"]),
            "p": lambda row: probability(row["p_larger"]),
            "a": figure("first"),
            "b": figure("second"),
            "pairs": lambda row: f"{row['pairs']}",
        },
    )


def _variance(rows: Sequence[Row], naming: Sequence[str], held: str) -> Iterator[Table]:
    """Yield the shares of variance over runs, a table for each measure."""
    for measure in dict.fromkeys(row["measure"] for row in rows):
        some = [row for row in rows if row["measure"] == measure]

        def within(row: Row) -> str:
            return ", ".join(str(row[name]) for name in naming if name in row)

        columns: dict[str, Cell] = {"condition": within} if any(map(within, some)) else {}
        columns |= {
            "source": lambda row: row["source"],
            "levels": lambda row: f"{row['levels']}" if row["levels"] else "-",
            "share": lambda row: "-" if row["share"] is None else f"{row['share']:.0%}",
            "variance": figure("value"),
            held: lambda row: span(row["low"], row["high"]),
            "p": lambda row: probability(row["p"]),
            "note": lambda row: row["note"],
        }
        yield table(f"variance of {measure} over runs, by source", some, columns)


def _family(rows: Sequence[Row], condition: Cell, registered: bool) -> Iterator[Table]:
    def of(row: Row) -> str:
        if row["test"] == "ablation":
            return f"b2, {name_of_contrast(row)}"
        return condition(row)

    title = (
        "the tests of the curve together, each p after Holm's correction for all of them (one that "
        "cannot be made counts too)"
    )
    yield table(
        title + ("" if registered else "; exploratory: no hypothesis is about the curve"),
        rows,
        {
            "test": lambda row: row["test"],
            "of": of,
            "found": lambda row: row["found"] or "-",
            "p": lambda row: probability(row["p"]),
            "Holm p": lambda row: probability(row["adjusted"]),
            "holds": lambda row: {True: "yes", False: "no", None: "cannot tell"}[row["holds"]],
        },
        ("found",),
    )


def _key(row: Row) -> str:
    return json.dumps(row, sort_keys=True)
