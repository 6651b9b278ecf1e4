"""A step of econsimulacra's households against a server, to be run by a Python that has it.

    python econsimulacra_step.py URL HOUSEHOLDS SLOTS STEPS

As many households as asked for, each deciding by the language model, one retailer and one
restaurant that sell by rule, a grid of 10 by 10, a memory of 24 steps without stress: the cheaper
of its published settings. All households act in one batch. Prints a JSON object: slots, wall and
CPU seconds of each step, characters of a prompt, version. ``benchmarks/llm.py --econsimulacra
PYTHON`` calls it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from importlib import metadata
from itertools import pairwise

URL, (HOUSEHOLDS, SLOTS, STEPS) = sys.argv[1], map(int, sys.argv[2:])
os.environ |= {"OPENAI_BASE_URL": URL, "OPENAI_API_KEY": "none", "TQDM_DISABLE": "1"}

from econsimulacra.envs import Environment  # noqa: E402
from econsimulacra.llm_services import OpenAIClient  # noqa: E402
from econsimulacra.simulator import Simulator  # noqa: E402

ITEMS = ["Yen", "Rice", "Pizza"]


def store(place: list[int], stock: dict[str, int]) -> dict[str, object]:
    """Return a store that sells by rule."""
    return {
        "type": "RuleBasedRetailer",
        "isRichInfoAllowed": True,
        "isHousehold": False,
        "initialCoords": place,
        "numAgents": 1,
        "inventory": {"Yen": 1_000_000, **stock},
        "requestObs": ["self_inventory", "incoming_orders"],
        "provideInfo4CoLocatedAgents": ["inventory"],
        "provideInfo4AllAgents": ["self_pos"],
    }


CONFIG = {
    "simulation": {"numSteps": STEPS + 1, "parallelBatchSize": HOUSEHOLDS + 2},
    "environment": {
        "space": "gridSpace",
        "socialNetwork": "socialNetwork",
        "cashName": "Yen",
        "agents": ["Household", "Retailer", "Restaurant"],
        "items": ITEMS,
        "service": [
            *("promptBuilder", "llmClient", "timeTranslator", "personaBuilder", "memoryHandler"),
        ],
    },
    "gridSpace": {"type": "GridSpace", "gridSize": [10, 10]},
    "socialNetwork": {
        "type": "SocialNetwork",
        "followCap": 3,
        "recSys": {"type": "TwoHopRecommenderSystem", "maxRecommendations": 2},
    },
    "Household": {
        "type": "LLMAgent",
        "isHousehold": True,
        "numAgents": HOUSEHOLDS,
        "inventory": {"Yen": 100_000, "Rice": 5, "Pizza": 0},
    },
    "Retailer": store([3, 5], {"Rice": 10_000, "Pizza": 0}),
    "Restaurant": store([7, 5], {"Pizza": 10_000, "Rice": 0}),
    "Yen": {"type": "Item", "initialPrice": 1.0},
    "Rice": {"type": "Item", "initialPrice": 1000.0},
    "Pizza": {"type": "Item", "initialPrice": 1500.0},
    "promptBuilder": {"type": "PromptBuilder"},
    "llmClient": {
        "type": "OpenAIClient",
        "modelName": "mock",
        "maxConcurrentGenerations": SLOTS,
        "modifySchema": True,
        "gridSpace": [10, 10],
        "items": ITEMS,
        "numAgents": HOUSEHOLDS + 2,
    },
    "timeTranslator": {
        "type": "TimeTranslator",
        "numSteps": STEPS + 1,
        "startDatetime": "2025-10-11 09:00:00",
        "endDatetime": "2025-10-11 21:00:00",
    },
    "personaBuilder": {
        "type": "ScoredPersonaBuilder",
        "maxMagnitude": 3,
        "attributes": [
            *("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism"),
        ],
    },
    "memoryHandler": {
        "type": "MemoryHandler",
        "memoryLength": 24,
        "memorySummarizer": {"type": "MemorySummarizer"},
    },
}


def main() -> dict[str, object]:
    """Return what the steps took; the first, in which connections are made, is left out."""
    marks: list[tuple[float, float]] = []
    sizes: list[int] = []
    simulator = Simulator(config=CONFIG, env_class=Environment)
    step, answer = simulator.env.step, OpenAIClient.generate_response

    def marked(*args: object, **kwargs: object) -> None:
        step(*args, **kwargs)
        marks.append((time.perf_counter(), time.process_time()))

    async def measured(client: OpenAIClient, prompt: str) -> dict[str, object]:
        sizes.append(len(prompt))
        told: dict[str, object] = await answer(client, prompt)
        return told

    simulator.env.step = marked
    OpenAIClient.generate_response = measured
    asyncio.run(simulator.simulate(seed=1))
    pairs = list(pairwise(marks))
    return {
        "version": metadata.version("econsimulacra"),
        "slots": SLOTS,
        "walls": [after[0] - before[0] for before, after in pairs],
        "cpus": [after[1] - before[1] for before, after in pairs],
        "calls": len(sizes),
        "characters": sum(sizes) / len(sizes),
    }


if __name__ == "__main__":
    print(json.dumps(main()))
