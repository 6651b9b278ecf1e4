"""Caps that are never passed, servers that go away, Ctrl-C: stopped whole, and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, STEPS, answered, asking, econsim, run_small, words_of
from recorded import content, keep, rows

from econsim_mesa.mock import Latency, MockServer
from econsim_mesa.runs.call_log import CallLog, spent_on
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.replay import replay
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.records import Call

pytestmark = pytest.mark.soak  # whole runs against servers that stop

PRICES = {"mock": {"input": 2.0, "output": 8.0}}
CLIENTS = ("direct", "langchain")
NO_STORE: Any = None
BREAKS_SOON = {"llm__breaker_seconds": 0.2, "llm__max_attempts": 100}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Any, ...]]]:
    """What happens in a run that is never stopped."""
    with MockServer() as server:
        model = EconModel(asking(server.base_url), seed=1)
        return content(keep(model, tmp_path_factory.mktemp("whole") / "run"))


CAPS: dict[str, tuple[str, float]] = {
    "calls": ("--max-calls", 23),
    "tokens": ("--max-tokens", 24_000),
    "cost": ("--max-cost", 0.05),
}


def spent(stats: dict[str, Any], what: str) -> float:
    """Return what the server counted, in the unit of a cap."""
    tokens_in, tokens_out = stats["prompt_tokens"], stats["completion_tokens"]
    if what == "calls":
        return float(stats["requests"])
    if what == "tokens":
        return float(tokens_in + tokens_out)
    return float(2e-6 * tokens_in + 8e-6 * tokens_out)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("what", CAPS)
def test_a_cap_stops_whole_and_more_of_it_goes_on(
    what: str, client: str, tmp_path: Path, whole: dict[str, Any]
) -> None:
    option, cap = CAPS[what]
    folder = tmp_path / "run"
    with MockServer(latency=Latency("lognormal", 0.005, 1.0)) as server:
        told = run_small(
            server.base_url, folder, option, cap, client=client, llm__prices=PRICES
        )  # fmt: skip
        assert told.code == 3, told
        assert "a limit on calls, tokens or cost is spent" in told.err
        assert f"go on with: econsim resume {folder}" in told.err
        assert 0.4 * cap < spent(server.stats(), what) <= cap
        steps = load_run(folder).steps
        assert 0 < steps < STEPS
        assert len(answered(folder)) == server.stats()["answered"]
        again = econsim("resume", folder)  # without more of it nothing more is spent
        assert again.code == 3
        assert spent(server.stats(), what) <= cap
        assert load_run(folder).steps == steps
        more = econsim("resume", folder, option, 1.5 * cap if what == "cost" else int(1.5 * cap))
        assert more.code == 3
        assert cap < spent(server.stats(), what) <= 1.5 * cap
        done = econsim("resume", folder, option, 10 if what == "cost" else 10**9)
        assert done.code == 0, done
        assert server.stats()["requests"] == HOUSEHOLDS * STEPS
    assert content(folder) == whole
    assert len(set(answered(folder))) == len(answered(folder)) == HOUSEHOLDS * STEPS
    assert replay(folder) == STEPS


@pytest.mark.parametrize("client", CLIENTS)
def test_a_dead_server_stops_whole_and_the_run_goes_on_when_it_is_back(
    client: str, tmp_path: Path, whole: dict[str, Any]
) -> None:
    folder = tmp_path / "run"
    server = MockServer(latency=Latency(mean=0.03))
    server.start()
    url = server.base_url
    stop = _stop_after(server, 20)
    told = run_small(url, folder, client=client, **BREAKS_SOON)
    stop.join()
    assert told.code == 3, told
    assert " 127.0.0.1:" in told.err
    assert "cannot be reached" in told.err  # whether few were left to ask or many
    steps, paid = load_run(folder).steps, answered(folder)
    assert 0 < steps < STEPS
    calls = [Call(*row) for row in rows(folder, "calls")]
    in_vain = sum(call.faults.count("connect") for call in calls)
    assert in_vain  # attempts that reached nobody fill no cap
    asked = CallLog(load_run(folder).scenario.llm, NO_STORE, calls).spent().calls
    assert asked == sum(call.attempts for call in calls) - in_vain
    assert econsim("resume", folder).code == 3  # still gone; nothing is lost by trying
    assert (load_run(folder).steps, answered(folder)) == (steps, paid)
    with MockServer(port=int(url.split(":")[2].split("/")[0])) as back:
        done = econsim("resume", folder)
        assert done.code == 0, done
        assert back.stats()["requests"] == HOUSEHOLDS * STEPS - len(paid)
    assert content(folder) == whole
    assert not rows(folder, "inputs")
    assert len(set(answered(folder))) == len(answered(folder)) == HOUSEHOLDS * STEPS
    assert replay(folder) == STEPS


def _stop_after(server: MockServer, answers: int) -> threading.Thread:
    def wait() -> None:
        while server.stats()["answered"] < answers:
            time.sleep(0.005)
        server.stop()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_server_that_was_never_there(tmp_path: Path, whole: dict[str, Any]) -> None:
    folder = tmp_path / "run"
    with MockServer() as server:
        url = server.base_url
    told = run_small(url, folder, **BREAKS_SOON)
    assert told.code == 3, told
    assert f"0 of {STEPS} steps are whole in {folder}" in told.err
    with MockServer() as server:
        done = econsim("resume", folder, "--base-url", server.base_url)
    assert done.code == 0, done
    assert content(folder) == whole


def test_a_change_of_settings_forgets_nothing_that_was_spent(tmp_path: Path) -> None:
    with MockServer() as server:
        model = EconModel(asking(server.base_url, llm__max_calls=3 * HOUSEHOLDS), seed=1)
        recorder = Recorder.begin(model, tmp_path / "run")
        for _ in range(2):
            model.step()
        model.reconfigure({"llm.temperature": 0.3})
        model.step()
        model.reconfigure({"llm.temperature": 0.2})
        with pytest.raises(Exception, match="a limit on calls"):
            model.step()
        recorder.close("interrupted")
        assert server.stats()["requests"] == 3 * HOUSEHOLDS


def test_caps_count_what_attempts_without_a_count_may_have_cost(tmp_path: Path) -> None:
    settings = {"llm__timeout_seconds": 1.5, "llm__max_attempts": 1, "llm__max_tokens": 60_000}
    with MockServer(script=["ok"] * 20 + ["hang"] * 4) as server:
        told = run_small(server.base_url, tmp_path / "run", **settings)
        assert told.code == 3, told
    lost = rows(tmp_path / "run", "calls")
    spec = load_run(tmp_path / "run").scenario.llm
    spent_so_far = spent_on([Call(*row) for row in lost], spec)
    timeouts = sum(row[10].count("timeout") for row in lost)
    assert timeouts == 4
    assert spent_so_far.unsure_tokens > timeouts * (800 + 500)
    assert spent_so_far.calls == 24


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_cancels_the_calls_and_keeps_the_replies_that_came(
    number: signal.Signals, tmp_path: Path, whole: dict[str, Any]
) -> None:
    folder = tmp_path / "run"
    script = ["ok"] * (2 * HOUSEHOLDS + 4) + ["hang"] * 100
    with MockServer(script=script) as server:
        settings = words_of(agents__Household__count=HOUSEHOLDS, llm__client="direct")
        command = [
            sys.executable, "-m", "econsim_mesa", "run", "pizza_place", "--decider", "llm",
            "--model", "mock", "--base-url", server.base_url, "--steps", str(STEPS),
            "--out", str(folder), *settings,
        ]  # fmt: skip
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
        )
        try:
            deadline = time.monotonic() + 120
            while server.stats()["requests"] < 3 * HOUSEHOLDS:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            time.sleep(0.2)
            process.send_signal(number)
            out, err = process.communicate(timeout=50)  # a call would wait for a minute
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 130
    assert out == ""
    assert f"interrupted: 2 of {STEPS} steps are whole in {folder}; go on with: " in err
    assert load_run(folder).meta["status"] == "interrupted"
    assert len(answered(folder)) == 2 * HOUSEHOLDS + 4
    with MockServer() as server:
        assert econsim("resume", folder, "--base-url", server.base_url).code == 0
        assert server.stats()["requests"] == HOUSEHOLDS * STEPS - 2 * HOUSEHOLDS - 4
    assert content(folder) == whole


def test_one_call_that_cannot_be_kept_ends_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MockServer(script=["ok"] + ["hang"] * 50) as server:
        model = EconModel(asking(server.base_url), seed=1)
        recorder = Recorder.begin(model, tmp_path / "run")

        def full(call: Any) -> None:
            raise OSError("disk full")

        monkeypatch.setattr(recorder, "keep", full)
        began = time.monotonic()
        with pytest.raises(OSError, match="disk full"):
            model.step()
        assert time.monotonic() - began < 30  # each call would wait for a minute
        deadline = time.monotonic() + 30
        while server.stats()["in_flight"] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.stats()["in_flight"] == 0
        recorder.close("failed")
