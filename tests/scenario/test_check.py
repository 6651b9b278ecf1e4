"""Cross-references: parts of a scenario that do not fit together are all found, with paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.domains.body.records import Consumption as ConsumptionRecord
from econsim_mesa.domains.economy.records import Order as OrderRecord
from econsim_mesa.domains.economy.records import Payment as PaymentRecord
from econsim_mesa.domains.economy.records import Sale as SaleRecord
from econsim_mesa.domains.social.records import Post as PostRecord
from econsim_mesa.errors import ScenarioError, hint
from econsim_mesa.scenario import load_scenario
from econsim_mesa.scenario.check import MAX_HOUSEHOLD_STEPS
from econsim_mesa.scenario.domains import RECORD_COLUMNS
from econsim_mesa.society import records as definitions

STORE = "agents.Restaurant.Pizza Place"
PERSONA = "agents.Household.persona"

# (overrides, path of the only problem, words in it)
CASES: list[tuple[dict[str, Any], str, str]] = [
    ({f"{STORE}.at": [10, 2]}, f"$.{STORE}.at", "[10, 2] lies outside the grid of 10 x 10"),
    ({f"{STORE}.at": [2, -1]}, f"$.{STORE}.at", "y from 0 to 9"),
    ({f"{STORE}.at": [8, 8]}, "$.agents.Retailer.Daily Mart.at", "already that of 'Pizza Place'"),
    ({"grid.closed": [[2, 2]]}, f"$.{STORE}.at", "is closed"),
    ({f"{STORE}.sells.Piza": {}}, f"$.{STORE}.sells.Piza", "did you mean 'Pizza'?"),
    ({f"{STORE}.decider": "llama"}, f"$.{STORE}.decider", "unknown decider 'llama'"),
    ({"decider": "utilty"}, "$.decider", "did you mean 'utility'?"),
    ({"agents.Household.decider": "idel"}, "$.agents.Household.decider", "did you mean 'idle'?"),
    ({"agents.Household.endowment": {"Rise": 1}}, "$.agents.Household.endowment.Rise", "'Rice'"),
    ({"market.ttl": 30}, "$.market.ttl", "more than max_ttl"),
    ({"stress.stressors.money.basket": {"X": 1}}, "$.stress.stressors.money.basket.X", "item"),
    ({"stress.hide": ["sleep"]}, "$.stress.hide[0]", "unknown stressor 'sleep'"),
    ({"stress.weights": {"hungr": 2}}, "$.stress.weights.hungr", "did you mean 'hunger'?"),
    ({"social.follow_cap": 2}, "$.social.initial.k", "3 is more than follow_cap, which is 2"),
    ({"currency.name": "Rice"}, "$.items.Rice", "name of the currency"),
    ({"grid.closed": [[10, 0]]}, "$.grid.closed[0]", "outside the grid"),
    ({"grid.kinds": {"Park": [[1, 1], [0, 99]]}}, "$.grid.kinds.Park[1]", "outside the grid"),
    (
        {"agents.Government": {"name": "Daily Mart"}},
        "$.agents.Government.name",
        "already that of $.agents.Retailer.Daily Mart",
    ),
    ({"agents.Government": {"name": "H29"}}, "$.agents.Government.name", "name of a household"),
    ({"agents.Government": {"name": "world"}}, "$.agents.Government.name", "reserved"),
    ({"events.2.store": "Piza Place"}, "$.events[2].store", "did you mean 'Pizza Place'?"),
    ({"events.2.items": ["Rice"]}, "$.events[2].items", "'Rice'"),
    ({"events.2.when.between": [5, 5]}, "$.events[2].when.between", "ends before it begins"),
    ({"events.2.when.between": [-1, 5]}, "$.events[2].when.between", "0 or more; found -1"),
    ({"events.0.when.time": "22:00"}, "$.events[0].when.time", "after the last step of the day"),
    ({"events.0.when.time": "09:00Z"}, "$.events[0].when.time", "without a time zone"),
    ({"events.0.when": {"at": "2025-12-20T09:00Z"}}, "$.events[0].when.at", "time zone"),
    (
        {
            "events.0.when.hours": ["09:00Z", "10:00"],
            "events.0.when.every": None,
            "events.0.when.time": None,
        },
        "$.events[0].when.hours",
        "without a time zone",
    ),
    (
        {
            "clock.meals": [
                {"name": "tea", "from": "09:00", "to": "11:00"},
                {"name": "lunch", "from": "10:30", "to": "12:00"},
            ]
        },
        "$.clock",
        "overlap",
    ),
    ({"clock.meals": [{"name": "tea", "from": "09:10", "to": "09:50"}]}, "$.clock", "no step"),
    ({"clock.meals": [{"name": "tea", "from": "09:00Z", "to": "10:00"}]}, "$.clock", "time zone"),
    ({"events.3.author": "H3"}, "$.events[3].author", "household"),
    (
        {"events.0.when": {"after": {"record": "sales", "where": {"itm": "Pizza"}}}},
        "$.events[0].when.after.where.itm",
        "did you mean 'item'?",
    ),
    (
        {"events.0.when": {"after": {"record": "sales", "where": {"item": "Piza"}}}},
        "$.events[0].when.after.where.item",
        "did you mean 'Pizza'?",
    ),
    ({f"{PERSONA}": {"names": ["Ada"]}}, f"$.{PERSONA}.names", "1 entries for 30 households"),
    ({f"{PERSONA}": {"texts": ["x"] * 31}}, f"$.{PERSONA}.texts", "31 entries for 30"),
    ({f"{PERSONA}": {"traits": ["a", "a"]}}, f"$.{PERSONA}.traits", "once"),
    ({"clock.start": "9999-12-25T09:00"}, "$.steps", "year 9999"),
    ({"events.0.amount": 10**15}, "$.events[0].amount", "more than the ledger holds"),
    ({"agents.Household.cash": 10**15, "households": 2000}, "$.agents.Household.cash", "all cash"),
    (
        {"steps": 1_000_000, "households": 6_000, "events.0.amount": 1},
        "$.steps",
        "6,000 households x 1,000,000 steps is too much work",
    ),
    (
        {"stress.stressors.hunger.window": 10**9},
        "$.stress.stressors.hunger.window",
        "too long a history",
    ),
]


@pytest.mark.parametrize(("changes", "path", "words"), CASES, ids=[one[1] for one in CASES])
def test_one_misfit_gives_one_problem(changes: dict[str, Any], path: str, words: str) -> None:
    dotted = dict(changes)
    short = {"households": dotted.pop("households")} if "households" in dotted else {}
    with pytest.raises(ScenarioError) as caught:
        load_scenario("pizza_place", set=dotted, **short)
    assert [problem.path for problem in caught.value.problems] == [path], str(caught.value)
    assert words in caught.value.problems[0].message


def test_a_town_without_stores_or_room_is_refused(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    raw["agents"].update(Restaurant={}, Retailer={})
    raw["events"] = []
    with pytest.raises(ScenarioError, match="there is no store"):
        load_scenario(write(raw))
    closed = [[x, y] for x in range(10) for y in range(10) if (x, y) not in {(2, 2), (8, 8)}]
    with pytest.raises(ScenarioError, match="no open cell without a store is left for homes"):
        load_scenario("pizza_place", set={"grid.closed": closed})
    load_scenario("pizza_place", set={"grid.closed": closed[1:]})


def test_an_unknown_kind_of_store_is_refused(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    raw["agents"]["Retialer"] = {"Corner": {"at": [5, 5], "sells": {"Rice": {}}}}
    with pytest.raises(ScenarioError, match="did you mean 'Retailer'") as caught:
        load_scenario(write(raw))
    assert [problem.path for problem in caught.value.problems] == ["$.agents.Retialer"]


def test_work_up_to_the_limit_is_allowed() -> None:
    steps = MAX_HOUSEHOLD_STEPS // 5_000
    assert load_scenario("pizza_place", households=5_000, steps=steps).steps == steps


def test_misfits_are_reported_together() -> None:
    wrong = {f"{STORE}.at": [99, 0], "stress.hide": ["x"], "events.2.items": ["Gold"]}
    with pytest.raises(ScenarioError) as caught:
        load_scenario("pizza_place", set=wrong)
    assert len(caught.value.problems) == 3


def test_names_of_households_are_their_own(
    raw: dict[str, Any], write: Callable[[object], Path]
) -> None:
    raw["agents"]["Household"]["persona"] = {"names": [f"N{i}" for i in range(30)]}
    load_scenario(write(raw))
    for taken in ("N3", "H3", "Daily Mart"):
        raw["agents"]["Household"]["persona"]["names"][9] = taken
        with pytest.raises(ScenarioError, match="already the name of somebody else"):
            load_scenario(write(raw))


def test_columns_that_set_events_off_are_those_of_the_records() -> None:
    records = {
        "sales": SaleRecord,
        "orders": OrderRecord,
        "posts": PostRecord,
        "rejections": definitions.Rejection,
        "payments": PaymentRecord,
        "consumption": ConsumptionRecord,
    }
    for name, columns in RECORD_COLUMNS.items():
        assert columns.split() == [one for one in records[name]._fields if one != "step"]


def test_long_lists_of_names_are_cut() -> None:
    words = hint("x", [f"H{i}" for i in range(60)])
    assert words.startswith("known: H0, H1, ")
    assert words.endswith("H39 and 20 more")
