"""How fast the dashboard is in a real Chromium, and how much its memory grows.

Needs Chromium, its driver and ``pip install 'econsim-mesa[browser]'``. Server, page and browser
share the machine, so that other work on it slows all of them.

    python benchmarks/dashboard.py                 # the table, about four minutes
    python benchmarks/dashboard.py --only open scrub --json
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sized_town import town

from econsim_mesa.scenario import load_scenario, to_json

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "browser"))

from chrome import Page, chromium, missing, pause, until
from serving import dashboard, econsim, mock_server

COUNT = """
window.steps = new Set();
const town = document.querySelector('.ec-town canvas');
new MutationObserver(() => window.steps.add(town.getAttribute('aria-label')))
  .observe(town, {attributes: true});
"""
"""Counts the steps that the town was drawn at."""
ANSWER = """
const [selector, wanted, act, done] = arguments, begun = performance.now();
const seen = () => {
  const e = document.querySelector(selector);
  if (e && (wanted === null || (e.getAttribute('aria-label') || '').includes(wanted))) {
    requestAnimationFrame(() => done(performance.now() - begun));
  } else if (performance.now() - begun > 20000) done(null); else setTimeout(seen, 4);
};
new Function(act)();
seen();
"""
"""Does something and tells after how many milliseconds its answer was drawn."""


SEEK = """
const line = document.querySelector('.ec-line'), box = line.getBoundingClientRect();
const at = {bubbles: true, clientX: box.left + box.width * SHARE, clientY: box.top + 17};
line.dispatchEvent(new MouseEvent('mousedown', at));
window.dispatchEvent(new MouseEvent('mouseup', at));
"""
"""Clicks the timeline."""


@contextmanager
def page_on(*what: str) -> Iterator[tuple[Page, int, Path]]:
    """Serve the dashboard on something, and yield its page, the server's process and a folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with chromium(folder / "profile") as driver, dashboard(folder, *what) as running:
            yield Page(driver, running.url), running.pid, folder


def scenario_file(households: int, steps: int) -> str:
    """Write a town of some size to a file that outlives this process's folder; return its path."""
    scenario = town(households, steps)
    path = Path(tempfile.mkdtemp()) / f"town_{households}.json"
    path.write_text(to_json(scenario), encoding="utf-8")
    return str(path)


def answer(page: Page, selector: str, wanted: str | None, act: str) -> float:
    """Return after how many milliseconds something was answered on the screen."""
    page.driver.set_script_timeout(30)
    took = page.driver.execute_async_script(ANSWER, selector, wanted, act)
    if took is None:
        raise TimeoutError(f"{act} was not answered by {selector} {wanted}")
    return float(took)


def start() -> dict[str, float]:
    """From the command to a page with all its charts."""
    with tempfile.TemporaryDirectory() as name, chromium(Path(name) / "profile") as driver:
        begun = time.monotonic()
        with dashboard(Path(name), "pizza_place") as running:
            Page(driver, running.url).open().wait(".econsim-chart")
            return {"seconds": time.monotonic() - begun, "server_cpu": processor(running.pid)}


def play(households: int, seconds: float) -> dict[str, float]:
    """Steps a second on screen, at full speed, after ten steps to warm up."""
    with page_on(scenario_file(households, 600)) as (page, pid, _):
        page.open().wait(".ec-town canvas")
        page.choose(".ec-speed", "60")
        page.script(COUNT)
        page.click("[aria-label=Play]")
        seen = "return window.steps.size"
        until(lambda: page.script(seen) >= 10, 60)
        begun, before, used = time.monotonic(), page.script(seen), processor(pid)
        pause(seconds)
        took, steps = time.monotonic() - begun, page.script(seen) - before
        cpu = 1000 * (processor(pid) - used) / max(1, steps)
        return {"steps_a_second": steps / took, "server_cpu_ms_a_step": cpu}


def processor(pid: int) -> float:
    """Return the CPU seconds of a process so far."""
    user, system = (
        Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[11:13]
    )
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def heap(page: Page) -> float:
    """Return the memory that the page's scripts use after a collection, in MB."""
    page.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    used = page.driver.execute_cdp_cmd("Runtime.getHeapUsage", {})
    return float(used["usedSize"]) / 2**20


def memory() -> dict[str, float]:
    """Growth of server and page from step 60 to step 560 of play, 30 households."""
    with page_on(scenario_file(30, 600)) as (page, pid, _):
        page.open().wait(".ec-town canvas")
        page.choose(".ec-speed", "60")
        found = []
        for stop in (60, 560):
            page.click("[aria-label=Play]")
            until(lambda stop=stop: page.step() >= stop, 400)
            page.click("[aria-label=Pause]")
            pause(2)
            gc.collect()
            found.append((page.step(), resident(pid), heap(page)))
        (first, server, script), (last, server_after, script_after) = found
        return {
            "steps": last - first,
            "server_mb": server_after - server,
            "page_mb": script_after - script,
            "together_mb": server_after - server + script_after - script,
        }


def replay_of(folder: Path) -> Path:
    """Make a run of the case study, 120 steps."""
    econsim(folder, "run", "pizza_place", "--quiet", "--out", "run")
    return folder / "run"


def opening() -> dict[str, float]:
    """From going to the page to a replay of 120 steps with all its charts; the third time."""
    with tempfile.TemporaryDirectory() as name, page_on(str(replay_of(Path(name)))) as (page, _, _):
        took = []
        for _ in range(3):
            page.driver.get("about:blank")
            begun = time.monotonic()
            page.open().wait("[data-chart=heat] svg")
            took.append(time.monotonic() - begun)
        return {"seconds": took[-1], "first": took[0]}


def scrub() -> dict[str, float]:
    """From a click on the timeline to the town of that step, at 40 places."""
    with tempfile.TemporaryDirectory() as name, page_on(str(replay_of(Path(name)))) as (page, _, _):
        page.open().wait(".econsim-chart")
        pause(1)
        took, luck = [], random.Random(1)
        for step in luck.sample(range(120), 40):
            act = SEEK.replace("SHARE", str((step + 0.5) / 120))
            town_label = f"at step {step}:"
            took.append(answer(page, ".ec-town canvas", town_label, act))
        return {"median_ms": statistics.median(took), "worst_ms": max(took)}


def waiting() -> dict[str, float]:
    """A click on a household while a step waits 5 s for a language model, ten times."""
    with (
        tempfile.TemporaryDirectory() as name,
        mock_server(Path(name), "--latency", "5000") as mock,
    ):
        scenario = load_scenario(
            "pizza_place",
            set={"decider": "llm", "llm.model": "mock", "llm.base_url": f"{mock.url}/v1"},
        )
        path = Path(name) / "asks.json"
        path.write_text(to_json(scenario), encoding="utf-8")
        with page_on(str(path)) as (page, _, _):
            page.open().wait(".ec-town canvas")
            page.click("[aria-label=Step]")
            page.wait(".ec-waiting")
            took = []
            for i in range(10):
                act = f"""
const town = document.querySelector('.ec-town canvas'), spot = town.locate('H{i}');
const box = town.getBoundingClientRect();
const at = {{bubbles: true, clientX: box.left + spot.x, clientY: box.top + spot.y}};
town.dispatchEvent(new MouseEvent('click', at));
"""
                took.append(answer(page, f"[data-household=H{i}]", None, act))
            still = page.count(".ec-waiting") == 1
            return {"median_ms": statistics.median(took), "worst_ms": max(took), "waits": still}


CASES: dict[str, tuple[Callable[[], dict[str, float]], str]] = {
    "start": (start, "page up from the command: under 10 s"),
    "play-30": (lambda: play(30, 10), "30 households: at least 5 steps/s on screen"),
    "play-1000": (lambda: play(1000, 15), "1,000 households: at least 1 step/s on screen"),
    "memory": (memory, "500 steps of play: grows by less than 20 MB"),
    "open": (opening, "replay of 120 steps opens: under 3 s"),
    "scrub": (scrub, "a place on the timeline: under 200 ms"),
    "waiting": (waiting, "a click while an LLM step waits 5 s: under 300 ms"),
}
"""Name -> what is measured, and the goal in words."""


def main() -> int:
    """Measure, print, and return 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--json", action="store_true", help="print JSON on stdout, and only that")
    options = parser.parse_args()
    if lacks := missing():
        print(f"error: {lacks}", file=sys.stderr)
        return 2
    found: dict[str, Any] = {}
    for name in options.only:
        measure, goal = CASES[name]
        found[name] = measure()
        if not options.json:
            figures = ", ".join(f"{key} {value:,.2f}" for key, value in found[name].items())
            print(f"{name:<10} {goal:<52} {figures}", flush=True)
    if options.json:
        print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
