"""Programs that the benchmarks and a page have of mesa-llm do what they are said to do.

They need a Python of their own, with mesa-llm, whose path is in ``MESA_LLM_PYTHON``.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from econsim_mesa.mock import MockServer

PYTHON = os.environ.get("MESA_LLM_PYTHON", "")
OTHERS = Path(__file__).parents[2] / "benchmarks" / "others"

pytestmark = pytest.mark.skipif(not PYTHON, reason="MESA_LLM_PYTHON names no Python")


def _printed(program: str, server: MockServer, *arguments: str) -> str:
    settings = {
        "LLM_MODEL": "openai/mock",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": server.base_url,
    }
    done = subprocess.run(
        [PYTHON, str(OTHERS / program), *arguments],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | settings,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return done.stdout.splitlines()[-1]


def test_coins_change_hands() -> None:
    with MockServer() as server:
        said = _printed("mesa_llm_coins.py", server)
        assert server.stats()["requests"] == 3 * 10 * 2
    coins = json.loads(said.removeprefix("coins: "))
    assert (len(coins), sum(coins)) == (10, 50)
    assert coins != [5] * 10


@pytest.mark.parametrize(("way", "calls"), [("one_call", 1), ("react", 2), ("defaults", 2)])
def test_agents_walk(way: str, calls: int) -> None:
    with MockServer() as server:
        said = json.loads(_printed("mesa_llm_step.py", server, server.base_url, "4", "4", "2", way))
        assert server.stats()["requests"] == 3 * 4 * calls
    assert (said["calls"], len(said["walls"]), len(said["cpus"])) == (calls, 2, 2)
    assert said["walked"] > 0
