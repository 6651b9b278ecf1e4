"""The statistics of an experiment for people: a line a condition, and what is not known said."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from econsim_mesa.cli.experiment_responses import name_of_contrast

if TYPE_CHECKING:
    from econsim_mesa.experiment import Design

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]
Cell = Callable[[Row], str]


def statistics_shown(design: Design, tables: Tables, label: Callable[[Row], str]) -> Iterator[Any]:
    """Yield what is printed of the statistics, in order; tables without a row are left out.

    ``label`` gives a condition's levels in words.
    """
    from econsim_mesa.experiment.statistics import named

    words = {_key(named(design, one)): label(one.levels) for one in design.conditions}
    naming = list(named(design, design.conditions[0])) if design.conditions else []

    def condition(row: Row) -> str:
        return words.get(_key({key: row.get(key) for key in naming}), "")

    primary = [row for row in tables["curves"] if row["role"] == "primary"]
    if any(row["verdict"] for row in primary):
        yield from _curves(primary, condition, _model(design))
        yield from _other_methods(tables, condition)
        yield from _other_questions(tables["curves"], condition)
        yield from _lags(tables["lags"], condition)
    yield from _published(tables["published"], condition)
    yield from _dispersion(tables["dispersion"], condition)
    yield from _ablations(tables["ablations"])
    yield from _variance(tables["variance"], naming)
    yield from _family(tables["family"], condition)
    yield from _notes(tables, condition)


def _model(design: Design) -> str:
    from econsim_mesa.experiment.tables import primary

    plan = design.experiment.plan
    posts = "posts of scripted accounts" if plan.x == "scripted" else f"posts {plan.keyword or ''}"
    return f"{primary(plan)} a day over {posts.strip()} a day"


def _curves(rows: Sequence[Row], condition: Cell, what: str) -> Iterator[Table]:
    yield _table(
        f"{what}: b1 (x - c) + b2 (x - c)^2, effects of run and day, errors clustered by run",
        rows,
        {
            "condition": condition,
            "verdict": lambda row: row["verdict"] or "cannot tell",
            "b2": _of("b2"),
            "95 % interval": _between("b2"),
            "p": lambda row: probability(row["b2_p"]),
            "wild p": lambda row: probability(row["p_wild"]),
            "runs": lambda row: f"{row['runs']}",
            "run-days": lambda row: f"{row['run_days']}",
        },
    )
    yield _table(
        "its parts: slope at the 5th and 95th percentile of x with one-sided p, turning point "
        "(Fieller), share of run-days on each side",
        [row for row in rows if row["verdict"]],
        {
            "condition": condition,
            "b1": _of("b1"),
            "rise (p)": lambda row: f"{number(row['slope_low'])} ({probability(row['p_rise'])})",
            "fall (p)": lambda row: f"{number(row['slope_high'])} ({probability(row['p_fall'])})",
            "turns at": _of("turning_point"),
            "interval": lambda row: (
                f"{number(row['turning_low'])} to {number(row['turning_high'])}"
                if row["turning_low"] is not None
                else "no bounds"
            ),
            "left, right": lambda row: f"{row['share_left']:.2f}, {row['share_right']:.2f}",
        },
    )


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

    yield _table(
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
        "same-day buyers, by others: exploratory; a placebo must show nothing"
    )
    yield _table(title, lines, columns)


def _lags(rows: Sequence[Row], condition: Cell) -> Iterator[Table]:
    """Yield slopes on x of days before (negative: after)."""
    found: dict[str, dict[int, str]] = {}
    for row in rows:
        star = "*" if row["slope_p"] is not None and row["slope_p"] < 0.05 else ""
        found.setdefault(condition(row), {})[row["days"]] = f"{number(row['slope'])}{star}"
    columns: dict[str, Cell] = {"condition": lambda row: row["condition"]}
    for days in sorted({row["days"] for row in rows}):
        name = f"{days:+d}" if days else "same day"
        columns[name] = lambda row, days=days: row[days]  # type: ignore[misc]
    lines = [{"condition": label, **slopes} for label, slopes in found.items()]
    title = "slope of y on x so many days before (-: after; * p < .05): what follows what"
    yield _table(title, lines, columns)


def _published(rows: Sequence[Row], condition: Cell) -> Iterator[Table]:
    if any(row["linear"] is not None or row["correlation"] is not None for row in rows):
        yield _table(
            "as the paper computes it, not to conclude from: pooled, z-scored, no effect of run, "
            "days without a sale dropped, occurrences of the word in all posts",
            rows,
            {
                "condition": condition,
                "linear (p)": lambda row: _with_p(row["linear"], row["p_linear"]),
                "quadratic (p)": lambda row: _with_p(row["quadratic"], row["p_quadratic"]),
                "R2": _of("r_squared"),
                "days (dropped)": lambda row: f"{row['run_days']} ({row['dropped']})",
                "r of volume\nand spread (p)": lambda row: _with_p(
                    row["correlation"], row["p_correlation"]
                ),
            },
        )


def _dispersion(rows: Sequence[Row], condition: Cell) -> Iterator[Table]:
    if all(row["void"] for row in rows):  # a note says so
        return
    yield _table(
        "spread of sentiment per post a day, weights n - 1, effects of run, days with 5 posts",
        rows,
        {
            "condition": condition,
            "measure": lambda row: row["measure"],
            "verdict": lambda row: row["verdict"],
            "slope": lambda row: "void" if row["void"] else number(row["slope"]),
            "95 % interval": lambda row: "-" if row["void"] else _between("slope")(row),
            "p": lambda row: "-" if row["void"] else probability(row["slope_p"]),
            "run-days (thin)": lambda row: f"{row['run_days']} ({row['thin']})",
        },
    )


def _ablations(rows: Sequence[Row]) -> Iterator[Table]:
    """Yield the differences of coefficients between the sides of contrasts."""
    told = [row for row in rows if row["difference"] is not None]
    yield _table(
        "differences between the sides of a contrast, same seeds: interval and p by bootstrap over "
        "pairs, p by jackknife",
        told,
        {
            "contrast": name_of_contrast,
            "of": lambda row: row["measure"],
            "difference": _of("difference"),
            "95 % interval": lambda row: _range(row["low"], row["high"]),
            "boot p": lambda row: probability(row["p_bootstrap"]),
            "jack p": lambda row: probability(row["p"]),
            "a": _of("first"),
            "b": _of("second"),
            "pairs": lambda row: f"{row['pairs']}",
        },
    )


def _variance(rows: Sequence[Row], naming: Sequence[str]) -> Iterator[Table]:
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
            "variance": _of("value"),
            "95 % interval": lambda row: _range(row["low"], row["high"]),
            "p": lambda row: probability(row["p"]),
            "note": lambda row: row["note"],
        }
        yield _table(f"variance of {measure} over runs, by source", some, columns)


def _family(rows: Sequence[Row], condition: Cell) -> Iterator[Table]:
    def of(row: Row) -> str:
        if row["test"] == "ablation":
            return f"b2, {name_of_contrast(row)}"
        return condition(row)

    yield _table(
        "the primary tests together: Holm's correction (a test that cannot be made counts too)",
        rows,
        {
            "test": lambda row: row["test"],
            "of": of,
            "p": lambda row: probability(row["p"]),
            "Holm p": lambda row: probability(row["adjusted"]),
            "holds": lambda row: {True: "yes", False: "no", None: "cannot tell"}[row["holds"]],
        },
    )


def _notes(tables: Tables, condition: Cell) -> Iterator[Text]:
    """Yield in words: voids, stock-outs, columns dropped, power, and what cannot be identified."""
    for void in dict.fromkeys(row["void"] for row in tables["dispersion"] if row["void"]):
        yield _note("void", void)
    for row in tables["curves"]:
        if row["role"] == "primary" and row["stock_out_days"]:
            days = f"{row['stock_out_days']} of {row['run_days']} run-days"
            yield _note("sold out", f"{condition(row)}: {days}")
    dropped = Counter(
        f"{row['column']}: a combination of "
        + ("effects of day" if "day " in row["of"] else row["of"] or "nothing")
        for row in tables["aliased"]
    )
    for words, times in dropped.items():
        yield _note("dropped", f"{words} ({_times(times)})")
    for row in tables["power"]:
        rate = f"{row['rate']:.2f} ({row['low']:.2f} to {row['high']:.2f})"
        size = f"{row['runs']} runs x {row['days']} days"
        yield _note("power", f"{size}, a simulated {row['truth']}: found at a rate of {rate}")
    missing: dict[str, dict[str, None]] = {}
    for row in tables["cannot_identify"]:  # the same want of runs stops many a test
        reason = row["why"].rpartition(": ")[2]
        missing.setdefault(reason, {})[row["what"]] = None
    for reason, whats in missing.items():
        yield _note("unknown", f"{', '.join(whats)}: {reason}")


def _times(times: int) -> str:
    return f"{times} condition{'s' * (times != 1)}"


def _table(title: str, rows: Sequence[Row], columns: Mapping[str, Cell]) -> Table:
    """Return a table: the first column and words to the left, numbers to the right."""
    shown = Table(
        title=title, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False, padding=(0, 1)
    )
    if not rows:
        return Table(show_header=False, box=None)
    left = (
        "condition",
        "contrast",
        "verdict",
        "two lines",
        "test",
        "of",
        "measure",
        "source",
        "note",
    )
    for name in columns:
        left_side = name in left or name in _QUESTIONS.values()
        shown.add_column(
            name,
            justify="left" if left_side else "right",
            no_wrap=name not in left,
            overflow="fold",
        )
    for row in rows:
        shown.add_row(*(Text(cell(row)) for cell in columns.values()))
    return shown


def _note(name: str, words: str) -> Text:
    return Text(f"{name:<9}", style="bold").append(words, "not bold")


def _of(name: str) -> Cell:
    return lambda row: number(row[name])


def _between(name: str) -> Cell:
    return lambda row: _range(row[f"{name}_low"], row[f"{name}_high"])


def _range(low: float | None, high: float | None) -> str:
    return "-" if low is None or high is None else f"{number(low)} to {number(high)}"


def _with_p(value: float | None, p: float | None) -> str:
    return "-" if value is None else f"{number(value)} ({probability(p)})"


def number(value: float | None) -> str:
    """Return a number with three figures; "-" for None.

    >>> number(-0.034563), number(1234.5), number(None)
    ('-0.0346', '1,234', '-')
    """
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def probability(p: float | None) -> str:
    """Return a p-value.

    >>> probability(0.0123), probability(0.00001), probability(1.0), probability(None)
    ('.012', '<.001', '1', '-')
    """
    if p is None:
        return "-"
    if p < 0.001:
        return "<.001"
    return "1" if p >= 0.9995 else f"{p:.3f}".lstrip("0")


def _key(row: Row) -> str:
    return json.dumps(row, sort_keys=True)
