"""A step of mesa-llm's agents against a server, to be run by a Python that has mesa-llm.

    python mesa_llm_step.py URL AGENTS SLOTS STEPS

Each agent reasons (ReAct) once a step, at its best path: all agents at once on one event loop, no
tools, the shortest prompt; it has no slots. Prints a JSON object: slots (one an agent), wall
and CPU seconds of each step, version. ``benchmarks/llm.py --mesa-llm PYTHON`` calls it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import warnings
from importlib import metadata

warnings.simplefilter("ignore")
os.environ.setdefault("OPENAI_API_KEY", "none")
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it is fetched from the network

import mesa  # noqa: E402
from mesa_llm.llm_agent import LLMAgent  # noqa: E402
from mesa_llm.parallel_stepping import step_agents_parallel  # noqa: E402
from mesa_llm.reasoning.react import ReActReasoning  # noqa: E402


class Person(LLMAgent):
    """An agent that plans once a step and does nothing."""

    async def astep(self) -> None:
        """Ask for a plan."""
        await self.reasoning.aplan(selected_tools=[], tool_calls="none")


def main(url: str, count: int, steps: int) -> dict[str, object]:
    """Return what the steps took."""
    model = mesa.Model()
    model.grid = mesa.space.MultiGrid(10, 10, torus=False)
    for number in range(count):
        agent = Person(
            model, ReActReasoning, llm_model="openai/mock", api_base=url, vision=0,
            step_prompt="Decide what to do.", system_prompt=f"You are person {number}.",
        )  # fmt: skip
        model.grid.place_agent(agent, (number % 10, number // 10 % 10))
    walls, cpus = [], []

    async def all_steps() -> None:
        for _ in range(steps + 1):
            wall, used = time.perf_counter(), time.process_time()
            await step_agents_parallel(list(model.agents))
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - used)

    asyncio.run(all_steps())
    version = metadata.version("mesa-llm")
    return {"version": version, "slots": count, "walls": walls[1:], "cpus": cpus[1:]}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[4]))))
