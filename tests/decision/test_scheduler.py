"""Everyone who is awake is asked once, in one batch; answers come in the order of the numbers."""

from __future__ import annotations

from typing import Any

import pytest
from towns import Script, make, put, run, village

from econsim_mesa.decision import actions as act
from econsim_mesa.decision.actions import Decision
from econsim_mesa.decision.idle import Idle
from econsim_mesa.errors import EconSimError, ScenarioError


def test_all_are_asked_once_a_step_and_sleepers_not() -> None:
    script = Script({0: {"H1": (act.Sleep(2),)}})
    model = make(decider=script)
    put(model, {1: model.households[1].home})
    records = run(model, 4)
    everybody = ["H0", "H1", "H2", "H3"]
    assert script.asked == {0: everybody, 1: ["H0", "H2", "H3"], 2: everybody, 3: everybody}
    assert [row.asleep if hasattr(row, "asleep") else row[5] for row in records["agents"]
            if row[1] == "H1"] == [1, 1, 0, 0]  # fmt: skip
    asked = [row.agent for row in records["decisions"] if row.step == 1]
    assert asked == ["H0", "H2", "H3", "Cafe", "Shop"]


def test_a_step_in_which_all_sleep_asks_no_household() -> None:
    script = Script({0: {f"H{i}": (act.Sleep(3),) for i in range(4)}})
    model = make(decider=script)
    run(model, 4)
    assert sorted(script.asked) == [0, 3]


def test_decisions_are_recorded_before_they_act_with_thought_and_outcome() -> None:
    class Thinker(Script):
        def decide(self, requests: Any) -> list[Decision]:
            return [
                Decision((act.MoveTo("nowhere"),), f"I am {k}", "thinker", "repaired")
                for k in range(len(requests))
            ]

    records = run(make(decider=Thinker()), 1)
    first = records["decisions"][0]
    assert (first.thought, first.outcome, first.decider) == ("I am 0", "repaired", "thinker")
    assert first.actions == '[{"do":"move_to","place":"nowhere"}]'
    assert [r.reason for r in records["rejections"]] == ["there is no place 'nowhere'"] * 4


@pytest.mark.parametrize("count", [0, 3, 5])
def test_a_wrong_number_of_decisions_is_an_error(count: int) -> None:
    class Miscounts(Script):
        name = "miscounts"

        def decide(self, requests: Any) -> list[Decision]:
            return [Decision()] * count

    with pytest.raises(EconSimError, match=rf"gave {count} decisions for 4 requests at step 0"):
        make(decider=Miscounts()).step()


def test_idle_does_nothing_and_time_passes() -> None:
    model = make(village(decider="idle"))
    before = model.town.space.cells.tolist()
    records = run(model, 10)
    changed = ("orders", "sales", "posts", "follows", "consumption", "rejections", "transfers")
    assert not [row for table in changed for row in records[table]]
    assert model.town.space.cells.tolist() == before
    assert {(row.decider, row.actions) for row in records["decisions"]
            if row.kind == "Household"} == {("idle", "[]")}  # fmt: skip
    assert Idle(model.config).name == "idle"


def test_an_unknown_decider_is_named() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'random'"):
        make(decider="randon")
