"""A step of mesa-llm's agents against a server, to be run by a Python that has mesa-llm.

    python mesa_llm_step.py URL AGENTS SLOTS STEPS [WAY]

Each agent observes, remembers and walks by the one tool that it is offered, all agents at once on
one event loop; there are no slots. WAY is how: ``one_call``, the least that it can be, asks for the
tool call alone; ``react``, the default, reasons first (ReAct, two calls one after the other), both
with short-term memory that shows nothing on the console; ``defaults`` is ReAct with the memory that
an agent has by default. Prints a JSON object: slots (one an agent), calls one after the other, wall
and CPU seconds of each step, steps that were walked, version. ``benchmarks/llm.py`` and
``benchmarks/toolkit.py`` call it by ``--mesa-llm PYTHON``.
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
from mesa_llm.memory.st_memory import ShortTermMemory  # noqa: E402
from mesa_llm.parallel_stepping import step_agents_parallel  # noqa: E402
from mesa_llm.reasoning.react import ReActReasoning  # noqa: E402
from mesa_llm.tools.tool_decorator import tool  # noqa: E402

CALLS = {"one_call": 1, "react": 2, "defaults": 2}
"""How an agent decides -> its calls in a step, one after the other."""
TOOLS = ["walk"]


@tool
def walk(agent: LLMAgent, steps: int) -> str:
    """Walk some steps.

    Args:
        agent: Provided automatically.
        steps: How many.
    """
    agent.walk(steps)
    return f"walked {steps} steps"


class Person(LLMAgent):
    """An agent that decides how far to walk."""

    def __init__(self, model: mesa.Model, way: str, url: str) -> None:
        super().__init__(
            model, ReActReasoning, llm_model="openai/mock", api_base=url, vision=0,
            system_prompt="You live in a town.", step_prompt="Decide what to do.",
            internal_state=["steps walked: 0"],
        )  # fmt: skip
        self.way, self.steps_walked = way, 0
        if way != "defaults":
            self.memory = ShortTermMemory(self, display=False)

    def walk(self, steps: int) -> None:
        """Walk some steps."""
        self.steps_walked += steps
        self.internal_state = [f"steps walked: {self.steps_walked}"]

    async def astep(self) -> None:
        """Decide and act."""
        if self.way == "one_call":
            seen = await self.agenerate_obs()
            shown = f"{self.memory.get_prompt_ready()}\n{seen}\n{self.step_prompt}"
            plan = await self.reasoning.aexecute_tool_call(shown, selected_tools=TOOLS)
        else:
            plan = await self.reasoning.aplan(selected_tools=TOOLS)
        await self.aapply_plan(plan)


def main(url: str, count: int, steps: int, way: str) -> dict[str, object]:
    """Return what the steps took."""
    model = mesa.Model()
    people = [Person(model, way, url) for _ in range(count)]
    walls, cpus = [], []

    async def all_steps() -> None:
        for _ in range(steps + 1):
            model.steps += 1
            wall, used = time.perf_counter(), time.process_time()
            await step_agents_parallel(people)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - used)

    asyncio.run(all_steps())
    return {
        "version": metadata.version("mesa-llm"),
        "slots": count,
        "calls": CALLS[way],
        "walls": walls[1:],
        "cpus": cpus[1:],
        "walked": sum(person.steps_walked for person in people),
    }


if __name__ == "__main__":
    chosen = sys.argv[5] if len(sys.argv) > 5 else "react"
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[4]), chosen)))
