"""Ctrl-C: the step under way is finished, the store is whole, and a line says how far it came."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from recorded import BUNDLE

from econsim_mesa.cli.interrupt import Interrupted, Interruption
from econsim_mesa.runs.reader import load_run

pytestmark = pytest.mark.soak  # processes that are interrupted

STEPS = 100_000

LINE = (
    r"econsim: interrupted: (\d+) of 100,000 steps are whole in run; "
    r"go on with: econsim resume run\n"
)
HELD_UP = """
import importlib.abc
import sys
import time

class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "econsim_mesa.cli.list":
            print("importing", flush=True)
            time.sleep(600)

sys.meta_path.insert(0, Slow())
from econsim_mesa.cli import main
sys.exit(main(["list"]))
"""
"""A program that is still importing what it needs."""


def has_a_step(store: Path) -> bool:
    """Return whether a step is whole in the store of a run that goes on."""
    if not store.exists():
        return False
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as connection:
        try:
            return connection.execute("SELECT 1 FROM decisions LIMIT 1").fetchone() is not None
        except sqlite3.OperationalError:  # its tables are being made
            return False


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A live run of 1,000 households that has made at least a step."""
    command = [sys.executable, "-m", "econsim_mesa", "run", "crowd", "--out", "run"]
    process = subprocess.Popen(
        [*command, "--steps", str(STEPS)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        store, deadline = tmp_path / "run" / "run.sqlite", time.monotonic() + 60
        while not has_a_step(store):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_a_whole_run(
    number: signal.Signals, crowd: subprocess.Popen[str], tmp_path: Path
) -> None:
    crowd.send_signal(number)
    out, err = crowd.communicate(timeout=20)
    assert crowd.returncode == 130
    assert out == ""
    line = re.fullmatch(LINE, err)
    assert line, err
    assert set(os.listdir(tmp_path / "run")) == BUNDLE | {"given.json"}
    run = load_run(tmp_path / "run")
    assert run.meta["status"] == "interrupted"
    assert run.steps == int(line[1]) > 0
    asked = run.decisions[run.decisions.kind == "Household"].groupby("step").size()
    assert list(asked) == [1000] * run.steps
    assert list(run.agents.groupby("step").size()) == [1000] * run.steps
    assert set(os.listdir(tmp_path / "run")) == BUNDLE | {"given.json"}


def test_a_signal_while_it_is_importing_is_one_line() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HELD_UP], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "econsim: interrupted before anything was done\n"


def test_a_signal_is_noted_and_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interruption() as interruption:
        before_it = interruption.asked
        signal.raise_signal(signal.SIGINT)
        asked = interruption.asked
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL  # the second one kills
    assert (before_it, asked) == (False, True)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
    assert Interrupted.exit_code == 130
