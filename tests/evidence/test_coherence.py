"""Coherence checks: the embedded model passes what the random agent fails, by paired forks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest
from statsmodels.stats.proportion import proportion_confint
from towns import parsed, village

from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.coherence import CHECKS, CheckTable, check_all, table_of, write_table
from econsim_mesa.evidence.coherence.check_runner import decider_factory
from econsim_mesa.evidence.coherence.check_table import judge
from econsim_mesa.evidence.coherence.decisions import thought_names_actions
from econsim_mesa.evidence.coherence.estimates import mean_estimate, share_estimate, slope
from econsim_mesa.evidence.coherence.lab import Fork, Lab
from econsim_mesa.evidence.coherence.scripted_histories import (
    closed_store,
    endowed_with_food,
    history_at_home,
    history_of_visits,
    history_setting_out,
    history_with_walk,
    history_without_meals,
)
from econsim_mesa.evidence.coherence.setups import Setup, baseline_history
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.action import Action, Decision
from econsim_mesa.society.requests import Requests

pytestmark = pytest.mark.soak  # checks of whole towns

TOWN = load_scenario("pizza_place", set={"agents.Household.count": 20})
QUICK = ("price", "hunger", "fatigue", "feasibility")


NO_FOOD_KEEPS = {
    "Pie": {"price": 100, "nutrition": 3.0, "keeps_steps": 2},
    "Tea": {"price": 20},
    "Bread": {"price": 50},
    "Flour": {"price": 30},
    "Cart": {"price": 400},
}


def lab_of(*deciders: str, seed: int = 1) -> Lab:
    setup = Setup(TOWN, seed)
    return Lab(setup, {name: decider_factory(name) for name in deciders})


@pytest.fixture(scope="session")
def checked() -> CheckTable:
    """Return some checks of the embedded model in three small towns."""
    return check_all(TOWN, (1, 2, 3), only=QUICK)


def test_the_embedded_model_passes_what_the_random_agent_fails(checked: CheckTable) -> None:
    rows = {row.check: row for row in checked.rows}
    for name in ("price", "hunger", "fatigue"):
        assert rows[name].status == "passed", rows[name]
        assert rows[name].control in ("failed", "undecided")
    assert rows["price"].high is not None
    assert rows["price"].high < 0
    assert rows["hunger"].low is not None
    assert rows["hunger"].low > 0


def test_who_is_random_passes_nothing_that_is_not_void(checked: CheckTable) -> None:
    for row in checked.rows:
        other = judge(CHECKS[row.check], row.control_samples, row.control_samples, "")
        assert other.status in ("failed", "undecided", "void")


def test_a_check_that_the_random_agent_passes_is_void() -> None:
    price = CHECKS["price"]
    good, flat = [(-1.0,), (-1.1,), (-0.9,)], [(0.0,), (0.1,), (-0.1,)]
    assert judge(price, good, flat, "").status == "passed"
    assert judge(price, good, good, "").status == "void"
    assert judge(price, flat, good, "").status == "void"
    assert judge(price, [(1.0,), (1.1,), (0.9,)], good, "").status == "failed"
    assert judge(price, [], [], "why").status == "not applicable"


def test_an_interval_that_holds_the_threshold_decides_nothing() -> None:
    price, flat = CHECKS["price"], [(0.0,), (0.0,), (0.0,)]
    row = judge(price, [(-1.0,), (-0.5,), (0.3,)], flat, "")
    assert (row.status, row.control) == ("undecided", "failed")
    assert row.low is not None
    assert row.high is not None
    assert row.low < 0 < row.high
    assert row.needs is not None
    assert row.needs > 3
    assert row.reason == f"needs about {row.needs} seeds"
    assert judge(price, [(-1.0,), (0.0,), (1.0,)], flat, "").needs is None
    assert judge(price, [(-1.0,), (None,), (None,)], flat, "").status == "undecided"


def test_a_share_keeps_its_bound_with_its_interval() -> None:
    nights = CHECKS["nights"]
    assert nights.judge([(95, 100), (97, 100)]).outcome == "passed"
    assert nights.judge([(60, 100), (62, 100)]).outcome == "failed"
    assert nights.judge([(82, 100), (81, 100)]).outcome == "undecided"
    assert nights.judge([(10, 10)])[::4] == (None, 2)
    assert nights.judge([(0, 0)])[::4] == (None, None)
    alike, apart = (nights.judge(of) for of in ([(180, 200)] * 4, [(120, 200)] + [(200, 200)] * 3))
    assert alike.value == apart.value == 0.9
    assert (alike.outcome, apart.outcome) == ("passed", "undecided")


def test_a_rule_of_several_parts_is_as_good_as_its_worst() -> None:
    stress, flat, felt = CHECKS["stress off"], (0.0, 0.0, 0.0), (0.1, 0.11, 0.09)

    def outcome(off: tuple[float, ...], on: tuple[float, ...]) -> str:
        return stress.judge(list(zip(off, on, strict=True))).outcome

    assert outcome(flat, felt) == "passed"
    assert outcome(felt, felt) == "failed"
    assert outcome(flat, flat) == "failed"
    assert outcome((0.0, 0.1, -0.1), felt) == "undecided"
    feasible = CHECKS["feasibility"].judge
    assert feasible([(100, 100, 0), (200, 200, 0)]).outcome == "passed"
    assert feasible([(100, 100, 0), (200, 200, 1)]).outcome == "failed"


def test_answers_that_are_text_are_counted_without_a_control() -> None:
    row = judge(CHECKS["validity"], [(100, 0, 100), (300, 0, 300)], [(100, 0, 100)], "")
    assert (row.status, row.control, row.control_samples) == ("passed", None, ())
    bad = judge(CHECKS["validity"], [(80, 20, 100), (250, 50, 300)], (), "")
    assert bad.status == "failed"


def test_what_cannot_be_shown_says_why_and_is_no_pass() -> None:
    for scenario, decider in ((TOWN, "utility"), (load_scenario("two_towns"), "utility")):
        reasons = {name: one.reason_against(scenario, decider) for name, one in CHECKS.items()}
        assert reasons["persona"] == "traits do not act on an embedded decider"
        assert reasons["thought"] == "this decider gives no reasons"
        assert bool(reasons["nights"]) == (scenario is TOWN)
    assert CHECKS["persona"].reason_against(TOWN, "llm") == "the households have no personas"


def test_forks_share_their_luck_and_part_only_where_they_are_told() -> None:
    lab = lab_of("utility")
    one, same = lab.baseline_future(Fork(steps=2)), lab.baseline_future(Fork(steps=2, repeat=1))
    assert one.decisions == same.decisions
    assert one.records == same.records
    dear = tuple({"type": "price_change", "item": item, "percent": 400} for item in TOWN.items)
    other = lab.baseline_future(Fork(steps=2, events=dear))
    assert other.decisions != one.decisions
    assert (
        other.positions[lab.setup.fork_step].x.tolist()
        == one.positions[lab.setup.fork_step].x.tolist()
    )


def test_the_past_is_never_that_of_who_is_checked() -> None:
    lab = lab_of("random", "utility")
    first = lab.scripted_future(Fork(), history_at_home(lab.setup))
    lab.decider = "utility"
    second = lab.scripted_future(Fork(), history_at_home(lab.setup))
    assert first.model is second.model
    assert {one.decision.decider for one in first.decisions} == {"random"}
    assert {one.decision.decider for one in second.decisions} == {"utility"}
    deciders = {
        decision.decider for some in baseline_history(lab.setup).values() for _, decision in some
    }
    assert deciders == {"utility"}


def test_scripted_pasts_differ_in_the_body_alone() -> None:
    lab = lab_of("idle")
    levels = {}
    for steps in (1, 24):
        town = lab.scripted_future(
            Fork(build=endowed_with_food(lab.setup)), history_without_meals(lab.setup, steps)
        ).model.town
        levels[steps] = float(town.stress.own[:, town.stress.names.index("hunger")].mean())
        assert town.mobility.space.at_home().all()
    assert levels[24] > levels[1] + 20
    tired = {}
    for cells in (0, 24):
        town = lab.scripted_future(
            Fork(build=endowed_with_food(lab.setup)), history_with_walk(lab.setup, cells)
        ).model.town
        tired[cells] = float(town.visit_memory.walked.mean())
        tired[cells, "at"] = (town.mobility.space.x.tolist(), town.mobility.space.y.tolist())
    assert tired[0, "at"] == tired[24, "at"]
    assert tired[24] > tired[0] + 5


def test_a_closed_store_is_closed_to_all_and_known_to_those_who_tried() -> None:
    lab = lab_of("idle")
    fork = Fork(build=closed_store(lab.setup, 0))
    for past, told in ((history_at_home(lab.setup), 0), (history_setting_out(lab.setup, 0), 20)):
        town = lab.scripted_future(fork, past).model.town
        assert town.mobility.space.closed[town.mobility.store_cells[0]]
        assert town.mobility.space.at_home().all()
        assert sum("is closed" in town.memory.summary(i, 700) for i in range(20)) == told
        assert (town.visit_memory.view().closed(town.t) == 0).sum() == told


def test_who_was_turned_away_goes_elsewhere() -> None:
    lab = lab_of("utility", "random")
    share, *_ = CHECKS["keep-out"].sample(lab)
    assert share is not None
    assert share < 0
    lab.decider = "random"
    assert CHECKS["keep-out"].sample(lab)[0] in (0.0, None)


def test_an_emptied_store_is_seen_empty_by_those_who_are_there() -> None:
    lab = lab_of("idle")
    past, when, there = history_of_visits(lab.setup, 0)
    assert len(there) > 10
    town = lab.scripted_future(Fork(emptied=(0, when)), past).model.town
    full = lab.scripted_future(Fork(), past).model.town
    assert town.visit_memory.sold_out[list(there)].any(axis=(1, 2)).all()
    assert not full.visit_memory.sold_out.any()
    assert town.mobility.space.at_home().all()


@pytest.mark.parametrize(
    ("thought", "agrees"),
    [
        ("I go to Cafe and eat Pie, then tell everybody.", True),
        ("I go to Cafe.", False),
        ("", False),
    ],
)
def test_a_thought_must_name_every_action(thought: str, agrees: bool) -> None:
    actions = (MoveTo("Cafe"), Eat("Pie", 1), Publish("Nice pie"))
    assert thought_names_actions(thought, Decision(actions, thought)) is agrees


def test_a_verb_of_a_users_own_is_named_by_its_words_or_by_those_it_gives() -> None:
    class GiveBack(Action):
        verb: ClassVar[str] = "give_back"
        number: int

    class Lend(GiveBack):
        verb: ClassVar[str] = "lend"
        spoken: ClassVar[str] = "credit|loan"

    assert thought_names_actions("I take it BACK.", Decision((GiveBack(1),)))
    assert thought_names_actions("A loan for H1", Decision((Lend(1),)))
    assert not thought_names_actions("I lend it.", Decision((Lend(1), GiveBack(2))))


def test_a_false_word_about_the_own_past_is_counted() -> None:
    class Liar:
        name = "utility"

        def decide(self, requests: Any) -> list[Decision]:
            said = Publish("I bought Rice this morning. I would have bought Soup")
            return [Decision((said, PlaceOrder("Pizza Place", "Pizza", 1, 1)))] * len(requests)

    lab = Lab(Setup(TOWN, 1), {"liar": lambda told: Liar()})
    false, strange, claims = CHECKS["memory"].sample(lab)
    assert claims == lab.setup.follow_steps * 20
    assert false
    assert strange
    assert false > claims / 2
    assert CHECKS["memory"].judge([(false, strange, claims)]).outcome == "failed"
    assert CHECKS["memory"].judge([(0, 60, 100), (0, 70, 200)]).outcome == "passed"
    assert CHECKS["memory"].judge([(0, 0, 300)]).outcome == "failed"
    row = judge(CHECKS["memory"], [(0, 3, 4), (0, 1, 1)], (), "")
    assert row.reason == "too few cases to count; about 8 seeds would give enough"


def test_a_town_where_little_can_be_checked_still_has_a_table() -> None:
    town = parsed(village(decider="utility", items=NO_FOOD_KEEPS))
    table = check_all(town, (1, 2, 3), only=("hunger", "validity"))
    assert [row.status for row in table.rows] == ["not applicable", "not applicable"]


def test_a_table_is_judged_anew_from_its_numbers(checked: CheckTable, tmp_path: Path) -> None:
    path = write_table(tmp_path, checked)
    told = json.loads(path.read_text())
    assert table_of(told) == checked
    for row in told["rows"]:
        row |= {"status": "passed", "value": -9.0, "control": "failed", "needs": 4}
    assert table_of(told) == checked
    with pytest.raises(BadInput, match="no table"):
        table_of({"rows": [{"check": "price"}]})


def test_bad_words_are_refused() -> None:
    with pytest.raises(BadInput, match="give 3 or more"):
        check_all(TOWN, (1,))
    with pytest.raises(BadInput, match="did you mean 'price'"):
        check_all(TOWN, (1, 2, 3), only=("prize",))


def test_the_figures() -> None:
    assert mean_estimate([2.0])[:3] == (2.0, None, None)
    mean, low, high, n, spread = mean_estimate([1.0, 2.0, 3.0])
    assert (mean, round(low or 0, 3), round(high or 0, 3)) == (2.0, -0.484, 4.484)
    assert (n, spread) == (3, 1.0)
    assert slope([0.0, 1.0, 3.0], [1.0, 2.0, 4.0]) == pytest.approx(1.0)
    none, every = share_estimate([(0, 10), (0, 5)]), share_estimate([(10, 10), (5, 5)])
    assert (none.low, every.high) == (0.0, 1.0)
    assert none.high == pytest.approx(proportion_confint(0, 15, method="wilson")[1])


class OrdersPizza:
    """Orders a pizza and says that it goes for it, wherever it is."""

    name: ClassVar[str] = "orders"

    def decide(self, requests: Requests) -> list[Decision]:
        order = PlaceOrder("Pizza Place", "Pizza", 1, 2)
        return [
            Decision((order, MoveTo("Pizza Place"))[: 1 + agent % 2]) for agent in requests.agents
        ]


@pytest.mark.parametrize("intentions", [True, False])
def test_an_order_at_a_store_elsewhere_is_one_trip(intentions: bool) -> None:
    scenario = load_scenario(TOWN, set={"market.intentions": intentions})
    lab = Lab(Setup(scenario, 1), {"orders": lambda _: OrdersPizza()})
    future = lab.scripted_future(Fork(), history_at_home(lab.setup))
    (positions,) = future.positions.values()
    elsewhere = {i for i, store in enumerate(positions.standing.tolist()) if store != 0}
    walking = {i for i in range(20) if i % 2}
    going = [observed.household for observed, _ in future.trips()]
    assert sorted(going) == sorted(walking | (elsewhere if intentions else set()))
