"""What a step of language-model agents of a Mesa model costs: ours, and beside it mesa-llm's.

Each agent sees how far it has walked, remembers, and walks on by the one action that there is. The
local test server, a process of its own with a fixed latency, answers over real HTTP. *Ideal* is
ceil(agents / slots) x latency, with as many slots as calls may be in flight at once: 32 by default
of ours, of mesa-llm one for each agent. Ours are recorded on disk as well. mesa-llm is measured in
three ways: see ``others/mesa_llm_step.py``. All are measured in turn, several rounds of them:

    python benchmarks/toolkit.py                     # two minutes
    python benchmarks/toolkit.py --mesa-llm a/bin/python  # nine

In ``a`` (Python 3.12): ``pip install mesa-llm==0.3.2``.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import mesa
from llm import CLIENTS, LATENCY, WARM_UP, cpu, steps_of_other

from econsim_mesa.mock import Latency, MockServer, Settings
from econsim_mesa.toolkit import LlmAgents, Memory, record

CASES = ((30, 32), (100, 32), (100, 100))
"""Agents, and calls in flight at once: as by default, and all of them."""
WAYS = {"one_call": "one call", "react": "ReAct", "defaults": "ReAct, defaults"}
"""Ways of mesa-llm, and what they are called in the table."""


class Person(mesa.Agent):
    """Somebody who decides how far to walk."""

    steps_walked = 0

    def walk(self, steps: int) -> str:
        """Walk some steps."""
        self.steps_walked += steps
        return f"walked {steps} steps"


class Town(mesa.Model):
    """People who are asked once a step; wall and CPU seconds of each step are kept."""

    def __init__(
        self, n: int, slots: int, client: str, base_url: str, rng: int | None = None
    ) -> None:
        super().__init__(rng=rng)
        Person.create_agents(self, n)
        self.walls: list[float] = []
        self.cpus: list[float] = []
        self.minds = LlmAgents(
            self,
            task="You live in a town.",
            observe=lambda agent: {"steps walked": agent.steps_walked},
            actions=[Person.walk],
            most=1,
            memory=Memory(),
            llm={"model": "mock", "base_url": base_url, "client": client, "max_concurrency": slots},
        )

    def step(self) -> None:
        """Ask all."""
        wall, used = time.perf_counter(), cpu()
        self.minds.step(self.agents)
        self.walls.append(time.perf_counter() - wall)
        self.cpus.append(cpu() - used)


class Row(NamedTuple):
    """A row of the table: who is measured, and in which case."""

    who: str
    agents: int
    slots: int
    calls: int


Steps = tuple[list[float], list[float]]
"""Wall and CPU seconds of steps."""


def ours(agents: int, slots: int, client: str, url: str, steps: int) -> Steps:
    """Return what steps of recorded agents of ours take."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"n": agents, "slots": slots, "client": client, "base_url": url, "rng": 1}
        run = record(Town, Path(folder) / "run", steps=steps + WARM_UP, **given)
        town: Any = run.model
    return town.walls[WARM_UP:], town.cpus[WARM_UP:]


def server() -> MockServer:
    """Return a server that answers after the fixed latency."""
    return MockServer(Settings(latency=Latency(mean=LATENCY)), process=True)


def measure_round(steps: int, mesa_llm: str | None) -> dict[Row, Steps]:
    """Return what steps of all of them take, measured one after the other."""
    taken: dict[Row, Steps] = {}
    for agents, slots in CASES:
        for client in CLIENTS:
            with server() as answering:
                measured = ours(agents, slots, client, answering.base_url, steps)
            taken[Row(f"ours, {client}", agents, slots, 1)] = measured
    if mesa_llm is not None:
        for agents in dict.fromkeys(agents for agents, _ in CASES):
            for way, name in WAYS.items():
                with server() as answering:
                    url = answering.base_url
                    told = steps_of_other("mesa_llm", mesa_llm, url, agents, agents, steps, way)
                who = f"mesa-llm {told['version']}, {name}"
                taken[Row(who, agents, agents, told["calls"])] = told["walls"], told["cpus"]
    return taken


def spread(values: list[float], digits: int) -> str:
    """Return the median of values, and between what they lie."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=9, help="steps measured of each in a round")
    parser.add_argument("--rounds", type=int, default=3, help="how often all are measured")
    parser.add_argument("--mesa-llm", metavar="PYTHON", help="a Python that has mesa-llm")
    chosen = parser.parse_args()
    taken: dict[Row, Steps] = {}
    for number in range(chosen.rounds):
        for row, (walls, cpus) in measure_round(chosen.steps, chosen.mesa_llm).items():
            of_row = taken.setdefault(row, ([], []))
            of_row[0].extend(walls)
            of_row[1].extend(cpus)
        print(f"round {number + 1} of {chosen.rounds} done", file=sys.stderr, flush=True)
    print("| | Agents, slots | Calls in turn | Wall / ideal | CPU ms an agent-step |")
    print("| --- | --- | --- | --- | --- |")
    for row, (walls, cpus) in sorted(taken.items(), key=lambda of_row: of_row[0].agents):
        ideal = math.ceil(row.agents / row.slots) * LATENCY
        ratio = spread([wall / ideal for wall in walls], 2)
        used = spread([1000 * seconds / row.agents for seconds in cpus], 1)
        print(f"| {row.who} | {row.agents}, {row.slots} | {row.calls} | {ratio} | {used} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
