"""A small town whose households are language models, and the command line that runs it."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any, NamedTuple

from recorded import rows

from econsim_mesa.cli import main
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import Scenario, load_scenario

CANARY = "sk-Canary+7/Zq=9xW_kk-0418"
HOUSEHOLDS, STEPS = 6, 10
"""Of the small town: 60 decisions."""


class Told(NamedTuple):
    """What a command did: its exit code, and what it said."""

    code: int
    out: str
    err: str


def econsim(*words: object) -> Told:
    """Run a command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    return Told(code, out.getvalue(), err.getvalue())


def small(**changes: Any) -> Scenario:
    """Return ``pizza_place`` with six households and ten steps; ``__`` stands for a dot."""
    settings: dict[str, Any] = {"steps": STEPS, "agents.Household.count": HOUSEHOLDS}
    settings |= {name.replace("__", "."): value for name, value in changes.items()}
    return load_scenario("pizza_place", set=settings)


def asking(url: str, client: str = "direct", **changes: Any) -> Scenario:
    """Return the small town with a language model at ``url`` deciding for households."""
    llm = {"llm__model": "mock", "llm__base_url": url, "llm__client": client}
    return small(decider="llm", **{**llm, **changes})


def words_of(**changes: Any) -> list[str]:
    """Return the options of a command line that set dotted paths (``__`` for a dot)."""
    return [
        word
        for name, value in changes.items()
        for word in ("--set", f"{name.replace('__', '.')}={json.dumps(value)}")
    ]


def run_small(url: str, out: Path, *more: object, client: str = "direct", **changes: Any) -> Told:
    """Run the small town by the command line, decided by the server at ``url``."""
    settings = {"agents__Household__count": HOUSEHOLDS, "llm__client": client, **changes}
    return econsim(
        "run", "pizza_place", "--decider", "llm", "--base-url", url, "--model", "mock",
        "--steps", STEPS, "--out", out, *words_of(**settings), *more,
    )  # fmt: skip


def answered(folder: Path) -> list[tuple[Any, ...]]:
    """Return (step, agent, call) of all calls of a run that an answer was paid for."""
    return [row[:3] for row in rows(folder, "calls") if row[4] == "ok"]


def outcomes(folder: Path, begin: int = 0) -> dict[str, int]:
    """Return how many decisions of households from a step on had each outcome."""
    found = load_run(folder).decisions
    chosen = found[(found.kind == "Household") & (found.step >= begin)]
    return {str(name): int(count) for name, count in chosen.outcome.value_counts().items()}
