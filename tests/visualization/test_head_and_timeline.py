"""The head of the page and its timeline say what the records say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from econsim_mesa.visualization.agent_history import recorded_run
from econsim_mesa.visualization.components.header import decided_by, facts, left_out
from econsim_mesa.visualization.components.network import network_now
from econsim_mesa.visualization.components.store import store_now
from econsim_mesa.visualization.components.town import TRAIL, town_now, town_scene
from econsim_mesa.visualization.components.transport import timeline_marks
from econsim_mesa.visualization.history import History
from econsim_mesa.visualization.measures import recent_sentiment
from econsim_mesa.visualization.palette import SCALE
from econsim_mesa.visualization.replay import Replay
from econsim_mesa.visualization.view import Frame, Scene

from econsim_mesa.analysis.sentiment import vader
from econsim_mesa.domains.tables import TABLES
from econsim_mesa.scenario import Scenario, load_scenario
from econsim_mesa.society.records import Call, StepRecords
from econsim_mesa.society.records import Decision as Row

LLM = {
    "decider": "llm",
    "llm.model": "gpt-oss-20b",
    "llm.prices": {"gpt-oss-20b": {"input": 1.0, "output": 2.0}},
    "agents.Household.count": 3,
}


def call(number: int, faults: str = "") -> Call:
    attempts = 1 + len(faults.split(",")) if faults else 1
    return Call(0, "H0", number, "", "ok", "", "{}", "gpt-oss-20b", 1.0, attempts, faults,
                1_000_000, 500_000, 250_000, "", characters=3_000_000)  # fmt: skip


def state(scenario: Scenario) -> dict[str, Any]:
    """Return households that stand in one cell with nothing to trouble them."""
    columns = ("x", "y", "cash", "asleep", *scenario.stress.stressors)
    return {name: np.ones(scenario.agents.Household.count, dtype=int) for name in columns}


@pytest.fixture
def asked() -> Frame:
    """A town after one step of a language model: one reply mended, one put in its place."""
    scenario = load_scenario("pizza_place", set=LLM)
    history = History(Scene(scenario, 1))
    history.append(StepRecords(-1, "", TABLES))
    records = StepRecords(0, "", TABLES)
    for name, decider, outcome in (
        ("H0", "llm", "accepted"),
        ("H1", "llm", "repaired"),
        ("H2", "idle", "fallback"),
    ):
        records["decisions"].append(Row(0, name, "Household", decider, outcome, "", "[]"))
    records.households = state(scenario)
    history.append(records, [call(0), call(1, "timeout,http_500")])
    return history.frame()


def test_cost_tokens_and_quality_are_in_view(asked: Frame) -> None:
    shown = dict(map(tuple, facts(asked)))
    assert shown["calls"] == "2"
    assert shown["tokens in"] == "2.0M"
    assert shown["tokens out"] == "1.0M"
    assert shown["cached"] == "25%"
    assert shown["usable replies"] == "66.7%"
    assert (shown["repaired"], shown["replaced by rule"]) == ("1", "1")
    assert shown["failed attempts"] == "2"
    assert shown["actions refused"] == "0"
    assert shown["cost"].startswith("$4.00")


def test_who_decides_is_named(asked: Frame, frame: Frame) -> None:
    assert decided_by(asked).startswith("idle decider")
    assert "; gpt-oss-20b, a language model" in decided_by(asked)
    before = asked.history.frame(-1)
    assert decided_by(before).startswith("gpt-oss-20b, a language model")
    assert "random decider" in decided_by(frame)
    assert "embedded utility model" in decided_by(frame)
    assert facts(frame) == []


def test_a_model_that_answered_nobody_decided_nothing() -> None:
    scenario = load_scenario("pizza_place", set=LLM)
    history = History(Scene(scenario, 1))
    history.append(StepRecords(-1, "", TABLES))
    records = StepRecords(0, "", TABLES)
    records["decisions"].append(Row(0, "H0", "Household", "llm", "failed", "", "[]"))
    records.households = state(scenario)
    history.append(records, [call(0)])
    assert decided_by(history.frame()).startswith("nobody: a language model was asked")


def test_the_timeline_marks_sales_and_what_is_done_by_hand(frame: Frame) -> None:
    marks = timeline_marks(frame)
    assert (marks["day"], marks["offset"], marks["start"]) == (12, 0, "2025-12-19")
    assert marks["sales"] == [[14, 17, "30 % off at Daily Mart"]]
    kinds = [(step, kind) for step, kind, _ in marks["events"]]
    assert kinds == [(0, "by hand"), (14, "promotion"), (18, "promotion")]


def test_the_town_shows_the_frame_and_the_way_of_one(frame: Frame) -> None:
    now = town_now(frame, "H4", "hunger")
    assert now["x"] == frame.x.tolist()
    assert now["level"] == [round(level) for level in frame.stress("hunger").tolist()]
    assert all(0 <= level < len(SCALE) for level in now["level"])
    way = [frame.history.frame(step) for step in range(frame.step - TRAIL, frame.step + 1)]
    assert now["trail"] == [[int(one.x[4]), int(one.y[4])] for one in way]
    assert town_now(frame, None, "nonsense")["kind"] == "overall"
    sold = [town_now(frame.history.frame(step), None, "overall")["sales"] for step in range(30)]
    assert any(sold)


def test_feelings_are_the_mean_of_what_each_wrote_recent_sentiment(frame: Frame) -> None:
    said: dict[str, list[float]] = {}
    for post in frame.so_far("posts", frame.step - 23):
        if post.kind == "Household":
            said.setdefault(post.author, []).append(vader().score(post.text))
    found = recent_sentiment(frame)
    for i, name in enumerate(frame.scene.names[: frame.scene.households]):
        mine = said.get(name)
        assert found[i] == pytest.approx(
            sum(mine) / len(mine) if mine else float("nan"), nan_ok=True
        )
    assert said
    mood = network_now(frame, "overall")["mood"]
    assert [value is None for value in mood] == [value != value for value in found.tolist()]


def test_one_household_one_store_one_visitor(replayed: Replay) -> None:
    one: dict[str, Any] = {"agents.Household.count": 1}
    scenario = load_scenario("pizza_place", set=one)
    assert town_scene(Scene(scenario, 1))["spoken"] == "1 household, 2 stores"
    assert (left_out(1), left_out(2)) == ("1 thing is left out", "2 things are left out")
    for step in range(30):
        frame = Frame(replayed.history, step)
        for (visitors, inside, waits), store in zip(
            town_now(frame, None, "overall")["stores"],  # type: ignore[call-overload]
            frame.stores,
            strict=True,
        ):
            assert inside == ("1 visitor" if visitors == 1 else f"{visitors} visitors")
            assert waits.endswith("order waits" if store.waiting == 1 else "orders wait")
            assert store_now(frame, store.name, recorded_run(replayed.folder))["waiting"] == waits
