"""Let a real language model live in a town and in other models, behind a real server.

    python tests/run_real_model.py --server-python PYTHON --weights FILE.gguf

The model may be as small as they come, and what it decides is of no interest here: shown is that
a server with schema decoding is asked and heard, that runs end by themselves and are sound, that
their replay with the network off is identical, and that a town that is killed goes on where it was,
without asking again for a reply that it has. Beside the town these are Mesa's own models and a
market, as ``docs/examples`` has them. Exit code 0 only if all of it holds.
"""

from __future__ import annotations

import argparse
import inspect
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from mesa.examples.basic.virus_on_network.model import VirusOnNetwork
from model_server import running

from econsim_mesa import toolkit
from econsim_mesa.runs.reader import load_run

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "examples"
SEED = "seed" if "seed" in inspect.signature(VirusOnNetwork).parameters else "rng"
FEW: dict[str, tuple[str, int, dict[str, int]]] = {
    "boltzmann": ("Town", 2, {"n": 2, "rng": 1}),
    "schelling": ("Town", 1, {"size": 3, "rng": 20}),  # five people, who have somewhere to move to
    "virus": ("Town", 2, {"num_nodes": 4, SEED: 1}),
    "market": ("Market", 2, {"n": 2, "rng": 1}),
}
"""Example -> its class, steps, and with what it is made, so that it has few agents."""
HOUSEHOLDS, STEPS, KILLED_AFTER = 2, 2, 1
SECONDS = 900
"""A command may take so long: a machine that has other work too decodes few tokens a second."""
OFFLINE = """
import socket, sys
def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise OSError("the network is off")
sys.addaudithook(refuse)
from econsim_mesa.cli import main
sys.exit(main(sys.argv[1:]))
"""


def econsim(*arguments: object) -> None:
    """Run a command without a network. Raises ``CalledProcessError`` unless it succeeds."""
    command = [sys.executable, "-c", OFFLINE, *map(str, arguments)]
    print("+ econsim", *arguments, flush=True)
    subprocess.run(command, check=True, timeout=SECONDS)


def asking(url: str, folder: Path) -> list[str]:
    """Return the command of a run that asks the model."""
    changes = {
        "agents.Household.count": HOUSEHOLDS,
        "llm.timeout_seconds": SECONDS,
        "llm.deadline_seconds": SECONDS,
        "llm.max_output_tokens": 120,
        "llm.on_failure": "idle",
    }
    settings = [f"--set={key}={value}" for key, value in changes.items()]
    command = [sys.executable, "-m", "econsim_mesa", "run", "pizza_place", "--decider", "llm"]
    command += ["--model", "smollm2", "--base-url", url, "--max-concurrency", "1"]
    return [*command, "--steps", str(STEPS), "--out", str(folder), *settings]


def calls_of(folder: Path) -> set[tuple[object, ...]]:
    """Return the calls that are kept, with all that is known of them; none before there is a file.

    A call that was made again would differ in the time at which it was answered.
    """
    database = folder / "run.sqlite"
    if not database.is_file():
        return set()
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return set(connection.execute("SELECT * FROM calls"))
    except sqlite3.OperationalError:  # the tables are being made
        return set()


def live_in_a_town(url: str, place: Path) -> None:
    """Make two runs of a town, of which one is killed and gone on with, and check them."""
    whole, killed = place / "whole", place / "killed"
    subprocess.run(asking(url, whole), check=True, timeout=SECONDS)
    run = subprocess.Popen(asking(url, killed), stderr=subprocess.DEVNULL)
    while len(calls_of(killed)) < KILLED_AFTER:
        assert run.poll() is None, "the run ended before it was killed"
        time.sleep(0.05)
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    kept = calls_of(killed)
    resume = [sys.executable, "-m", "econsim_mesa", "resume", str(killed)]
    subprocess.run(resume, check=True, timeout=SECONDS)
    assert kept <= calls_of(killed), "a reply that was kept was asked for again"
    for folder in (whole, killed):
        made = load_run(folder)
        assert made.steps == STEPS
        assert len(made.decisions.query("kind == 'Household'")) == HOUSEHOLDS * STEPS
        econsim("verify", folder, "--replay")
    print(f"{len(calls_of(whole))} calls; killed after {len(kept)}, which were not made again")


def live_in_an_example(url: str, place: Path, name: str) -> None:
    """Record a model of ``docs/examples`` with few agents, make it again, and check it."""
    folder, file = place / name, EXAMPLES / f"{name}.py"
    model, steps, few = FEW[name]
    program = (
        f"from {name} import {model}; from econsim_mesa.toolkit import record; "
        f"record({model}, {str(folder)!r}, steps={steps}, **{few})"
    )
    environment = {**os.environ, "OPENAI_BASE_URL": url, "OPENAI_MODEL": "smollm2"}
    environment["PYTHONPATH"] = os.pathsep.join([str(EXAMPLES), os.environ.get("PYTHONPATH", "")])
    command, began = [sys.executable, "-c", program], time.monotonic()
    subprocess.run(command, check=True, timeout=SECONDS, env=environment)
    seconds = time.monotonic() - began
    run = toolkit.load_run(folder)
    decisions, results = run.table("decisions"), run.table("results")
    assert (run.status, run.steps) == ("finished", steps)
    assert set(decisions["outcome"]) <= {"accepted", "repaired"}
    econsim("replay", folder, "--with", file)
    econsim("verify", folder, "--replay", "--with", file)
    print(
        f"{name}: {len(calls_of(folder))} calls in {seconds:.0f} s, "
        f"{len(decisions)} decisions, {results['refused'].isna().sum()} of {len(results)} "
        "actions done"
    )


def main() -> None:
    """Make the runs and check them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--server-python", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as place,
        running(options.server_python, options.weights) as url,
    ):
        live_in_a_town(url, Path(place))
        for name in FEW:
            live_in_an_example(url, Path(place), name)


if __name__ == "__main__":
    main()
