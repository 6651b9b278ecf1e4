"""Everyone who is awake is asked once, in one batch; answers come in the order of the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from towns import Script, make, put, run, village

from econsim_mesa.deciders.idle import Idle
from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.errors import EconSimError, ScenarioError
from econsim_mesa.society.action import Decision


def test_all_are_asked_once_a_step_and_sleepers_not() -> None:
    script = Script({0: {"H1": (Sleep(2),)}})
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
    script = Script({0: {f"H{i}": (Sleep(3),) for i in range(4)}})
    model = make(decider=script)
    run(model, 4)
    assert sorted(script.asked) == [0, 3]


def test_decisions_are_recorded_before_they_act_with_thought_and_outcome() -> None:
    class Thinker(Script):
        def decide(self, requests: Any) -> list[Decision]:
            return [
                Decision((MoveTo("nowhere"),), f"I am {k}", "thinker", "repaired")
                for k in range(len(requests))
            ]

    records = run(make(decider=Thinker()), 1)
    first = records["decisions"][0]
    assert (first.thought, first.outcome, first.decider) == ("I am 0", "repaired", "thinker")
    assert first.actions == '[{"do":"move_to","place":"nowhere"}]'
    assert [r.cause for r in records["rejections"]] == ["no such name"] * 4


@pytest.mark.parametrize("count", [0, 3, 5])
def test_a_wrong_number_of_decisions_is_an_error(count: int) -> None:
    class Miscounts(Script):
        name = "miscounts"

        def decide(self, requests: Any) -> list[Decision]:
            return [Decision()] * count

    with pytest.raises(EconSimError, match=rf"gave {count} decisions for 4 requests at step 0"):
        make(decider=Miscounts()).step()


WRONG: dict[str, tuple[Any, str]] = {
    "nothing at all": (None, "gave NoneType at step 0"),
    "one decision": (Decision(), "gave Decision at step 0"),
    "a number": (4, "gave int at step 0"),
    "by name": ({f"H{i}": Decision() for i in range(4)}, "gave dict at step 0"),
    "a name": ("home", "gave str at step 0"),
    "nothing for one": ([Decision(), None, Decision(), Decision()], "for H1 at step 0 is None"),
    "plain tuples": ([((), "", "mine")] * 4, "for H0 at step 0 is .*not a Decision"),
    "an action alone": ([Decision(MoveTo("home"))] * 4, "H0 .* the actions MoveTo"),  # type: ignore[arg-type]
    "a name for an action": ([Decision(("home",))] * 4, "H0 .* the action 'home'"),  # type: ignore[arg-type]
    "no place": ([Decision((MoveTo(None),))] * 4, r"H0 .* MoveTo\(place=None\), where"),  # type: ignore[arg-type]
    "half a pie": ([Decision((Eat("Pie", 0.5),))] * 4, "H0 .*quantity=0.5.*type"),  # type: ignore[arg-type]
    "a truth for a number": ([Decision((Eat("Pie", True),))] * 4, "quantity=True"),
    "a thought that is none": ([Decision(thought=None)] * 4, "the thought None"),  # type: ignore[arg-type]
    "an outcome of one's own": ([Decision(outcome="acepted")] * 4, "did you mean 'accepted'"),
}


@pytest.mark.parametrize("what", list(WRONG))
def test_what_is_no_decision_is_named_with_its_decider_agent_and_step(what: str) -> None:
    given, said = WRONG[what]

    class Wrong(Script):
        name = "wrong"

        def decide(self, requests: Any) -> Any:
            return given

    with pytest.raises(EconSimError, match=f"the decider 'wrong' .*{said}"):
        make(decider=Wrong()).step()


@pytest.mark.parametrize("given", [None, [None], [(99, "a")], [(0, None)], ["H0"]])
def test_what_is_no_summary_is_named_with_its_decider_and_step(given: Any) -> None:
    class Writes(Script):
        name = "writes"

        def summaries(self, requests: Any) -> Any:
            return given

    with pytest.raises(EconSimError, match=r"decider 'writes' gave .* as a summary at step 0"):
        make(decider=Writes()).step()


def test_numbers_of_numpy_and_lists_of_actions_are_taken() -> None:
    class Counts(Script):
        def decide(self, requests: Any) -> Any:
            eat = Eat(str(np.str_("Pie")), np.int64(1))  # type: ignore[arg-type]
            return (Decision([Sleep(np.float64(2)), eat]) for _ in requests)  # type: ignore[arg-type, list-item]

    records = run(make(decider=Counts()), 1)
    assert records["decisions"][0].actions == (
        '[{"do":"sleep_hours","hours":2.0},{"do":"eat","item":"Pie","quantity":1}]'
    )


def test_idle_does_nothing_and_time_passes() -> None:
    model = make(village(decider="idle"))
    before = model.town.mobility.space.cells.tolist()
    records = run(model, 10)
    changed = ("orders", "sales", "posts", "follows", "consumption", "rejections", "transfers")
    assert not [row for table in changed for row in records[table]]
    assert model.town.mobility.space.cells.tolist() == before
    assert {(row.decider, row.actions) for row in records["decisions"]
            if row.kind == "Household"} == {("idle", "[]")}  # fmt: skip
    assert Idle(model.config).name == "idle"


def test_an_unknown_decider_is_named() -> None:
    with pytest.raises(ScenarioError, match="did you mean 'random'"):
        make(decider="randon")
