"""Run every bundled experiment with two replicates and check that it prints its tables.

``python tests/run_experiments.py`` makes all runs of those by the embedded decider at full size,
of which the screening alone has 1,056; those that name a language model run against the local test
server, in a smaller town. Prints the seconds of each. Exit code 0 only if every experiment ends
whole, its tables are there and fit into 100 columns, and a second call makes no run anew. As many
go on at once as there are cores, each in one process. The screening needs the extra sensitivity
and is left out without it. ``--only NAME`` runs some, ``--quick`` all of them in small towns.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.cli import main as econsim_main
from econsim_mesa.experiment import bundled
from econsim_mesa.mock import MockServer

SMALL = ["--set", "set.agents.Household.count=6"]
FEW_STEPS = {"dose": 48, "interventions": 60, "loop": 60, "sensitivity": 12}
"""Steps in small: past the warm-up days, and past the day of an event."""
CALLING = {
    "pizza_place_llm": ["--set", "set.steps=36", *SMALL],
    "robustness": ["--set", "set.steps=4", *SMALL],
}
"""Against the test server."""
FEWER_POINTS = [
    *("--set", "screening.trajectories=2"),
    *("--set", 'screening.parameters=["choice.go.crowd.value", "choice.meal"]'),
]
TABLES = ("runs", "conditions", "contrasts", "hypotheses", "decisions")


class Told(NamedTuple):
    """What a command did: its exit code, and what it printed."""

    code: int
    out: str
    err: str


class Ended(NamedTuple):
    """How an experiment went, in a line, and whether all was well."""

    line: str
    sound: bool


def main() -> int:
    """Run the experiments asked for; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[], choices=list(bundled()))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    names = [name for name in bundled() if name in (options.only or bundled())]
    begin, faults = time.monotonic(), 0
    with (
        tempfile.TemporaryDirectory(prefix="econsim-experiments-") as folder,
        MockServer(window=0.0) as server,
        ProcessPoolExecutor(mp_context=get_context("spawn")) as pool,
    ):
        begun = []
        for name in names:
            if name == "sensitivity" and importlib.util.find_spec("SALib") is None:
                print(f"{name:20} skipped: SALib is not installed")
                continue
            words = arguments(name, server.base_url, quick=options.quick)
            begun.append(pool.submit(run, name, words, Path(folder) / name))
        for one in begun:
            ended = one.result()
            print(ended.line, flush=True)
            faults += not ended.sound
    print(f"{len(names)} experiments, {faults} faulty, {time.monotonic() - begin:.0f} s")
    return int(faults > 0)


def arguments(name: str, base_url: str, *, quick: bool) -> list[str]:
    """Return the words after ``econsim experiment NAME``."""
    words = ["--set", "replicates=2"]
    if name in CALLING:
        words += [*CALLING[name], "--base-url", base_url, "--set", "set.llm.client=direct"]
        return [*words, "--set", "replicates=1"] if quick else words
    if quick:
        words += ["--set", f"set.steps={FEW_STEPS.get(name, 36)}", *SMALL]
    return [*words, *FEWER_POINTS] if quick and name == "sensitivity" else words


def run(name: str, words: list[str], out: Path) -> Ended:
    """Run one experiment, its tables in words, and call it once more for them as JSON."""
    begin = time.monotonic()
    shown = econsim(name, [*words, "--out", str(out)])
    seconds = time.monotonic() - begin
    made = stamps(out)
    again = econsim(name, [*words, "--out", str(out), "--json"])
    told: dict[str, Any] = json.loads(again.out) if again.code == 0 else {}
    missing = [one for one in TABLES if one not in told.get("tables", {})]
    text = shown.out.partition("\nfolder ")[0]  # a path may be longer
    wide = [line for line in text.splitlines() if len(line) > 100]
    problems = {
        f"exit code {shown.code}: {shown.err[-500:]}": shown.code != 0,
        f"exit code {again.code} at the second call": again.code != 0,
        f"no tables {missing}": bool(missing),
        "unfinished runs": bool(told.get("unfinished", True)),
        "the second call made runs anew": stamps(out) != made,
        f"{len(wide)} lines over 100 columns, such as {wide[:1]}": bool(wide),
    }
    found = [problem for problem, holds in problems.items() if holds]
    runs = told.get("runs", {}).get("finished", 0)
    line = f"{name:20} {runs:5} runs {seconds:6.1f} s  {'; '.join(found) or 'ok'}"
    return Ended(line, not found)


def stamps(out: Path) -> dict[Path, int]:
    """Return when each run was written last."""
    return {path: path.stat().st_mtime_ns for path in out.glob("runs/*/run.sqlite")}


def econsim(name: str, words: list[str]) -> Told:
    """Carry out ``econsim experiment`` in this process, for a terminal of 100 columns."""
    os.environ["COLUMNS"] = "100"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = econsim_main(["experiment", name, "--workers", "0", *words])
    return Told(code, out.getvalue(), err.getvalue())


if __name__ == "__main__":
    sys.exit(main())
