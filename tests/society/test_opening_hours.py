"""Stores with opening hours take and settle orders in them alone, and everybody knows them."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Any

import pytest
from recorded import keep
from towns import Script, make, parsed, put, run, village

from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.economy.opening import UNKNOWN, Opening
from econsim_mesa.errors import ScenarioError
from econsim_mesa.prompts import load_template, render, system_prompt
from econsim_mesa.runs.replay import replay
from econsim_mesa.scenario import load_scenario
from econsim_mesa.scenario.hours import HoursOfWeek, lies_in_week
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Request

CAFE = "agents__Restaurant__Cafe__opens"
AT_CAFE = (1, 1)
CLAIMS = [
    (
        "default",
        {"en": "open at all hours", "ja": "いつでも開いて"},
        {"en": "A store that is closed takes no orders", "ja": "閉まっている店は注文を受けません"},
    ),
    (
        "formal",
        {"en": "Stores do not close", "ja": "終日営業"},
        {
            "en": "A store that is closed accepts no orders",
            "ja": "閉店中の店舗は注文を受け付け",
        },
    ),
    (
        "story",
        {"en": "which never close", "ja": "いつでも開いて"},
        {
            "en": "A store that is closed takes no orders",
            "ja": "閉まっているお店は注文を受け",
        },
    ),
    (
        "brief",
        {"en": "never closed", "ja": "常時営業"},
        {"en": "A closed store takes no orders", "ja": "閉店中の店は注文不可"},
    ),
]
"""Of each style: what says that stores never close, and that a closed one takes no orders."""


def town(opens: Any, acts: Any = None, **changes: Any) -> EconModel:
    model = make(village(**{CAFE: opens, **changes}), decider=Script(acts))
    put(model, {0: AT_CAFE})
    return model


def order(ttl: int = 1) -> dict[str, tuple[PlaceOrder, ...]]:
    return {"H0": (PlaceOrder("Cafe", "Pie", 1, ttl),)}


def test_hours_may_go_over_midnight_and_differ_by_weekday() -> None:
    clock = Clock(datetime(2026, 1, 5), 360)  # a Monday; steps at 0, 6, 12 and 18 o'clock
    late = {"mon": (time(12), time(6)), "wed": (time(6), time(6))}
    opening = Opening([None, late], clock)
    week = [bool(opening.by_hours(t, 1)) for t in range(28)]
    monday, tuesday, wednesday = (
        [False, False, True, True],
        [True] + 3 * [False],
        [False] + 3 * [True],
    )
    assert week == monday + tuesday + wednesday + [True] + 15 * [False]
    assert opening.now(28 + 2).tolist() == [True, True]  # a week later
    assert (opening.opens(0, 1), opening.opens(5, 1), opening.opens(13, 1)) == (2, 9, 30)
    opening.close(1)
    opening.close(1)
    assert (opening.is_open(2, 1), opening.opens(2, 1)) == (False, UNKNOWN)
    opening.reopen(1)
    opening.retune([None, None])
    assert not opening.is_open(2, 1)
    opening.reopen(1)
    assert opening.now(2).all()


def test_a_closed_store_takes_no_order_and_says_when_it_opens() -> None:
    acts = {t: order() for t in (1, 2, 3, 4)}
    records = run(town(["02:00", "04:00"], acts), 5)
    assert [sale.step for sale in records["sales"]] == [2, 3]
    assert [(row.step, row.cause, row.reason) for row in records["rejections"]] == [
        (1, "closed", "Cafe is closed until Mon 02:00: order then"),
        (4, "closed", "Cafe is closed until Tue 02:00: order then"),
    ]


def test_an_order_that_waits_is_not_settled_while_the_store_is_closed() -> None:
    empty = {"agents__Restaurant__Cafe__sells": {"Pie": {"stock": 0}}}
    goods = {"events": [{"type": "restock", "when": {"at": 2}, "mode": "add", "level": 1}]}
    records = run(town({"mon": ["00:00", "02:00"]}, {1: order(3)}, **empty, **goods), 5)
    assert records["sales"] == []
    assert [(row.step, row.cause) for row in records["rejections"]] == [(3, "expired: closed")]
    noon = {"type": "closure", "stores": ["Cafe"], "when": {"between": [2, 3]}}
    goods["events"].append(noon)
    assert [sale.step for sale in run(town(None, {1: order(3)}, **empty, **goods), 5)["sales"]] == [
        3
    ]


def test_a_closure_comes_as_a_surprise_and_is_remembered() -> None:
    event = {"type": "closure", "stores": ["Cafe"], "when": {"hours": ["02:00", "04:00"]}}
    model = town(None, {t: order() for t in (1, 2, 4)}, events=[event])
    records = run(model, 3)
    assert [(row.step, row.detail) for row in records["events"]] == [(2, "closed: Cafe")]
    assert [row.reason for row in records["rejections"]] == [
        "Cafe is closed for now: nobody can order there"
    ]
    remembers = model.town.visit_memory.view().closed(3)
    assert remembers.tolist()[:2] == [0, -1]
    assert [sale.step for sale in run(model, 2)["sales"]] == [4]
    assert "Cafe" not in str(model.town.domains["economy"].rules(model.config)["opening_hours"])


def test_deciders_see_what_is_open_now_and_by_its_hours() -> None:
    event = {"type": "closure", "stores": ["Shop"], "when": {"between": [1, 3]}}
    model = town(["02:00", "04:00"], events=[event])
    run(model, 1)
    view = model.look()
    assert view.economy.open_now.tolist() == [False, False]
    assert view.economy.open_at(0).tolist() == [False, True]
    assert view.economy.open_at(1).tolist() == [True, True]
    ahead = view.economy.open_at(view.mobility.x[:2] * 0 + 3, view.mobility.x[:2] * 0)
    assert ahead.tolist() == [False, False]


def said(model: EconModel, agent: int) -> str:
    view = model.look()
    kind = view.roster.kinds[agent]
    return render(Request(view, agent, kind)).user


def test_prompts_say_the_hours_and_that_a_store_is_closed() -> None:
    daily, weekly = ["11:00", "22:00"], {"sat": ["10:00", "02:00"], "sun": ["00:00", "00:00"]}
    both = village(**{CAFE: daily}, agents__Retailer__Shop__opens=weekly)
    rules = system_prompt(parsed(both), "Household", load_template("default"))
    assert "- Cafe (Restaurant) at 1,1, open 11:00 to 22:00: Pie 100, Tea 20" in rules
    hours = "open 10:00 to 02:00 on Saturday; all day on Sunday: Bread"
    assert hours in rules
    assert "Stores, open at all hours unless it says when" in rules
    plain = system_prompt(parsed(village()), "Household", load_template("default"))
    assert "Stores, open at all hours, with cell" in plain
    assert "[here] Cafe (closed until Mon 11:00): Pie" in said(town(daily), 0)
    cafe = town(daily, agents__Restaurant__Cafe__decider="idle")
    assert "[hours] open 11:00 to 22:00; closed until Mon 11:00" in said(cafe, 4)
    assert "[hours]" not in said(town(None), 4)
    assert "[here] Cafe: Pie" in said(town(None), 0)


def rules_of(style: str, language: str, kind: str = "Household", **changes: Any) -> str:
    data = village(language=language, agents__Restaurant__Cafe__decider="llm", **changes)
    return system_prompt(parsed(data), kind, load_template(style, language))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize(("style", "never", "takes_none"), CLAIMS)
def test_rules_do_not_say_that_stores_never_close_where_they_may(
    style: str, never: dict[str, str], takes_none: dict[str, str], language: str
) -> None:
    claim, closed = never[language], takes_none[language]
    closure = {"type": "closure", "stores": ["Shop"], "when": {"between": [1, 3]}}
    for hours in ({}, {CAFE: ["11:00", "22:00"]}):
        rules = rules_of(style, language, events=[closure], **hours)
        assert claim not in rules
        assert closed in rules
        assert rules.count("- Cafe") == 1
        assert "[hours]" in rules_of(style, language, "Restaurant", events=[closure], **hours)
    assert closed in rules_of(style, language, **{CAFE: ["11:00", "22:00"]})
    plain = rules_of(style, language)
    assert claim in plain
    assert closed not in plain
    assert "[hours]" not in rules_of(style, language, "Restaurant")


def test_hours_of_many_stores_are_those_of_each_step_of_a_week() -> None:
    clock = Clock(datetime(2026, 1, 7, 3), 30)  # a Wednesday
    spans = [(time(8, 10), time(20)), (time(22), time(1, 30)), (time(5), time(5))]
    hours: list[HoursOfWeek] = [{"sun": a, "mon": b} for a in spans for b in spans]
    opening = Opening(hours, clock)
    for t in range(clock.steps_per_week):
        moment = clock.time(t)
        assert opening.now(t).tolist() == [lies_in_week(moment, one) for one in hours]


def test_a_day_that_stands_twice_is_refused_with_one_message() -> None:
    twice = {"mon": ["09:00", "12:00"], "MON": ["13:00", "18:00"]}
    with pytest.raises(ScenarioError, match="give each day once; found mon") as caught:
        load_scenario("pizza_place", set={"agents.Restaurant.Pizza Place.opens": twice})
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("opens", "words"),
    [
        (["11:00"], "opens"),
        ({}, "opens"),
        ({"monday": ["11:00", "12:00"]}, "opens"),
        (["25:00", "26:00"], "opens"),
        (["11:00+01:00", "12:00"], "time zone"),
        (["11:10", "11:50"], "never be open"),
    ],
)
def test_hours_that_cannot_be_are_refused(opens: Any, words: str) -> None:
    path = {"agents.Restaurant.Pizza Place.opens": opens}
    with pytest.raises(ScenarioError, match=words):
        load_scenario("pizza_place", set=path)


def test_nobody_who_draws_legal_actions_is_turned_away_and_all_is_replayed(
    tmp_path: Path,
) -> None:
    closed = {"type": "closure", "stores": ["Cafe"], "when": {"weekdays": ["tue"]}}
    data = village(**{CAFE: ["00:00", "09:00"]}, decider="random", steps=48, events=[closed])
    model = make(data, seed=3)
    put(model, dict.fromkeys(range(4), AT_CAFE))
    records = run(model, 48)
    assert {row.step % 24 < 9 for row in records["sales"] if row.store == "Cafe"} == {True}
    assert "closed" not in {row.cause for row in records["rejections"]}
    folder = keep(make(data, seed=3), tmp_path / "run")
    assert replay(folder) == 48


def test_hours_may_be_changed_while_a_run_goes_on() -> None:
    model = town(["02:00", "04:00"], {t: order() for t in range(6)})
    run(model, 1)
    model.reconfigure({"agents.Restaurant.Cafe.opens": None})
    assert [sale.step for sale in run(model, 2)["sales"]] == [1, 2]
