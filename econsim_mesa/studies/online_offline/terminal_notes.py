"""What has to be said beside the tables of the study: voids, what is left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from rich.text import Text

from econsim_mesa.cli.tables import Row, note
from econsim_mesa.experiment.pairs import name_of_contrast
from econsim_mesa.numbers import significant

Name = Callable[[Row], str]
"""Returns what names the condition of a row."""
Tables = Mapping[str, Sequence[Row]]
_FEW = 2
"""Curves that are named each."""


def notes(tables: Tables, condition: Name, most: int) -> Iterator[Text]:
    """Yield in words: voids, stock-outs, columns dropped, power, and what cannot be identified.

    ``condition`` names that of a row; of more than ``most`` of them each is not told.
    """
    for void in dict.fromkeys(row["void"] for row in tables["dispersion"] if row["void"]):
        yield note("void", void)
    placebo = [row for row in tables["curves"] if row["role"] == "placebo" and _is_found(row)]
    if placebo:
        where = ", ".join(f"{row['verdict']} in {condition(row)}" for row in placebo)
        why = "talk and sales that the study leaves alone go together too; a slope says little"
        yield note("placebo", f"{where}: {why}")
    primary = [row for row in tables["curves"] if row["role"] == "primary"]
    empty = [row for row in primary if row["stock_out_days"]]
    for row in empty if len(empty) <= most else ():
        days = f"{row['stock_out_days']} of {row['run_days']} run-days"
        yield note("sold out", f"{condition(row)}: {days}")
    if len(empty) > most:
        yield note("sold out", f"on some days in {_times(len(empty))}")
    held = Counter(row["controls"] for row in primary if row.get("controls"))
    for names, times in held.items():
        yield note(
            "held",
            f"{names}: fixed in curves, since runs differ in it on one day, and not in differences "
            f"between the sides of a contrast ({_times(times)})",
        )
    for words, times in Counter(map(_dropped, tables["aliased"])).items():
        yield note("dropped", f"{words} ({_times(times)})")
    if len(primary) <= most:
        yield from _powers(tables["power"], condition)
    yield from _unknown(tables, condition, len(primary))


def _powers(rows: Sequence[Row], condition: Name) -> Iterator[Text]:
    """Yield a line a condition: how high an inverted U would be found how often."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(condition(row), []).append(row)
    for name, some in found.items():
        rates = " and ".join(
            f"{significant(row['height'])} high at a rate of {row['rate']:.2f} "
            f"({row['low']:.2f} to {row['high']:.2f})"
            for row in some
        )
        size = f"{some[0]['runs']} runs x {some[0]['days']} days at the x observed"
        yield note("power", f"{name}, {size}: a simulated inverted U is found {rates}")


def _dropped(row: Row) -> str:
    """Return why a column is no part of the design, and why that is no loss."""
    name, parts = row["column"], [part for part in (row["of"] or "").split(", ") if part]
    if row["of"] is None:
        return str(row["reads"])
    if not parts:
        return f"{name}: it is always 0, so that there is nothing to hold fixed"
    if parts == ["constant"]:
        return f"{name}: it never changes, so that there is nothing to hold fixed"
    if all(part == "constant" or part.startswith("day ") for part in parts):
        same = "it is the same in all runs of a day, so that the effects of day hold it fixed"
        return f"{name}: {same}; nothing is lost"
    return f"{name}: the effects of run and day hold it fixed already; nothing is lost"


def _unknown(tables: Tables, condition: Name, conditions: int) -> Iterator[Text]:
    """Yield a line a reason: the same want of runs stops many a test."""
    contrasts = {name_of_contrast(row) for row in tables["ablations"]}
    whats: dict[str, dict[str, None]] = {}
    where: dict[str, dict[str, None]] = {}
    for row in tables["cannot_identify"]:
        reason = row["why"].rpartition(": ")[2]
        whats.setdefault(reason, {})[row["what"]] = None
        name = name_of_contrast(row) if "contrast" in row else condition(row)
        where.setdefault(reason, {})[name] = None
    for reason, some in whats.items():
        names = where[reason]
        every = len(contrasts) if names.keys() <= contrasts else conditions
        told = f" (in {', '.join(names)})" if len(names) < every and all(names) else ""
        yield note("unknown", f"{', '.join(_folded(some))}{told}: {reason}")


def _folded(whats: Collection[str]) -> list[str]:
    """Return what cannot be told, many curves as one word."""
    curves = [what for what in whats if what.startswith("curve of ")]
    others = [what for what in whats if what not in curves]
    return [f"{len(curves)} curves", *others] if len(curves) > _FEW else list(whats)


def _is_found(row: Row) -> bool:
    return row["verdict"] not in (None, "inconclusive")


def _times(times: int) -> str:
    return f"{times} condition{'s' * (times != 1)}"
