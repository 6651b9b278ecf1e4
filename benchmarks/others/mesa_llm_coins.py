"""People who give each other coins, by mesa-llm."""

import os

import mesa
from mesa_llm.llm_agent import LLMAgent
from mesa_llm.memory.st_memory import ShortTermMemory
from mesa_llm.parallel_stepping import step_agents_parallel_sync
from mesa_llm.reasoning.react import ReActReasoning
from mesa_llm.recording.record_model import record_model
from mesa_llm.tools.tool_decorator import tool


@tool
def give(agent: LLMAgent, to: int, amount: int) -> str:
    """Give coins to somebody.

    Args:
        agent: Provided automatically.
        to: The unique id of who gets them.
        amount: How many coins.
    """
    found = [one for one in agent.model.agents if one.unique_id == to and one is not agent]
    if not found or not 0 < amount <= agent.coins:
        raise ValueError(f"you have {agent.coins} coins to give to others")
    for person, change in ((agent, -amount), (found[0], amount)):
        person.coins += change
        person.internal_state = [f"coins: {person.coins}"]
    return f"gave {amount} coins to {to}"


class Person(LLMAgent):
    """Somebody with coins."""

    def __init__(self, model: mesa.Model) -> None:
        super().__init__(
            model, ReActReasoning, llm_model=os.environ["LLM_MODEL"],
            api_base=os.environ.get("OPENAI_BASE_URL"),
            system_prompt="You live in a small town.", step_prompt="Decide what to do.",
            vision=-1, internal_state=["coins: 5"],
        )  # fmt: skip
        self.coins = 5
        self.memory = ShortTermMemory(self, n=5, display=False)

    async def astep(self) -> None:
        """Decide and act."""
        plan = await self.reasoning.aplan(selected_tools=["give"])
        await self.aapply_plan(plan)


@record_model(output_dir="recordings")
class Town(mesa.Model):
    """People who all decide at once."""

    def __init__(self, n: int = 10, rng: int | None = None) -> None:
        super().__init__(rng=rng)
        Person.create_agents(self, n)

    def step(self) -> None:
        """Let everybody act."""
        step_agents_parallel_sync(list(self.agents))


if __name__ == "__main__":
    town = Town(rng=1)
    for _ in range(3):
        town.step()
    town.save_recording("coins.json")
    print("coins:", sorted(town.agents.get("coins")))
