"""Let a real language model live in a town for a few steps, behind a real server.

    python tests/run_real_model.py --server-python PYTHON --weights FILE.gguf

The model may be as small as they come, and what it decides is of no interest here: shown is that
a server with schema decoding is asked and heard, that the run ends by itself and is sound, that
its replay with the network off is identical, and that a run that is killed goes on where it was,
without asking again for a reply that it has. Exit code 0 only if all of it holds.
"""

from __future__ import annotations

import argparse
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

from model_server import running

from econsim_mesa.runs.reader import load_run

HOUSEHOLDS, STEPS, KILLED_AFTER = 2, 2, 1
SECONDS = 300
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


def main() -> None:
    """Make the runs and check them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--server-python", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        whole, killed = Path(place) / "whole", Path(place) / "killed"
        with running(options.server_python, options.weights) as url:
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


if __name__ == "__main__":
    main()
