"""What comes after a run by language models: replay without key or network, fork, kill -9."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kill_llm_runs import PLACES, Kill, Whole, killed, never_killed
from llm_town import HOUSEHOLDS, STEPS, asking, econsim, outcomes
from recorded import content, go_on, keep, rows

from econsim_mesa.mock import MockServer
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.society.model import EconModel

pytestmark = pytest.mark.soak  # whole runs, and what is done with them

NO_NETWORK = """
import sys

def refuse(event, args):
    if event.startswith("socket."):
        raise AssertionError("a socket was opened")

sys.addaudithook(refuse)
from econsim_mesa.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a run of 120 steps with 30 households."""
    with MockServer(window=0.002) as server:
        settings = {"llm.model": "mock", "llm.base_url": server.base_url, "llm.client": "direct"}
        model = EconModel("pizza_place", seed=1, decider="llm", set=settings)
        return keep(model, tmp_path_factory.mktemp("long") / "run")


def test_a_replay_needs_no_key_and_opens_no_socket(long_run: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
    began = os.times()
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "replay", str(long_run)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert "all records of 120 steps identical" in done.stdout
    ended = os.times()
    spent = ended.children_user + ended.children_system
    assert spent - began.children_user - began.children_system < 10  # CPU: others may be at work
    assert len(rows(long_run, "calls")) == 30 * 120


def test_a_fork_pays_for_its_own_steps_only(long_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "fork"
    with MockServer(window=0.002) as server:
        told = econsim(
            "fork", long_run, "--at", 60, "--set", "stress.mode=off",
            "--base-url", server.base_url, "--out", out,
        )  # fmt: skip
        assert told.code == 0, told
        assert server.stats()["requests"] == 30 * 60
    assert content(out, end=60) == content(long_run, end=60)
    assert rows(out, "calls", end=60) == rows(long_run, "calls", end=60)
    own = [row for row in rows(out, "calls") if row[0] >= 60]
    assert len(own) == 30 * 60
    assert not any("[stress]" in row[5] for row in own)
    assert any("[stress]" in row[5] for row in rows(long_run, "calls", 60))
    good = outcomes(out, 60)
    assert good.get("accepted", 0) + good.get("repaired", 0) >= 0.9 * sum(good.values()) == 1620
    assert replay(out) == 120


LAST = Kill(5, 0, "before the table")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return never_killed(tmp_path_factory.mktemp("whole"))


def go_on_here(*words: str) -> tuple[int, str]:
    """Carry out a command line in this process: the killed run was another's."""
    told = econsim(*words)
    return told.code, told.err


@pytest.mark.parametrize(
    "kill",
    [Kill(1, 0.3), Kill(2, 0.7), Kill(3, 0, PLACES[0], 5), Kill(4, 0, PLACES[2], 3, 4), LAST],
    ids=["early", "late", "before a commit", "amid replies", "after the end"],
)
def test_a_killed_run_is_resumed_and_pays_nothing_twice(
    kill: Kill, tmp_path: Path, whole: Whole
) -> None:
    assert killed(kill, tmp_path, whole, go_on_here) == ""


@pytest.mark.parametrize("place", PLACES[:2])
def test_what_was_killed_before_its_first_step_says_so(
    place: str, tmp_path: Path, whole: Whole
) -> None:
    found = killed(Kill(1, 0, place, -1), tmp_path, whole, go_on_here)
    assert "resume ended with 2" in found
    assert "it was stopped before its first step; delete it" in found


def test_a_run_with_summaries_is_resumed_in_any_step(tmp_path: Path) -> None:
    with MockServer() as server:
        town = asking(server.base_url, llm__summaries={"every": 3})
        whole = keep(EconModel(town, seed=1), tmp_path / "whole")
        whole_calls = server.stats()["requests"]
        for until in range(STEPS):
            folder = keep(EconModel(town, seed=1), tmp_path / f"run-{until}", until)
            before = server.stats()["requests"]
            go_on(*resume(folder))
            paid = sum(row[0] < until for row in rows(whole, "calls"))
            assert server.stats()["requests"] - before == whole_calls - paid
            assert fingerprint(folder) == fingerprint(whole), until
    assert replay(whole) == STEPS


def test_replies_of_a_broken_step_are_used_summaries_too(tmp_path: Path) -> None:
    """The step in which summaries are due breaks off amid its decisions."""
    with MockServer() as server:
        town = asking(server.base_url, llm__summaries={"every": 3})
        whole = keep(EconModel(town, seed=1), tmp_path / "whole")
    kept = HOUSEHOLDS * 3 + HOUSEHOLDS + 2
    with MockServer(script=["ok"] * kept + ["500"] * 500) as server:
        given = {"llm__breaker_seconds": 0.1, "llm__max_attempts": 50}
        town = asking(server.base_url, llm__summaries={"every": 3}, **given)
        model = EconModel(town, seed=1)
        recorder = Recorder.begin(model, tmp_path / "run")
        with pytest.raises(Exception, match="fails all calls"):
            go_on(model, recorder)
        recorder.close("interrupted")
    assert load_run(tmp_path / "run").steps == 3
    with MockServer() as server:
        done = econsim("resume", tmp_path / "run", "--base-url", server.base_url)
        assert done.code == 0, done
        assert server.stats()["requests"] == HOUSEHOLDS * (STEPS + 3) - kept
    assert content(tmp_path / "run") == content(whole)
    written = [row for row in rows(tmp_path / "run", "inputs") if row[1] == "summary"]
    assert written == rows(whole, "inputs")
    [setting] = [row for row in rows(tmp_path / "run", "inputs") if row[1] == "settings"]
    assert json.loads(setting[2]).keys() == {"llm.base_url"}


def test_the_blocked_network_is_blocked() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "run", "pizza_place", "--decider", "llm", "--model",
         "mock", "--base-url", "http://127.0.0.1:9/v1", "--steps", "1",
         "--set", "llm.breaker_seconds=0", "--set", "llm.max_attempts=1"],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "a socket was opened" in done.stderr
