"""Killed with -9 three times and gone on with, an experiment gives the identical tables."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from recorded import BUNDLE
from studies import write
from towns import village

from econsim_mesa.runs.reader import fingerprint, load_run


def begin(study: Path, out: Path) -> subprocess.Popen[str]:
    words = ["experiment", str(study), "--out", str(out), "--workers", "2", "--json"]
    return subprocess.Popen(
        [sys.executable, "-m", "econsim_mesa", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "random"},
    )


def steps_on_disk(out: Path) -> int:
    """Return a number that grows with the work done."""
    files = [*out.glob("runs/*/run.sqlite"), *out.glob("runs/*/run.sqlite-wal")]
    found = 0
    for file in files:
        try:
            found += file.stat().st_size
        except FileNotFoundError:  # between the list and the look
            continue
    return found


def wait_for_more(process: subprocess.Popen[str], out: Path, more: int) -> None:
    begin_size, deadline = steps_on_disk(out), time.monotonic() + 60
    while steps_on_disk(out) < begin_size + more:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write(tmp_path, village(steps=100), replicates=2)


@pytest.fixture
def half(tmp_path: Path) -> Path:
    """Four runs in place of eight."""
    return write(tmp_path, village(steps=100), replicates=1)


@pytest.mark.soak
def test_killed_three_times(town: Path, tmp_path: Path) -> None:
    whole = begin(town, tmp_path / "whole")
    wanted, err = whole.communicate(timeout=120)
    assert whole.returncode == 0, err
    out, runs_begun = tmp_path / "killed", set()
    for more in (150_000, 250_000, 350_000):
        process = begin(town, out)
        wait_for_more(process, out, more)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        runs_begun |= {path.name for path in out.glob("runs/*")}
    assert runs_begun
    last = begin(town, out)
    found, err = last.communicate(timeout=120)
    assert last.returncode == 0, err
    assert json.loads(found)["tables"] == json.loads(wanted)["tables"]
    assert json.loads(found)["plan_sha256"] == json.loads(wanted)["plan_sha256"]
    resumed = 0
    for run in sorted((tmp_path / "whole" / "runs").iterdir()):
        assert fingerprint(out / "runs" / run.name) == fingerprint(run)
        resumed += "resumed" in load_run(out / "runs" / run.name).meta
    assert resumed, "no run was killed half way: the test shows nothing"


@pytest.mark.soak
def test_ctrl_c_leaves_everything_whole(half: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = begin(half, out)
    wait_for_more(process, out, 200_000)
    process.send_signal(signal.SIGINT)
    told, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "of 4 runs are finished in" in err
    assert f"--out {out}" in err
    result = json.loads(told)
    assert len(result["unfinished"]) == 4 - result["runs"]["finished"] > 0
    for run in (out / "runs").iterdir():
        assert {path.name for path in run.iterdir()} == BUNDLE | {"given.json"}
        assert load_run(run).meta["status"] in ("finished", "interrupted")


@pytest.mark.soak
def test_a_worker_that_dies_is_a_failed_run(half: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = begin(half, out)
    wait_for_more(process, out, 100_000)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        process.kill()
        process.communicate()
        pytest.skip("this system does not tell the children of a process")
    workers = [
        int(child)
        for task in Path(f"/proc/{process.pid}/task").iterdir()
        for child in (task / "children").read_text().split()
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    assert workers
    os.kill(workers[0], signal.SIGKILL)
    told, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    (lost,) = json.loads(told)["unfinished"]
    assert lost["status"] == "failed"
    assert "died (exit code -9)" in lost["message"]
    assert lost["run"] in err
    last = begin(half, out)
    found, err = last.communicate(timeout=120)
    assert last.returncode == 0, err
    assert json.loads(found)["runs"] == {"planned": 4, "finished": 4}
