"""The tables of the study on the terminal: a line a condition, and what is not known said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table

from econsim_mesa.analysis.inference import alpha
from econsim_mesa.cli.study_tables import (
    condition_labels,
    differences_table,
    interval_column,
    titled,
)
from econsim_mesa.cli.tables import Column, Row, note, number_column, text_column
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.pairs import name_of_contrast
from econsim_mesa.experiment.study import Label
from econsim_mesa.experiment.tables import primary
from econsim_mesa.experiment.types import VERDICT
from econsim_mesa.numbers import interval, percent, probability, significant, with_probability
from econsim_mesa.studies.online_offline.terminal_notes import notes

Tables = Mapping[str, Sequence[Row]]
Name = Callable[[Row], str]
"""Returns what names the condition of a row."""
MOST_CONDITIONS = 16
"""Conditions above which their own lines would hide what the experiment asks."""


def terminal_tables(design: Design, tables: Tables, label: Label) -> Iterator[RenderableType]:
    """Yield what is printed of the study, in order; ``label`` gives levels in words."""
    condition = condition_labels(design, label)
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
        yield from _by_condition(design, tables, condition)
    yield differences_table(tables["ablations"], design.experiment.plan.confidence)
    yield _family(tables["family"], condition, _registered(design))
    yield from notes(tables, condition, MOST_CONDITIONS)


def _registered(design: Design) -> bool:
    """Whether a hypothesis is about the curve or the spread."""
    of_study = ("b1", "b2", "spread slope", VERDICT)
    return any(one.measure in of_study for one in design.experiment.hypotheses)


def _asks_curve(design: Design) -> bool:
    """Whether hypotheses or plan ask about the curve: a plan does by naming what it is to show."""
    plan = design.experiment.plan
    return _registered(design) or bool(plan.full or plan.nulls or plan.ablation)


def _by_condition(design: Design, tables: Tables, condition: Name) -> Iterator[Table]:
    """Yield the tables that have lines for each condition."""
    confidence = design.experiment.plan.confidence
    held = f"{percent(confidence)} interval"
    rows = [row for row in tables["curves"] if row["role"] == "primary"]
    if any(row["verdict"] for row in rows):
        what = _model(design) + ("" if _registered(design) else "; exploratory")
        yield _curves(rows, condition, what, held)
        known = [row for row in rows if row["verdict"]]
        yield _slopes(known, condition, held)
        yield _verdict_parts(known, condition)
        yield _other_methods(tables, condition)
        yield _other_questions(tables["curves"], condition)
        yield _lags(tables["lags"], condition, alpha(confidence))
    yield from _published(tables["published"], condition)
    yield from _dispersion(tables["dispersion"], condition, held)


def _model(design: Design) -> str:
    """Return y and x in words."""
    plan = design.experiment.plan
    posts = "posts of scripted accounts" if plan.x == "scripted" else f"posts {plan.keyword or ''}"
    return f"{primary(plan)} a day over {posts.strip()} a day"


def _curves(rows: Sequence[Row], condition: Name, what: str, held: str) -> Table:
    return titled(
        f"{what}: b1 (x - c) + b2 (x - c)^2, effects of run and day, errors by the jackknife over "
        "runs; beside it the p of b2 by clustered errors and by wild bootstrap (6 runs or more)",
        rows,
        [
            text_column("condition", condition),
            text_column("verdict", lambda row: row["verdict"] or "cannot tell"),
            number_column("b2"),
            interval_column(held, "b2"),
            number_column("p", "b2_p", probability),
            number_column("clustered", "b2_clustered_p", probability),
            number_column("wild", "p_wild", probability),
            number_column("runs", write=str),
            number_column("run-days", "run_days", str),
        ],
    )


def _slopes(rows: Sequence[Row], condition: Name, held: str) -> Table:
    return titled(
        "b1, the slope at c",
        rows,
        [
            text_column("condition", condition),
            number_column("c", "center"),
            number_column("b1"),
            interval_column(held, "b1"),
            number_column("p", "b1_p", probability),
            number_column("clustered", "b1_clustered_p", probability),
        ],
    )


def _verdict_parts(rows: Sequence[Row], condition: Name) -> Table:
    def slope(name: str, p: str) -> Callable[[Row], str]:
        return lambda row: f"{significant(row[name])} ({probability(row[p])})"

    def turning_interval(row: Row) -> str:
        low, high = row["turning_low"], row["turning_high"]
        return "no bounds" if low is None else interval(low, high)

    return titled(
        "parts of the verdict, by clustered errors: slope at the 5th and 95th percentile of x with "
        "one-sided p, turning point (Fieller), p of a line that falls beyond it, share of run-days "
        "on each side",
        rows,
        [
            text_column("condition", condition),
            Column("rise (p)", slope("slope_low", "p_rise")),
            Column("fall (p)", slope("slope_high", "p_fall")),
            number_column("turns at", "turning_point"),
            Column("interval", turning_interval),
            number_column("line", "p_line", probability),
            Column("sides", lambda row: f"{row['share_left']:.2f}, {row['share_right']:.2f}"),
        ],
    )


def _other_methods(tables: Tables, condition: Name) -> Table:
    """Return the same question by other methods, which have to agree."""
    lines = {condition(row): row for row in tables["two_lines"]}
    shuffled = {condition(row): row["p"] for row in tables["shuffled_days"]}
    shapes: dict[str, list[Row]] = {}
    for row in tables["shapes"]:
        shapes.setdefault(condition(row), []).append(row)

    def best(row: Row) -> str | None:
        some = shapes.get(condition(row))
        if not some:
            return None
        least = min(some, key=lambda shape: shape["error"])
        return f"{least['shape']} ({significant(least['error'])})"

    def two(row: Row) -> str | None:
        line = lines.get(condition(row))
        if line is None:
            return None
        slopes = ", ".join(
            f"{significant(line[side])} ({probability(line[f'{side}_p'])})"
            for side in ("first", "second")
        )
        return f"{line['verdict']}: {slopes}"

    return titled(
        "by other methods: two lines (slopes and p), runs that bend downward, b2 against shuffled "
        "days, shape that errs least on runs left out",
        tables["signs"],
        [
            text_column("condition", condition),
            text_column("two lines", two),
            Column("b2 < 0 in", lambda row: f"{row['below']} of {row['below'] + row['above']}"),
            number_column("shuffled p", lambda row: shuffled.get(condition(row)), probability),
            Column("least error", best),
        ],
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


def _other_questions(rows: Sequence[Row], condition: Name) -> Table:
    """Return the verdicts for other x and y; none of them was the primary question."""
    verdicts: dict[str, dict[str, str]] = {}
    for row in rows:
        key = (row["role"], row["x"] if row["role"] in ("secondary", "placebo") else "")
        if key in _QUESTIONS:
            verdict = _SHORT.get(row["verdict"]) or row["verdict"]
            verdicts.setdefault(condition(row), {})[_QUESTIONS[key]] = verdict
    asked = [name for name in _QUESTIONS.values() if any(name in one for one in verdicts.values())]
    columns = [Column(name, align="left", least=6) for name in asked]
    none = dict.fromkeys(asked)
    lines = [{"condition": name} | none | one for name, one in verdicts.items()]
    title = (
        "the same test of revenue, of days in stock, and of posts that do not name the store, by "
        "same-day buyers, by others: exploratory; a placebo must show no inverted U"
    )
    return titled(title, lines, [text_column("condition"), *columns])


def _lags(rows: Sequence[Row], condition: Name, level: float) -> Table:
    """Return slopes on x of days before (negative: after)."""
    slopes: dict[str, dict[str, str]] = {}
    for row in rows:
        starred = "*" if row["slope_p"] is not None and row["slope_p"] < level else ""
        cell = f"{significant(row['slope'])}{starred}"
        slopes.setdefault(condition(row), {})[_lag_name(row["days"])] = cell
    columns = [text_column("condition")]
    columns += [Column(_lag_name(days)) for days in sorted({row["days"] for row in rows})]
    star = f"* p < {level:g}".replace("0.", ".")
    title = (
        "slope of sales on posts so many days before, with posts of the same day held fixed "
        f"(-: after; {star}); exploratory"
    )
    return titled(title, [{"condition": name} | one for name, one in slopes.items()], columns)


def _lag_name(days: int) -> str:
    return f"{days:+d}" if days else "same day"


def _published(rows: Sequence[Row], condition: Name) -> Iterator[Table]:
    def correlation(row: Row) -> str:
        p = row["p_correlation"]
        return "void" if row["void"] else with_probability(row["correlation"], p)

    def days(row: Row) -> str | None:
        return None if row["run_days"] is None else f"{row['run_days']} ({row['dropped']})"

    if any(row["linear"] is not None or row["correlation"] is not None for row in rows):
        yield titled(
            "as the paper computes it, not to conclude from: pooled, z-scored, no effect of run, "
            "days without a sale dropped, occurrences of the word in all posts",
            rows,
            [
                text_column("condition", condition),
                Column("linear (p)", lambda row: with_probability(row["linear"], row["p_linear"])),
                Column(
                    "quadratic (p)",
                    lambda row: with_probability(row["quadratic"], row["p_quadratic"]),
                ),
                number_column("R2", "r_squared"),
                Column("days (dropped)", days),
                Column("r of volume\nand spread (p)", correlation),
            ],
        )


def _dispersion(rows: Sequence[Row], condition: Name, held: str) -> Iterator[Table]:
    if all(row["void"] for row in rows):  # a note says so
        return

    def unless_void(text: str, row: Row) -> str | None:
        return None if row["void"] else text

    yield titled(
        "spread of sentiment over authors, per post a day: weights n - 1, effects of run and day, "
        "days with 5 authors, a repeated text once",
        rows,
        [
            text_column("condition", condition),
            text_column("measure"),
            text_column("verdict"),
            Column("slope", lambda row: "void" if row["void"] else significant(row["slope"])),
            Column(
                held, lambda row: unless_void(interval(row["slope_low"], row["slope_high"]), row)
            ),
            Column("p", lambda row: unless_void(probability(row["slope_p"]), row)),
            Column("run-days (thin)", lambda row: f"{row['run_days']} ({row['thin']})"),
        ],
    )


def _family(rows: Sequence[Row], condition: Name, registered: bool) -> Table:
    def of(row: Row) -> str:
        return f"b2, {name_of_contrast(row)}" if row["test"] == "ablation" else condition(row)

    title = (
        "the tests of the curve together, each p after Holm's correction for all of them (one that "
        "cannot be made counts too)"
    )
    holds = {True: "yes", False: "no", None: "cannot tell"}
    return titled(
        title + ("" if registered else "; exploratory: no hypothesis is about the curve"),
        rows,
        [
            text_column("test"),
            text_column("of", of),
            Column("found", align="left", least=6),
            number_column("p", write=probability),
            number_column("Holm p", "adjusted", probability),
            Column("holds", lambda row: holds[row["holds"]]),
        ],
    )
