"""What a step of language-model agents of a Mesa model costs: ours, and beside it mesa-llm's.

Each agent of a bare model is asked once a step, over real HTTP, by the local test server with a
fixed latency in a process of its own. *Ideal* is ceil(agents / slots) x latency, with as many
slots as calls may be in flight at once: 32 by default, of mesa-llm one for each agent. Ours
remember, act
and are recorded on disk; those of mesa-llm reason (ReAct) at their best path: see
``others/mesa_llm_step.py``.

    python benchmarks/toolkit.py                     # a minute
    python benchmarks/toolkit.py --mesa-llm a/bin/python

In ``a`` (Python 3.12): ``pip install mesa-llm==0.3.2``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import mesa
from llm import CLIENTS, LATENCY, WARM_UP, cpu, other, times

from econsim_mesa.mock import Latency, MockServer, Settings
from econsim_mesa.toolkit import LlmAgents, Memory, record

CASES = ((30, 32), (100, 32), (100, 100))
"""Agents, and calls in flight at once: as by default, and all of them."""


class Person(mesa.Agent):
    """Somebody who decides what to do."""

    steps_walked = 0

    def walk(self, steps: int) -> None:
        """Walk some steps."""
        self.steps_walked += steps


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
            observe=lambda agent: f"You have walked {agent.steps_walked} steps.",
            actions=[Person.walk],
            memory=Memory(),
            llm={"model": "mock", "base_url": base_url, "client": client, "max_concurrency": slots},
        )

    def step(self) -> None:
        """Ask all."""
        wall, used = time.perf_counter(), cpu()
        self.minds.step(self.agents)
        self.walls.append(time.perf_counter() - wall)
        self.cpus.append(cpu() - used)


def measure(agents: int, slots: int, client: str, url: str, steps: int) -> dict[str, float]:
    """Return wall time of a step over the ideal, and CPU an agent-step, of recorded agents."""
    with tempfile.TemporaryDirectory() as folder:
        given = {"n": agents, "slots": slots, "client": client, "base_url": url, "rng": 1}
        run = record(Town, Path(folder) / "run", steps=steps + WARM_UP, **given)
        town: Any = run.model
    return times(town.walls[WARM_UP:], town.cpus[WARM_UP:], [agents] * steps, slots)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=10, help="steps measured in each case")
    parser.add_argument("--mesa-llm", metavar="PYTHON", help="a Python that has mesa-llm")
    chosen = parser.parse_args()
    print("wall time of a step / ideal (best of the steps), and CPU milliseconds an agent-step")
    for agents, slots in CASES:
        for client in CLIENTS:
            with MockServer(Settings(latency=Latency(mean=LATENCY)), process=True) as server:
                row = measure(agents, slots, client, server.base_url, chosen.steps)
            show(agents, slots, client, row["ratio"], row["best"], row["cpu_ms_a_call"])
        if chosen.mesa_llm and slots >= agents:
            with MockServer(Settings(latency=Latency(mean=LATENCY)), process=True) as server:
                case = (agents, agents)
                theirs = other("mesa_llm", chosen.mesa_llm, case, server.base_url, chosen.steps)
            name = f"mesa-llm {theirs['version']}"
            show(
                agents,
                agents,
                name,
                theirs["ratio"],
                theirs["best"],
                theirs["cpu_ms_an_agent_step"],
            )
    return 0


def show(agents: int, slots: int, who: str, ratio: float, best: float, ms: float) -> None:
    """Print a row."""
    print(
        f"{agents:>6} agents, {slots:>3} slots  {who:<16} {ratio:6.2f} ({best:.2f}) {ms:7.2f} ms",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
