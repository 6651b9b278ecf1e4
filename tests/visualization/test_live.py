"""A live run shows what it records, stops at once, goes on, and branches."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from econsim_mesa.visualization.components.header import facts
from econsim_mesa.visualization.live import Live, Stopped
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.view import Frame

from econsim_mesa.errors import BadInput, RunIncomplete
from econsim_mesa.llm import loop
from econsim_mesa.llm.connect import load_client
from econsim_mesa.mock import MockServer
from econsim_mesa.mock.latency import Latency
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.scenario import Scenario, load_scenario

STEPS = 6


def town(**llm: object) -> Scenario:
    settings = {"steps": STEPS, "agents.Household.count": 5}
    if llm:
        settings |= {"decider": "llm", "llm.model": "mock", "llm.client": "direct"}
        settings |= {"llm.max_calls": 1000}
        settings |= {f"llm.{name}": value for name, value in llm.items()}
    return load_scenario("pizza_place", set=settings)


def go_on(live: Live, until: int = STEPS - 1, step: int = -1) -> Frame:
    """Make or show steps up to one; return its frame."""
    while step < until:
        frame = live.next(step)
        assert frame is not None
        assert frame.step == step + 1
        step = frame.step
    return live.history.frame(step)


def same(one: Frame, other: Frame) -> None:
    """Assert that two frames show the same."""
    assert one.step == other.step
    for name in ("x", "y", "cash", "asleep", "levels"):
        assert (getattr(one, name) == getattr(other, name)).all(), name
    assert one.stores == other.stores
    assert one.follows == other.follows
    assert one.outcomes == other.outcomes
    assert one.spent == other.spent
    for table in ("posts", "sales", "rejections", "events", "inputs"):
        assert one.new(table) == other.new(table)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    source = Live.begin(town(), tmp_path / "run")
    yield source
    source.close()


def test_live_and_replay_show_the_same(live: Live) -> None:
    go_on(live)
    assert live.next(STEPS - 1) is None
    again = Replay.open(live.folder).history
    for step in range(-1, STEPS):
        same(live.history.frame(step), again.frame(step))
    assert replay(live.folder) == STEPS
    assert (live.folder / "summary.json").is_file()


def test_a_step_that_is_there_is_shown_not_made_again(live: Live) -> None:
    go_on(live, 3)
    assert live.next(0) == live.history.frame(1)
    assert live.history.last == 3


def test_nothing_is_on_disk_before_the_first_step(live: Live) -> None:
    assert not live.folder.exists()
    live.close()
    assert not live.folder.exists()
    assert live.next(-1) is None


def test_a_run_that_is_closed_early_is_whole_and_can_be_resumed(live: Live) -> None:
    go_on(live, 2)
    live.close()
    live.close()
    run = load_run(live.folder)
    assert (run.steps, run.meta["status"]) == (3, "interrupted")
    assert not (live.folder / "run.sqlite-wal").exists()


def test_what_is_done_by_hand_is_an_input_of_the_run(live: Live) -> None:
    sale = {"type": "promotion", "store": "Pizza Place", "percent": 50}
    go_on(live, 1)
    live.intervene({**sale, "when": {"between": [2, 4]}})
    frame = go_on(live, STEPS - 1, 1)
    posted = [live.history.frame(step).stores[0].posted["Pizza"] for step in range(STEPS)]
    assert posted == [2000, 2000, 1000, 1000, 2000, 2000]
    assert [row.step for row in frame.so_far("inputs")] == [2]
    assert replay(live.folder) == STEPS


def test_an_intervention_that_is_wrong_is_refused_and_changes_nothing(live: Live) -> None:
    with pytest.raises(BadInput):
        live.intervene({"type": "promotion", "store": "Nowhere", "percent": 50})
    assert go_on(live).so_far("inputs") == []


def test_nothing_is_taken_after_the_last_step(live: Live) -> None:
    go_on(live)
    with pytest.raises(BadInput, match="last step"):
        live.intervene({"type": "salary", "amount": 1})


def test_a_fork_shares_its_past_and_goes_another_way(live: Live, tmp_path: Path) -> None:
    go_on(live)
    branch = Live.fork(live.folder, 3, {"events.2.percent": 90.0}, tmp_path / "branch")
    assert branch.history.last == 2
    for step in range(3):
        same(branch.history.frame(step), live.history.frame(step))
    frame = go_on(branch, STEPS - 1, 2)
    assert [row.kind for row in frame.so_far("inputs")] == ["settings"]
    branch.close()
    same(Replay.open(tmp_path / "branch").history.frame(), frame)
    assert replay(tmp_path / "branch") == STEPS
    assert load_run(live.folder).steps == STEPS


def test_a_step_that_waits_is_stopped_at_once_and_made_later(tmp_path: Path) -> None:
    with MockServer(script=["ok"] * 5 + ["hang"] * 5) as server:
        patient = town(base_url=server.base_url, timeout_seconds=600, deadline_seconds=600)
        live = Live.begin(patient, tmp_path / "run")
        go_on(live, 0)
        ended: list[BaseException] = []

        def step() -> None:
            try:
                live.next(0)
            except BaseException as error:
                ended.append(error)

        worker = threading.Thread(target=step)
        worker.start()
        while server.stats()["requests"] < 10:  # else one that hangs is left for the next time
            time.sleep(0.01)
        waiting = live.waiting()
        assert waiting is not None
        assert sum(waiting) >= 5  # those that hang, and any answer on its way
        live.stop()
        worker.join(60)  # the step alone would wait for ten minutes
        assert [type(error) for error in ended] == [Stopped]
        assert live.waiting() is None
        assert load_run(live.folder).meta["status"] == "interrupted"
        frame = go_on(live, 1, 0)
        assert frame.outcomes == {"llm": {"accepted": 10}}
        assert frame.spent.calls >= 10
        live.close()
    loop.stop()
    same(Replay.open(live.folder).history.frame(), frame)
    assert replay(live.folder) == 2


def test_stopping_between_two_calls_takes_effect_at_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel, lost = loop.interrupt, [0]

    def late(thread: threading.Thread) -> bool:
        """Find nothing that waits the first two times, as between two calls."""
        lost[0] += 1
        return lost[0] > 2 and cancel(thread)

    with MockServer(latency=Latency.parse("60000")) as server:
        live = Live.begin(town(base_url=server.base_url), tmp_path / "run")
        monkeypatch.setattr(loop, "interrupt", late)
        ended: list[BaseException] = []

        def make() -> None:
            try:
                live.next(-1)
            except Stopped as error:
                ended.append(error)

        thread = threading.Thread(target=make)
        thread.start()
        end = time.monotonic() + 20
        while live.waiting() is None and time.monotonic() < end:
            time.sleep(0.01)
        live.stop()
        thread.join(10)
        assert ended
        assert lost[0] >= 3
        live.close()
    loop.stop()


def test_the_client_is_loaded_before_a_step_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(
        "econsim_mesa.visualization.live.load_client", lambda spec: loaded.append(spec.client)
    )
    Live.begin(town(), tmp_path / "one").close()
    assert not loaded
    Live.begin(town(base_url="http://127.0.0.1:9/v1", client="langchain"), tmp_path / "two").close()
    assert loaded == ["langchain"]


def test_loading_a_client_imports_what_its_first_call_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "langchain_openai", raising=False)
    load_client(town(base_url="http://127.0.0.1:9/v1").llm)
    assert "langchain_openai" not in sys.modules
    load_client(town(base_url="http://127.0.0.1:9/v1", client="langchain").llm)
    assert "langchain_openai" in sys.modules


def test_a_dead_server_is_told_and_the_run_goes_on_when_it_lives(tmp_path: Path) -> None:
    with MockServer() as server:
        address, port = server.base_url, server.port
        live = Live.begin(town(base_url=address, breaker=2, breaker_seconds=0.1), tmp_path / "run")
        go_on(live, 0)
    with pytest.raises(RunIncomplete, match="cannot be reached"):
        live.next(0)
    assert live.history.last == 0
    with MockServer(port=port):
        go_on(live, 1, 0)
    live.close()
    loop.stop()
    assert replay(live.folder) == 2


@pytest.fixture
def model_server() -> Iterator[MockServer]:
    """A stand-in for a language model that answers at once."""
    with MockServer() as server:
        yield server
    loop.stop()


def test_no_call_is_made_before_it_is_said_how_many(
    tmp_path: Path, model_server: MockServer
) -> None:
    live = Live.begin(town(base_url=model_server.base_url, max_calls=None), tmp_path / "run")
    with pytest.raises(BadInput, match="how many calls"):
        live.next(-1)
    assert (model_server.stats()["requests"], live.folder.exists()) == (0, False)
    assert live.calls_left() == 5 * STEPS
    live.limit(5)
    go_on(live, 0)
    assert load_run(live.folder).scenario.llm.max_calls == 5
    assert live.needs_limit, "all are made"
    live.limit(None)
    go_on(live, 1, 0)
    live.close()
    assert [row[2] for row in load_run(live.folder).rows("inputs")] == ['{"llm.max_calls":null}']
    assert replay(live.folder) == 2


@pytest.mark.parametrize("cap", ["max_calls", "max_tokens", "max_cost"])
def test_whoever_gave_a_cap_is_not_asked_for_one(tmp_path: Path, cap: str) -> None:
    given = {"max_calls": None, "prices": {"mock": {"input": 1, "output": 1}}, cap: 7}
    assert not Live.begin(
        town(base_url="http://127.0.0.1:9/v1", **given), tmp_path / "a"
    ).needs_limit
    assert not Live.begin(town(), tmp_path / "b").needs_limit


def test_a_fork_to_a_language_model_is_asked_for_a_cap(live: Live, tmp_path: Path) -> None:
    go_on(live, 1)
    model = {"decider": "llm", "llm.model": "m", "llm.base_url": "http://127.0.0.1:9/v1"}
    branch = Live.fork(live.folder, 2, model, tmp_path / "branch")
    assert branch.asks_model
    assert branch.needs_limit
    branch.limit(8)
    assert not branch.needs_limit
    branch.close()


def test_calls_of_the_past_are_told_apart_from_those_of_the_fork(
    tmp_path: Path, model_server: MockServer
) -> None:
    live = Live.begin(town(base_url=model_server.base_url), tmp_path / "run")
    go_on(live, 3)
    branch = Live.fork(live.folder, 2, {"stress.mode": "off"}, tmp_path / "branch")
    frame = go_on(branch, 2, 1)
    own, past = live.history.spent_at(2), live.history.spent_at(1)
    assert (frame.inherited, past.calls) == (past, 10)
    assert (frame.spent.calls, own.calls) == (5, 15)
    assert facts(frame)[:2] == [["calls", "5"], ["of the past, paid by the parent", "10 calls"]]
    branch.close()
    live.close()
    same(Replay.open(branch.folder).history.frame(), frame)


def test_a_run_that_was_stopped_goes_on_in_its_folder(
    tmp_path: Path, model_server: MockServer
) -> None:
    first = Live.begin(town(base_url=model_server.base_url), tmp_path / "run")
    go_on(first, 2)
    again = Live.reopen(tmp_path / "run")  # the page that had it is gone
    assert (again.history.last, again.left) == (2, STEPS - 3)
    assert first.next(0) == first.history.frame(1)
    with pytest.raises(BadInput, match="another page"):
        first.next(2)
    frame = go_on(again, STEPS - 1, 2)
    assert frame.spent.calls == 5 * STEPS
    assert load_run(again.folder).meta["status"] == "finished"
    assert Replay.open(again.folder).left == 0
    same(Replay.open(again.folder).history.frame(), frame)
    assert replay(again.folder) == STEPS


def test_settings_of_a_fork_survive_a_step_that_is_dropped(live: Live, tmp_path: Path) -> None:
    go_on(live, 1)
    gone = {"decider": "llm", "llm.model": "m", "llm.base_url": "http://127.0.0.1:9/v1"}
    gone |= {"llm.breaker": 1, "llm.breaker_seconds": 0, "llm.max_calls": 99}
    branch = Live.fork(live.folder, 2, gone | {"stress.mode": "off"}, tmp_path / "branch")
    for _ in range(2):
        with pytest.raises(RunIncomplete):
            branch.next(1)
        assert branch.settings.stress.mode == "off"
        assert not branch.needs_limit
    branch.close()
    loop.stop()


def test_the_comparison_can_fail(live: Live) -> None:
    go_on(live)
    live.history.columns.cash[2, 0] += 1
    with pytest.raises(AssertionError, match="cash"):
        same(live.history.frame(2), Replay.open(live.folder).history.frame(2))
