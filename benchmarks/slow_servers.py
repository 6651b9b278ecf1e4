"""Runs against slow, busy and limited servers: ended whole, nothing asked twice, how long it took.

The local test server runs as a process of its own, with so many tokens a second, slots and requests
a minute; ten households live for six steps with default settings. The server that reasons does so
for 1,000 tokens, so that the first replies are cut. *Needs* is the time that the server itself
needs: of its slots for the tokens, or of its limit for the requests. *Forecast* is what the first
minute said (later, where no speed was known by then), over the time that it took, and between which
limits. *Given up* counts attempts that took too long, *twice* requests that came while the same was
worked at.

    python benchmarks/slow_servers.py                # about an hour, nearly all of it asleep
    python benchmarks/slow_servers.py --only "40 tokens/s, 4 slots"
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from econsim_mesa import EconModel
from econsim_mesa.cli.progress import LINE_SECONDS, Announcement
from econsim_mesa.llm.progress import Forecast
from econsim_mesa.llm.speed import ExpectedTime
from econsim_mesa.mock import MockServer, Settings
from econsim_mesa.mock.capacity import MINUTE
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.scenario import load_scenario

HOUSEHOLDS, STEPS = 10, 6
CALLS = HOUSEHOLDS * STEPS
SERVERS: dict[str, dict[str, Any]] = {
    "40 tokens/s, 4 slots": {"tokens_per_second": 40, "slots": 4},
    "10 tokens/s, 2 slots": {"tokens_per_second": 10, "slots": 2},
    "10 tokens/s, 1 slot": {"tokens_per_second": 10, "slots": 1},
    "2 tokens/s, 4 slots": {"tokens_per_second": 2, "slots": 4},
    "2 tokens/s, 1 slot": {"tokens_per_second": 2, "slots": 1},
    "20 calls a minute": {"per_minute": 20},
    "4 calls a minute": {"per_minute": 4},
    "40 tokens/s, 4 slots, reasons": {"tokens_per_second": 40, "slots": 4, "reasoning": 1000},
    "20 tokens/s, each reply 2 % slower": {"tokens_per_second": 20, "slots": 2, "slowing": 0.98},
}


def run(settings: dict[str, Any], client: str) -> dict[str, Any]:
    """Return what came of a run, in seconds and numbers."""
    with MockServer(Settings(**settings, owner="econsim-mesa"), process=True) as server:
        scenario = load_scenario(
            "pizza_place",
            set={
                "decider": "llm",
                "steps": STEPS,
                "agents.Household.count": HOUSEHOLDS,
                "llm.model": "mock",
                "llm.base_url": server.base_url,
                "llm.client": client,
            },
        )
        model = EconModel(scenario, seed=1)
        watch = Watch(model)
        with tempfile.TemporaryDirectory() as folder:
            recorder = Recorder.begin(model, Path(folder) / "run")
            begin = time.monotonic()
            watch.start()
            model.run_model()
            seconds = time.monotonic() - begin
            watch.stop()
            recorder.close()
            calls = load_run(recorder.folder).calls
        stats = server.stats()
    needs = stats["worked"] / settings.get("slots", 1)
    if "per_minute" in settings:
        needs = MINUTE * max(math.ceil(CALLS / settings["per_minute"]) - 1, 0)
    return {
        "answered": int((calls.status == "ok").sum()),
        "given up": sum(calls.faults.str.count("timeout")),
        "seconds": seconds,
        "needs": needs,
        "twice": stats["repeated"],
        "limited": stats["limited"],
        "forecast": watch.words(seconds),
    }


class Watch:
    """Notes what is said first of how long all calls will take, and when."""

    def __init__(self, model: EconModel) -> None:
        self._model, self._announcement = model, Announcement(self._forecast)
        self._expected: ExpectedTime | None = None
        self._after = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def words(self, seconds: float) -> str:
        """Say what was foretold of a run that took so many seconds: over them, and its limits."""
        if not self._after or self._expected is None:
            return "ended before"
        told, least, most = (each / seconds for each in self._expected)
        return f"{told:.2f} ({least:.2f} to {most:.2f}), after {self._after:.0f} s"

    def _forecast(self) -> Forecast | None:
        decider: Any = self._model.scheduler.deciders[0]
        if decider.progress is None:
            return None
        self._expected = decider.progress.speed.time_for(CALLS)
        forecast: Forecast | None = decider.progress.forecast(CALLS)
        return forecast

    def _look(self) -> None:
        begin = time.monotonic()
        while not self._ended.wait(LINE_SECONDS):
            if self._announcement():
                self._after = time.monotonic() - begin
                return


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", default=[], help="a server; may be repeated")
    parser.add_argument("--client", choices=("langchain", "direct"), default="langchain")
    chosen = parser.parse_args()
    if chosen.client == "langchain":
        import langchain_openai  # noqa: F401  takes two seconds of any process, once
    print("| server | answered | needs s | wall / needs | given up | twice | forecast |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in chosen.only or SERVERS:
        result = run(SERVERS[name], chosen.client)
        ratio = result["seconds"] / result["needs"]
        print(
            f"| {name} | {result['answered']}/{CALLS} | {result['needs']:.0f} | {ratio:.2f} "
            f"| {result['given up']} | {result['twice']} | {result['forecast']} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
