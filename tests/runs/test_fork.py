"""Fork: the same past, another future, with the same luck."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from recorded import content, go_on, keep, rows

from econsim_mesa.deciders.idle import Idle
from econsim_mesa.errors import BadInput, ScenarioError
from econsim_mesa.runs.comparison import Irreproducible
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.scenario import build_only_keys, load_scenario
from econsim_mesa.society.model import EconModel

STEPS, AT = 16, 6


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = EconModel("pizza_place", seed=5, steps=STEPS)
    return keep(model, tmp_path_factory.mktemp("parent") / "run")


def test_the_past_is_the_parents_and_the_change_stands_in_inputs(
    parent: Path, tmp_path: Path
) -> None:
    changes = {"stress.mode": "off", "choice.go.timeline.value": 0}
    folder = go_on(*fork(parent, AT, changes, tmp_path / "fork"))
    assert content(folder, end=AT) == content(parent, end=AT)
    assert content(folder, begin=AT) != content(parent, begin=AT)
    assert rows(folder, "inputs") == [
        (AT, "settings", '{"choice.go.timeline.value":0,"stress.mode":"off"}')
    ]
    assert (folder / "scenario.json").read_bytes() == (parent / "scenario.json").read_bytes()
    meta = load_run(folder).meta
    assert (meta["parent"], meta["forked_at"], meta["status"]) == ("run", str(AT), "finished")
    assert replay(folder) == STEPS


def test_a_fork_without_changes_is_its_parent(parent: Path, tmp_path: Path) -> None:
    for at in (0, 1, AT, STEPS - 1):
        folder = go_on(*fork(parent, at, {}, tmp_path / f"fork-{at}"))
        assert fingerprint(folder) == fingerprint(parent), at


def test_a_change_that_means_nothing_changes_inputs_alone(parent: Path, tmp_path: Path) -> None:
    changes = {"description": "A fork."}
    folder = go_on(*fork(parent, AT, changes, tmp_path / "fork"))
    assert content(folder) == content(parent)
    assert rows(folder, "inputs") == [(AT, "settings", '{"description":"A fork."}')]


def test_a_fork_at_step_0_is_a_run_with_other_settings(parent: Path, tmp_path: Path) -> None:
    folder = go_on(*fork(parent, 0, {"stress.mode": "off"}, tmp_path / "fork"))
    off = keep(EconModel("pizza_place", seed=5, steps=STEPS, stress=False), tmp_path / "off")
    assert content(folder) == content(off)


def test_a_fork_of_a_fork(parent: Path, tmp_path: Path) -> None:
    first = go_on(*fork(parent, AT, {"stress.mode": "off"}, tmp_path / "first"))
    second = go_on(*fork(first, 10, {"social.feed": "blocked"}, tmp_path / "second"))
    assert content(second, end=10) == content(first, end=10)
    assert [row[:2] for row in rows(second, "inputs")] == [(AT, "settings"), (10, "settings")]
    same = go_on(*fork(first, 10, {}, tmp_path / "same"))
    assert fingerprint(same) == fingerprint(first)
    before = go_on(*fork(first, AT, {}, tmp_path / "before"))
    assert fingerprint(before) == fingerprint(parent)
    assert replay(second) == replay(same) == STEPS


@pytest.mark.parametrize(
    ("until", "again"), [(AT, False), (AT, True), (AT + 1, False), (12, False)]
)
def test_a_fork_that_was_stopped_is_resumed(
    parent: Path, tmp_path: Path, until: int, again: bool
) -> None:
    changes = {"stress.mode": "shuffled"}
    whole = go_on(*fork(parent, AT, changes, tmp_path / "whole"))
    stopped = go_on(*fork(parent, AT, changes, tmp_path / "stopped"), until)
    assert load_run(stopped).steps == until
    go_on(*resume(stopped, changes if again else None))
    assert fingerprint(stopped) == fingerprint(whole)
    assert replay(stopped) == STEPS


def test_a_fork_of_a_run_that_was_stopped(parent: Path, tmp_path: Path) -> None:
    stopped = keep(EconModel("pizza_place", seed=5, steps=STEPS), tmp_path / "stopped", until=8)
    folder = go_on(*fork(stopped, 8, {}, tmp_path / "fork"))
    assert fingerprint(folder) == fingerprint(parent)
    with pytest.raises(BadInput, match="8 whole steps; fork it at 0 to 8"):
        fork(stopped, 9, {}, tmp_path / "later")


@pytest.mark.parametrize("at", [-1, STEPS, STEPS + 1])
def test_a_step_that_has_no_future_is_refused(parent: Path, tmp_path: Path, at: int) -> None:
    with pytest.raises(BadInput, match=f"fork it at 0 to {STEPS - 1}"):
        fork(parent, at, {}, tmp_path / "fork")
    assert not (tmp_path / "fork").exists()


def test_a_fork_may_be_longer_or_shorter(parent: Path, tmp_path: Path) -> None:
    longer = go_on(*fork(parent, AT, {"steps": STEPS + 5}, tmp_path / "longer"))
    assert load_run(longer).steps == STEPS + 5
    assert content(longer, end=STEPS) == content(parent)
    assert replay(longer) == STEPS + 5
    again = go_on(*fork(longer, STEPS + 2, {}, tmp_path / "again"))
    assert fingerprint(again) == fingerprint(longer)
    shorter = go_on(*fork(parent, AT, {"steps": AT + 2}, tmp_path / "shorter"))
    assert load_run(shorter).steps == AT + 2


@pytest.mark.parametrize("steps", [1, AT])
def test_a_fork_that_would_end_before_it_begins_is_refused(
    parent: Path, tmp_path: Path, steps: int
) -> None:
    with pytest.raises(BadInput, match="steps"):
        fork(parent, AT, {"steps": steps}, tmp_path / "fork")
    assert not (tmp_path / "fork").exists()


BUILD_ONLY = {
    "seed": 2,
    "name": "other",
    "grid": {"width": 20, "height": 20},
    "grid.width": 20,
    "clock": {"start": "2025-12-19T09:00"},
    "clock.step_minutes": 30,
    "currency.name": "euro",
    "items": {},
    "items.Pizza": {"price": 1},
    "items.Pizza.price": 1,
    "agents": {},
    "agents.Household": {"count": 30},
    "agents.Household.count": 31,
    "agents.Household.cash": 5,
    "agents.Household.cash.uniform": [0, 1],
    "agents.Household.persona": {},
    "agents.Restaurant": {},
    "agents.Restaurant.Pizza Place": {},
    "agents.Restaurant.Pizza Place.at": [1, 1],
    "agents.Restaurant.Pizza Place.sells.Pizza.price": 1,
    "agents.Restaurant.New": {"at": [1, 1], "sells": {"Soda": {}}},
    "agents.Government": {"name": "City"},
    "social": {},
    "social.initial.k": 2,
    "social.follow_cap": 3,
    "social.timeline": {"hours": 3},
    "social.timeline.posts": 3,
    "social.recommender": {"name": "two_hop"},
    "social.recommender.name": "two_hop",
    "stress": {"mode": "off"},
    "stress.stressors": {},
    "stress.stressors.hunger": {},
    "stress.stressors.sleep": {},
    "stress.stressors.hunger.window": 3,
    "stress.warm_start": False,
    "choice.stores": 2,
}


@pytest.mark.parametrize("key", list(BUILD_ONLY))
def test_what_is_read_at_build_only_is_refused(parent: Path, tmp_path: Path, key: str) -> None:
    with pytest.raises(ScenarioError, match="read only while the town is built") as found:
        fork(parent, AT, {key: BUILD_ONLY[key]}, tmp_path / "fork")
    assert found.value.exit_code == 2
    assert [problem.path for problem in found.value.problems] == [f"$.{key}"]
    assert not (tmp_path / "fork").exists()


def test_every_build_only_key_is_refused(parent: Path) -> None:
    model = EconModel("pizza_place", seed=5)
    for pattern in sorted(build_only_keys()):
        with pytest.raises(ScenarioError, match="read only while the town is built"):
            model.reconfigure({pattern.replace("*", "Pizza Place"): None})


@pytest.mark.parametrize(
    "changes",
    [
        {"stress.mode": "loud"},
        {"stress.mood": "on"},
        {"events.9.percent": 5},
        {"events.2.percent": 500},
        {"agents.Restaurant.Elsewhere.partial_fill": True},
        {"stress.hide": ["sleep"]},
        {"decider": "nobody"},
        {"events": [{"type": "scripted_posts", "author": "Eve", "account": True, "texts": ["x"]}]},
    ],
)
def test_a_bad_change_is_refused_and_leaves_no_folder(
    parent: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    with pytest.raises(BadInput):
        fork(parent, AT, changes, tmp_path / "fork")
    assert not (tmp_path / "fork").exists()


def test_a_past_that_cannot_be_repeated_is_not_forked(parent: Path, tmp_path: Path) -> None:
    shutil.copytree(parent, tmp_path / "copy")
    path = tmp_path / "copy" / "scenario.json"
    path.write_text(path.read_text().replace('"uniform": [', '"uniform":[', 1))
    go_on(*fork(tmp_path / "copy", 2, {}, tmp_path / "fine"), 3)
    path.write_text(path.read_text().replace('"seed": 5', '"seed": 6', 1))
    with pytest.raises(Irreproducible):
        fork(tmp_path / "copy", 2, {}, tmp_path / "fork")
    assert load_run(tmp_path / "fork").meta["status"] == "failed"


class Own(Idle):
    """A decider that no scenario names."""

    name = "own"


def test_nobody_takes_the_place_of_an_object_in_silence(tmp_path: Path) -> None:
    town = load_scenario("pizza_place", set={"steps": 6, "agents.Household.count": 4})
    whole = keep(EconModel(town, seed=5, decider=Own(town)), tmp_path / "whole")
    part = keep(EconModel(town, seed=5, decider=Own(town)), tmp_path / "part", until=3)
    assert replay(whole) == 6
    for at in (0, 4):
        with pytest.raises(BadInput, match=r"decided by 'own'.*say who goes on"):
            fork(whole, at, {"stress.mode": "off"}, tmp_path / "fork")
    with pytest.raises(BadInput, match="decided by 'own'"):
        resume(part)
    go_on(*fork(whole, 4, {"decider": "idle"}, tmp_path / "idle"))
    go_on(*resume(part, {"decider": "idle"}))
    assert {row[3] for row in rows(part, "decisions", begin=3) if row[2] == "Household"} == {"idle"}
    with pytest.raises(BadInput, match="complete"):
        resume(part)
