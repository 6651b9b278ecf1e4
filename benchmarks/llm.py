"""What a step of LLM decisions costs beside what the server needs: wall time and CPU a call.

The local test server runs as a process of its own with a fixed latency, one request a
household-step. *Ideal* is ceil(calls of the step / slots) x latency; the ratio of a step's wall
time to it says what the client adds. *Floor* is a bare aiohttp loop that posts the same prompts to
the same server in the same slots and reads the replies, without a simulation; *ChatOpenAI* is the
same loop with nothing but ``ChatOpenAI.ainvoke``, over the faster of the two HTTP clients of its
SDK, which the client ``langchain`` does without. *Kept* is the time from a reply's leaving the
server to its being committed to the run's database: at most 100 ms are promised. Steps of other
simulators are measured beside it, each at its best path and by a Python of its own:

    python benchmarks/llm.py                     # the table, about two minutes
    python benchmarks/llm.py --json > after.json
    python benchmarks/llm.py --mesa-llm a/bin/python --econsimulacra b/bin/python

In ``a`` (Python 3.12): ``pip install mesa-llm==0.3.2``. In ``b`` (Python 3.11, without the
gigabytes for GPUs): ``pip install torch==2.13.0``, ``pip install --no-deps
econsimulacra==0.14.1``, ``pip install openai outlines==0.1.11 'numpy<2' rich tqdm statsmodels
matplotlib scikit-learn 'transformers<5' torch==2.13.0``.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import math
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from sized_town import town

from econsim_mesa import EconModel, Scenario, load_run
from econsim_mesa.mock import Latency, MockServer, Settings
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.records import Call

LATENCY = 0.2
CASES = ((30, 32), (300, 64), (1000, 256))
CLIENTS = ("langchain", "direct")
WARM_UP = 1
OTHERS = Path(__file__).parent / "others"
SIMULATORS = ("mesa_llm", "econsimulacra")
"""Programs in that folder for simulators that live in environments of their own."""


def cpu() -> float:
    """Return the CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(
    scenario: Scenario, slots: int, client: str, server: MockServer, steps: int
) -> dict[str, Any]:
    """Return wall time of a step over the ideal, median over steps, and mean CPU a call.

    Both are about the calls that a step has made. ``kept_ms`` are the median, the 99th percentile
    and the most of the times to a commit.
    """
    chosen = load_scenario(
        scenario,
        set={
            "decider": "llm",
            "steps": steps + WARM_UP,
            "llm.model": "mock",
            "llm.base_url": server.base_url,
            "llm.client": client,
            "llm.max_concurrency": slots,
        },
    )
    walls, cpus = [], []
    with tempfile.TemporaryDirectory() as folder:
        model = EconModel(chosen, seed=1)
        recorder = Recorder.begin(model, Path(folder) / "run")
        kept = watch(recorder)
        for step in range(steps + WARM_UP):
            wall, used = time.perf_counter(), cpu()
            model.step()
            if step >= WARM_UP:
                walls.append(time.perf_counter() - wall)
                cpus.append(cpu() - used)
        recorder.close()
        made = load_run(recorder.folder).calls["step"].value_counts().sort_index().tolist()
    sent = server.stats()["times"]
    waits = sorted(1000 * (moment - sent[prompt]) for prompt, moment in kept.items())
    calls = made[WARM_UP:]
    return {
        **times(walls, cpus, calls, slots),
        "kept_ms": [waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1]],
        "calls": sum(calls),
    }


def times(walls: list[float], cpus: list[float], calls: list[int], slots: int) -> dict[str, float]:
    """Return wall time over the ideal, median and best of the steps, and CPU a call.

    Args:
        walls: Wall time of each step in seconds.
        cpus: Its CPU time in seconds.
        calls: Its calls.
        slots: Most calls at once.
    """
    ratios = [
        wall / (math.ceil(number / slots) * LATENCY)
        for wall, number in zip(walls, calls, strict=True)
    ]
    return {
        "ratio": statistics.median(ratios),
        "best": min(ratios),
        "cpu_ms_a_call": 1000 * sum(cpus) / sum(calls),
    }


def watch(recorder: Recorder) -> dict[str, float]:
    """Return when each prompt's reply was committed, to be filled while the run goes on."""
    kept: dict[str, float] = {}
    keep = recorder.keep

    def keep_and_note(call: Call) -> None:
        keep(call)
        kept[hashlib.sha256(call.prompt.encode()).hexdigest()] = time.monotonic()

    recorder.keep = keep_and_note  # type: ignore[method-assign]
    return kept


Ask = Callable[[str], Awaitable[object]]
"""Sends a prompt and returns the reply."""


def floor(prompts: list[str], slots: int, url: str, steps: int) -> dict[str, Any]:
    """Return the same for a bare aiohttp loop with the same prompts."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Ask]:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def ask(text: str) -> object:
                body = {"model": "mock", "messages": [{"role": "user", "content": text}]}
                async with session.post(f"{url}/chat/completions", json=body) as reply:
                    return await reply.json()

            yield ask

    return bare(opened, prompts, slots, steps)


def chat_openai(prompts: list[str], slots: int, url: str, steps: int) -> dict[str, Any]:
    """Return the same for LangChain's own chat model, and nothing of this package."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Ask]:
        import openai
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        async with openai.DefaultAioHttpClient(timeout=60.0) as http:
            model = ChatOpenAI(
                model="mock",
                base_url=url,
                api_key=SecretStr("none"),
                max_retries=0,
                http_async_client=http,
            )
            yield model.ainvoke

    return bare(opened, prompts, slots, steps)


def bare(
    opened: Callable[[], AbstractAsyncContextManager[Ask]],
    prompts: list[str],
    slots: int,
    steps: int,
) -> dict[str, Any]:
    """Return wall time over the ideal and CPU a call of a loop that does nothing but ask."""

    async def step(ask: Ask, gate: asyncio.Semaphore) -> None:
        async def one_at_its_turn(text: str) -> None:
            async with gate:
                await ask(text)

        await asyncio.gather(*map(one_at_its_turn, prompts))

    async def all_steps() -> tuple[list[float], list[float]]:
        walls, cpus = [], []
        async with opened() as ask:
            gate = asyncio.Semaphore(slots)
            for number in range(steps + WARM_UP):
                wall, used = time.perf_counter(), cpu()
                await step(ask, gate)
                if number >= WARM_UP:
                    walls.append(time.perf_counter() - wall)
                    cpus.append(cpu() - used)
        return walls, cpus

    walls, cpus = asyncio.run(all_steps())
    return times(walls, cpus, [len(prompts)] * steps, slots)


def prompts_of(scenario: Scenario) -> list[str]:
    """Return what every household would be sent at step 12."""
    from econsim_mesa.prompts import render
    from econsim_mesa.society.requests import Requests
    from econsim_mesa.society.view import observe

    model = EconModel(scenario, seed=1)
    for _ in range(12):
        model.step()
    model.town.begin(12)
    requests = Requests(observe(model.town), list(range(model.town.roster.households)))
    return [f"{prompt.system}\n{prompt.user}" for prompt in map(render, requests)]


def steps_of_other(name: str, python: str, *arguments: object) -> dict[str, Any]:
    """Return what the program of another simulator says of its steps, run by a Python of its own.

    Raises:
        RuntimeError: It failed; the message has the end of what it printed.
    """
    program = [python, str(OTHERS / f"{name}_step.py"), *map(str, arguments)]
    done = subprocess.run(program, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    steps: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return steps


def other(name: str, python: str, case: tuple[int, int], url: str, steps: int) -> dict[str, Any]:
    """Return what a step of another simulator takes, run by a Python that has it."""
    households = case[0]
    told = steps_of_other(name, python, url, *case, steps)
    ideal = math.ceil(households / told["slots"]) * LATENCY
    return {
        "name": name,
        "version": told["version"],
        "households": households,
        "slots": told["slots"],
        "ratio": statistics.median(told["walls"]) / ideal,
        "best": min(told["walls"]) / ideal,
        "cpu_ms_an_agent_step": 1000 * statistics.mean(told["cpus"]) / households,
    }


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--steps", type=int, default=5, help="steps measured in each case")
    parser.add_argument("--json", action="store_true", help="JSON on stdout, alone")
    for name in SIMULATORS:
        option = f"--{name.replace('_', '-')}"
        parser.add_argument(option, metavar="PYTHON", help=f"a Python that has {option[2:]}")
    chosen = parser.parse_args()
    rows = []
    for households, slots in CASES:
        scenario = town(households, 24)
        settings = Settings(latency=Latency(mean=LATENCY), owner="anybody", note_times=True)
        with MockServer(settings, process=True) as server:
            prompts = prompts_of(scenario)
            row: dict[str, Any] = {"households": households, "slots": slots}
            row["floor"] = floor(prompts, slots, server.base_url, chosen.steps)
            row["ChatOpenAI"] = chat_openai(prompts, slots, server.base_url, chosen.steps)
            for client in CLIENTS:
                row[client] = measure(scenario, slots, client, server, chosen.steps)
            stats = server.stats()
            row["server_cpu_ms_a_call"] = 1000 * stats["cpu_seconds"] / stats["requests"]
        rows.append(row)
        print(f"{households} households done", file=sys.stderr, flush=True)
    others = []
    pythons = {name: getattr(chosen, name) for name in SIMULATORS if getattr(chosen, name)}
    for name, python in pythons.items():
        for case in CASES[:2]:
            settings = Settings(latency=Latency(mean=LATENCY))
            with MockServer(settings, process=True) as server:
                others.append(other(name, python, case, server.base_url, chosen.steps))
    result = {"latency_seconds": LATENCY, "rows": rows, "others": others}
    if chosen.json:
        print(json.dumps(result, indent=2))
        return 0
    print("wall time of a step / ideal (best of the steps), and CPU milliseconds a call")
    columns = ("floor", "ChatOpenAI", *CLIENTS)
    print(f"{'households, slots':<20}" + "".join(f"{who:>26}" for who in columns))
    for row in rows:
        cells = (
            f"{row[who]['ratio']:.2f} ({row[who]['best']:.2f}) {row[who]['cpu_ms_a_call']:.2f} ms"
            for who in columns
        )
        print(f"{row['households']:>10}, {row['slots']:<8}" + "".join(f"{c:>26}" for c in cells))
    print("\nmilliseconds from a reply's leaving the server to its commit: median, 99 %, most")
    for row in rows:
        cells = (" / ".join(f"{ms:.0f}" for ms in row[who]["kept_ms"]) for who in CLIENTS)
        print(f"{row['households']:>10}, {row['slots']:<8}" + "".join(f"{c:>26}" for c in cells))
    if others:
        print("\nother simulators: wall time of a step / ideal (best), and CPU an agent-step")
    for told in others:
        print(
            f"{told['households']:>10}, {told['slots']:<8} {told['name']} {told['version']}: "
            f"{told['ratio']:.2f} ({told['best']:.2f}) {told['cpu_ms_an_agent_step']:.2f} ms"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
