"""What a household-step costs: CPU, memory and disk of the engine, from 30 households up.

Everything is on: three domains, four stressors, memory, the embedded decider, the collector and
the SQLite store in a folder that is removed. Each town runs in a process of its own. Times are
CPU times of the process; of several runs the fastest counts, for other work on the machine can
only slow a run down. Beside it, in the same process: bare Mesa with one agent a household that
makes one king's move a step on a MultiGrid of the same size. Ratios hold on any machine; times
do not.

    python benchmarks/engine.py                        # the table
    python benchmarks/engine.py --json > new.json      # for compare.py
    python benchmarks/engine.py --profile 1000         # where the time goes, by function
"""

from __future__ import annotations

import argparse
import cProfile
import json
import math
import pstats
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import mesa
from sized_town import town

from econsim_mesa import EconModel, Scenario
from econsim_mesa.errors import EconSimError
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.society import collector, model

SIZES = {30: 120, 300: 96, 1_000: 48, 10_000: 24}
"""Households -> steps of one run: two active days or more."""
OTHER_STEPS = 48
"""Steps of a run with any other number: twice as many as households remember, so that what they
remember takes no more memory in the second half, of which the growth is told."""
EXPONENT_FROM = 300
"""Below it the cost of a step does not depend on its households."""
PHASES = ("observe", "decide", "resolve", "experience", "collect", "commit")


@dataclass(frozen=True)
class Result:
    """The figures of one town. Times are microseconds of CPU per household-step."""

    households: int
    steps: int
    total: float
    phases: dict[str, float]
    """A part of ``total`` each; ``other`` is what is left: events, records of decisions."""
    bare_mesa: float
    build_seconds: float
    memory_megabytes: float
    """Peak resident memory of the process, which Python and its libraries share."""
    growth_megabytes: float
    """By which that peak grows in a step of the second half of the first run."""
    disk_bytes: float
    """Per household-step."""


class PhaseClock:
    """Times the phases of the steps of one model by wrapping what each calls."""

    def __init__(self, simulated: EconModel) -> None:
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self._restore: list[tuple[Any, str, Any]] = []
        calls = {
            "observe": [(model, "observe")],
            "decide": [(simulated.scheduler, "decide")],
            "resolve": [(model, "resolve")],
            "experience": [(model, "experience")],
            "collect": [(model, "record_state"), (collector, "collect")],
            "commit": [(simulated.store, "commit")],
        }
        for phase, places in calls.items():
            for owner, name in places:
                self._wrap(phase, owner, name)

    def _wrap(self, phase: str, owner: Any, name: str) -> None:
        inner: Callable[..., Any] = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            begin = time.process_time()
            try:
                return inner(*args, **kwargs)
            finally:
                self.seconds[phase] += time.process_time() - begin

        self._restore.append((owner, name, inner))
        setattr(owner, name, timed)

    def stop(self) -> None:
        """Put everything back."""
        for owner, name, inner in self._restore:
            setattr(owner, name, inner)


class Walker(mesa.Agent):
    """An agent that makes one king's move a step."""

    def step(self) -> None:
        """Move to a neighbouring cell."""
        x, y = self.pos
        width, height = self.model.grid.width, self.model.grid.height
        dx, dy = divmod(self.model.random.randrange(9), 3)
        self.model.grid.move_agent(self, ((x + dx - 1) % width, (y + dy - 1) % height))


class BareMesa(mesa.Model):
    """As many agents on a grid of the same size as the engine, and nothing else."""

    def __init__(self, households: int, width: int, height: int) -> None:
        super().__init__(rng=1)
        self.grid = mesa.space.MultiGrid(width, height, torus=True)
        for walker in Walker.create_agents(self, households):
            cell = self.random.randrange(width), self.random.randrange(height)
            self.grid.place_agent(walker, cell)

    def step(self) -> None:
        """Let everyone move."""
        self.agents.do("step")


class Run(NamedTuple):
    """What one run of a town took."""

    seconds: dict[str, float]
    """CPU by phase, and in all: ``total``."""
    build_seconds: float
    growth_megabytes: float
    disk_bytes: float


def peak_megabytes() -> float:
    """Return the peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def simulate(households: int, steps: int, seed: int) -> Run:
    """Run a town once."""
    scenario = town(households, steps)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.process_time()
        simulated = _model(scenario, Path(folder) / "run", seed)
        built = time.process_time() - begin
        clock = PhaseClock(simulated)
        begin, peaks = time.process_time(), []
        while simulated.running:
            simulated.step()
            peaks.append(peak_megabytes())
        total = time.process_time() - begin
        clock.stop()
        size = (Path(folder) / "run" / "run.sqlite").stat().st_size
    seconds = clock.seconds | {"other": total - sum(clock.seconds.values()), "total": total}
    second_half = peaks[(len(peaks) - 1) // 2 : -1]  # the last step seals the run as well
    growth = (second_half[-1] - second_half[0]) / (len(second_half) - 1)
    return Run(seconds, built, growth, float(size))


def _model(scenario: Scenario, folder: Path, seed: int) -> EconModel:
    simulated = EconModel(scenario, seed=seed)
    Recorder.begin(simulated, folder)
    return simulated


def bare(households: int, steps: int) -> float:
    """Return microseconds of CPU per agent-step of bare Mesa."""
    grid = town(households, 1).grid
    walk = BareMesa(households, grid.width, grid.height)
    begin = time.process_time()
    for _ in range(steps):
        walk.step()
    return (time.process_time() - begin) * 1e6 / (households * steps)


def measure(households: int, steps: int, repeat: int, seed: int) -> Result:
    """Return the figures of one town, the fastest of several runs."""
    runs = [simulate(households, steps, seed) for _ in range(repeat)]
    fastest = min(runs, key=lambda run: run.seconds["total"])
    per_step = {phase: s * 1e6 / (households * steps) for phase, s in fastest.seconds.items()}
    return Result(
        households,
        steps,
        per_step.pop("total"),
        per_step,
        min(bare(households, steps) for _ in range(repeat)),
        fastest.build_seconds,
        peak_megabytes(),
        runs[0].growth_megabytes,
        fastest.disk_bytes / (households * steps),
    )


def exponent(results: Sequence[Result]) -> float:
    """Return the slope of log CPU per step on log households: 1 is proportional growth.

    NaN where fewer than two sizes count.
    """
    large = [one for one in results if one.households >= EXPONENT_FROM]
    x = [math.log(one.households) for one in large]
    y = [math.log(one.total * one.households) for one in large]
    return statistics.linear_regression(x, y).slope if len(set(x)) > 1 else math.nan


def show(results: Sequence[Result]) -> None:
    """Print the table."""
    names = (*PHASES, "other")
    print("CPU per household-step in microseconds, of it by phase")
    print(f"{'households':>10} {'steps':>6} {'total':>7}", *(f"{name:>10}" for name in names))
    for one in results:
        print(f"{one.households:>10,} {one.steps:>6} {one.total:>7.1f}",
              *(f"{one.phases[name]:>10.1f}" for name in names))  # fmt: skip
    print(
        f"\n{'households':>10} {'bare Mesa':>10} {'ratio':>6} {'build s':>8} {'memory MB':>10} "
        f"{'MB a step':>9} {'disk bytes per household-step':>30}"
    )
    for one in results:
        print(
            f"{one.households:>10,} {one.bare_mesa:>10.2f} {one.total / one.bare_mesa:>6.1f} "
            f"{one.build_seconds:>8.2f} {one.memory_megabytes:>10.0f} "
            f"{one.growth_megabytes:>9.2f} {one.disk_bytes:>30.0f}"
        )
    print(f"\ngrowth exponent from {EXPONENT_FROM} households on: {exponent(results):.3f}")


def profile(households: int, seed: int) -> None:
    """Print the functions in which one town spends most of its own time."""
    with tempfile.TemporaryDirectory() as folder:
        simulated = _model(
            town(households, SIZES.get(households, OTHER_STEPS)), Path(folder) / "run", seed
        )
        profiler = cProfile.Profile()
        profiler.enable()
        while simulated.running:
            simulated.step()
        profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark of each size and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--households", type=int, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--steps", type=int, help="steps of every run (default: by size)")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the fastest counts")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--profile", type=int, metavar="N", help="profile one town and stop")
    chosen = parser.parse_args(arguments)
    sizes = [chosen.profile] if chosen.profile else chosen.households
    if min(sizes) < 1 or chosen.repeat < 1 or (chosen.steps is not None and chosen.steps < 4):
        parser.error("give at least 1 household, 1 run and 4 steps")
    try:
        for households in sizes:
            town(households, chosen.steps or SIZES.get(households, OTHER_STEPS))
    except EconSimError as error:
        parser.error(str(error))
    if chosen.profile:
        profile(chosen.profile, chosen.seed)
        return 0
    results = []
    for households in chosen.households:
        steps = chosen.steps or SIZES.get(households, OTHER_STEPS)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
            task = alone.submit(measure, households, steps, chosen.repeat, chosen.seed)
            results.append(task.result())
        print(f"{households:,} households done", file=sys.stderr)
    if chosen.json:
        figures = {"exponent": exponent(results), "towns": [asdict(one) for one in results]}
        print(json.dumps(figures, indent=2))
    else:
        show(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
