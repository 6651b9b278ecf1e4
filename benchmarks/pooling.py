"""What sharing slots among replicates brings when some replies take much longer than others.

A step waits for its slowest call. One replicate alone leaves most slots idle meanwhile; in an
experiment the calls of other replicates take them. The local test server, a process of its own,
draws latencies (lognormal, mean 200 ms, sigma 1). *Ideal* is the sum of all latencies that it
drew over the number of slots. The target is at most 1.25 times that, by the direct client. A
replicate is a day. What comes on top is mostly the end: who waited for a call of five seconds
makes the last steps with most slots idle, which counts the less the longer replicates are.

    python benchmarks/pooling.py                 # pooled and one after the other: eleven minutes
    python benchmarks/pooling.py --pooled-only   # two minutes
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from econsim_mesa import EconModel
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.mock import Latency, MockServer, Settings
from econsim_mesa.runs.recorder import Recorder

LATENCY = Latency("lognormal", 0.2, 1.0)
SLOTS, STEPS, REPLICATES = 64, 24, 20
CLIENTS = ("direct", "langchain")


def design_of(folder: Path, client: str, replicates: int, steps: int) -> Design:
    """Return the experiment: one condition, the case study decided by a language model."""
    data = {
        "format": 1,
        "name": "pooling",
        "title": "Replicates of one condition",
        "scenario": "pizza_place",
        "set": {
            "decider": "llm",
            "steps": steps,
            "llm.model": "mock",
            "llm.client": client,
            "llm.max_concurrency": SLOTS,
        },
        "replicates": replicates,
        "plan": {"outcome": {"store": "Pizza Place", "item": "Pizza"}, "keyword": "pizza"},
    }
    path = folder / "pooling.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return load_design(path)


def pooled(design: Design, folder: Path, url: str) -> None:
    """Make all replicates as an experiment does, by one pool of slots."""
    report = run_experiment(design, folder, operations={"base_url": url})
    if report.unfinished:
        raise SystemExit(f"not finished: {report.unfinished}")


def one_by_one(design: Design, folder: Path, url: str) -> None:
    """Make the same replicates one after the other, each with all slots for itself."""
    for seed in design.experiment.seeds:
        model = EconModel(design.scenarios[0], seed=seed, set={"llm.base_url": url})
        Recorder.begin(model, folder / f"{seed}")
        model.run_model()


def measure(
    way: Callable[[Design, Path, str], None], client: str, replicates: int, steps: int
) -> dict[str, Any]:
    """Return wall seconds, the ideal, their ratio, the most calls in flight and CPU a call.

    CPU is all that this process used: calls, models, records and the sealing of each run.
    """
    settings = Settings(latency=LATENCY)
    with (
        tempfile.TemporaryDirectory() as folder,
        MockServer(settings, process=True) as server,
    ):
        design = design_of(Path(folder), client, replicates, steps)
        began, used = time.perf_counter(), time.process_time()
        way(design, Path(folder) / "out", server.base_url)
        wall, used = time.perf_counter() - began, time.process_time() - used
        stats = server.stats()
    ideal = stats["latency_drawn"] / SLOTS
    return {
        "wall": wall,
        "ideal": ideal,
        "ratio": wall / ideal,
        "calls": stats["requests"],
        "cpu_ms_a_call": 1000 * used / stats["requests"],
        "most_in_flight": stats["most_in_flight"],
    }


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--replicates", type=int, default=REPLICATES)
    parser.add_argument("--steps", type=int, default=STEPS, help="steps of each replicate")
    parser.add_argument("--pooled-only", action="store_true", help="not one after the other")
    parser.add_argument("--json", action="store_true", help="JSON on stdout, alone")
    chosen = parser.parse_args()
    rows = {}
    for client in CLIENTS:
        rows[f"pooled, {client}"] = measure(pooled, client, chosen.replicates, chosen.steps)
    if not chosen.pooled_only:
        alone = measure(one_by_one, "direct", chosen.replicates, chosen.steps)
        rows["one after the other, direct"] = alone
    if chosen.json:
        print(json.dumps({"slots": SLOTS, "rows": rows}, indent=2))
        return 0
    print(
        f"{chosen.replicates} replicates x {chosen.steps} steps, {SLOTS} slots, lognormal latency"
    )
    heads = f"{'wall s':>8}{'ideal s':>9}{'ratio':>7}{'most in flight':>16}{'CPU ms a call':>15}"
    print(f"{'':<30}{heads}")
    for name, row in rows.items():
        print(
            f"{name:<30}{row['wall']:>8.1f}{row['ideal']:>9.1f}{row['ratio']:>7.2f}"
            f"{row['most_in_flight']:>16}{row['cpu_ms_a_call']:>15.2f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
