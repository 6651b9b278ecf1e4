"""Claim 3: that the pattern was reproduced, by a model, and by no rival explanation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from econsim_mesa.evidence.claim import Claim, Status, Test, earlier, status_of
from econsim_mesa.experiment.coefficients import ABLATIONS
from econsim_mesa.experiment.conditions import is_within
from econsim_mesa.experiment.folder import TABLES
from econsim_mesa.experiment.load import Design, condition_columns
from econsim_mesa.experiment.types import AnalysisPlan, Rival, Settings
from econsim_mesa.runs.folders import PLAN
from econsim_mesa.scenario.decider_traits import decides_by_model, traits_of

Row = Mapping[str, Any]
Tables = Mapping[str, Sequence[Row]]

TITLE = "The published pattern was reproduced"
NO_ABLATION = "no ablation attached"
ABSENT = "not run"
HOLM = "after correction for several tests (Holm)"
BEND = "the bend goes with the ablation (difference in b2)"
LEAST_CONFIDENCE = 0.95
"""A plan may be read with less, since all its verdicts follow it; a claim may not."""
PATTERNS = ("inverted U", "rise at the centre", "spread of sentiment rises")
"""Fixed beforehand: what the full model is to show, and each rival to lack at least one of."""


def pattern_reproduced(design: Design | None, tables: Tables, ran: Claim) -> Claim:
    """Return claim 3; ``ran`` is claim 1, without which nothing is reproduced.

    A single run has no design, and shows no pattern.
    """
    if design is None:
        test = Test("ablation", "attached", NO_ABLATION, None, "scenario.json")
        words = f"A single run shows no pattern: {NO_ABLATION}."
        return Claim(3, TITLE, "open", words, (test,))
    plan = design.experiment.plan
    full = _conditions(design, plan.full)
    tests = [earlier(ran)]
    if plan.confidence < LEAST_CONFIDENCE:
        sure = f"{plan.confidence:g}"
        tests.append(
            Test("confidence of the plan", f"at least {LEAST_CONFIDENCE}", sure, False, PLAN)
        )
    for row in full:
        tests += _of_model(plan, tables, row, _label(row, full))
    tests += _rivals(design, tables)
    status: Status = status_of(tests) if full else "open"
    return Claim(3, TITLE, status, _words(status, tests), tuple(tests))


def _of_model(plan: AnalysisPlan, tables: Tables, row: Row, label: str) -> Iterator[Test]:
    """Yield the tests of a condition of the full model, which ``row`` names."""
    deciders = _deciders(tables, row)
    own = bool(deciders) and all(decides_by_model(traits_of(name)) for name in deciders)
    yield Test(f"{label}households decided by a language model", "llm",
               ", ".join(deciders) or None, own, TABLES)  # fmt: skip
    for name, pattern in _patterns(tables, row).items():
        yield Test(f"{label}{name}", "yes", pattern.value, pattern.holds, TABLES)
    if plan.ablation is None:
        yield Test(f"{label}ablation", "attached", NO_ABLATION, None, PLAN)
        return
    ablations = [
        ablation
        for ablation in tables.get(ABLATIONS, ())
        if (ablation["contrast"], ablation["measure"]) == (plan.ablation, "b2")
        and _same(ablation, row, ("llm.model",))
    ]
    for ablation in ablations or [{"low": None, "high": None, "difference": None}]:
        low, high = ablation["low"], ablation["high"]
        holds = None if low is None or high is None else high < 0
        shown = _interval(ablation["difference"], low, high)
        yield Test(f"{label}{BEND}", "interval below 0", shown, holds, TABLES)
    for one in tables.get("family", ()):
        if one["test"] in ("inverted U", "ablation") and _same(one, row):
            name = f"{label}{one['test']} {HOLM}"
            yield Test(name, "holds", one["adjusted"], one["holds"], TABLES)


def _deciders(tables: Tables, row: Row) -> list[str]:
    """Return who decided in a condition; where the decider is varied, its column names both."""
    keys = [key for key in row if key != "decider" or "arm" not in row]
    return [one["decider"] for one in tables.get("decisions", ()) if _same(one, row, keys)]


class Found(NamedTuple):
    """What was found of a pattern in a condition; ``holds`` None: it cannot be told."""

    value: str | None = None
    holds: bool | None = None


def _patterns(tables: Tables, row: Row) -> dict[str, Found]:
    """Return what was found of each pattern in the condition that a row names."""
    curve = _first(tables, "curves", row, role="primary")
    spread = _first(tables, "dispersion", row, measure="variance")
    bent = rise = spreads = Found()
    if curve is not None and not curve.get("why"):
        bent = Found(curve["verdict"], curve["verdict"] == "inverted U")
        rise = _positive(curve, "b1")
    if spread is not None:
        spreads = Found("void") if spread["void"] else _positive(spread, "slope")
    return dict(zip(PATTERNS, (bent, rise, spreads), strict=True))


def _first(tables: Tables, name: str, row: Row, **keys: str) -> Row | None:
    """Return the first row of a table about a condition that has these entries."""
    return next(
        (one for one in tables.get(name, ()) if _same(one, row) and keys.items() <= one.items()),
        None,
    )


def _positive(row: Row, name: str) -> Found:
    low = row[f"{name}_low"]
    held = _interval(row[name], low, row[f"{name}_high"])
    return Found(held, None if low is None else low > 0)


def _rivals(design: Design, tables: Tables) -> Iterator[Test]:
    """Yield for each rival explanation whether it lacks a pattern; none may be missing."""
    nulls = design.experiment.plan.nulls
    for rival in get_args(Rival):
        rows = _conditions(design, nulls[rival]) if rival in nulls else []
        if not rows:
            yield Test(f"rival: {rival}", "run", ABSENT, None, PLAN)
        for row in rows:
            found = _patterns(tables, row)
            lacks = [name for name, one in found.items() if one.holds is False]
            unknown = any(one.holds is None for one in found.values())
            value = f"lacks {', '.join(lacks)}" if lacks else "lacks none that could be tested"
            holds = True if lacks else (None if unknown else False)
            yield Test(f"rival: {rival}", "lacks a pattern", value, holds, TABLES)


def _conditions(design: Design, settings: Settings) -> list[Row]:
    """Return what names, in tables, each condition that has these settings."""
    return [
        condition_columns(design, condition)
        for condition in design.conditions
        if is_within(condition.levels, settings)
    ]


def _same(one: Row, row: Row, keys: Sequence[str] = ()) -> bool:
    """Whether two rows agree in what names the condition, as far as both have it."""
    return all(one[key] == row[key] for key in (keys or row) if key in row and key in one)


def _label(row: Row, full: Sequence[Row]) -> str:
    """Return what tells a full condition from the others, for the front of its tests."""
    differing = [key for key in row if any(other.get(key) != row[key] for other in full)]
    return f"{', '.join(str(row[key]) for key in differing)}: " if differing else ""


def _interval(value: float | None, low: float | None, high: float | None) -> str | None:
    if value is None:
        return None
    held = "no interval" if low is None or high is None else f"[{low:.4g}, {high:.4g}]"
    return f"{value:.4g} {held}"


def _words(status: Status, tests: Sequence[Test]) -> str:
    if status == "supported":
        return (
            "Every model shows the pattern, it goes with the ablation, and no rival explanation "
            "shows it. It is a pattern of these simulations, not of a real place."
        )
    failed = [test.test for test in tests if test.holds is False and HOLM not in test.test]
    rivals = [test for test in tests if test.test.startswith("rival: ")]
    absent = sum(test.value == ABSENT for test in rivals)
    others = [test.test for test in tests if test.holds is None and test not in rivals]
    told = ["Nothing speaks against it yet."]
    if status == "not supported":
        told = [f"It fails at: {'; '.join(failed) or HOLM}.", "Not shown is not disproved."]
    if others:
        told.append(f"Not to be told from these runs: {'; '.join(others)}.")
    if absent:
        told.append(f"Rival explanations that were not run: {absent} of {len(rivals)}.")
    return " ".join(told)
