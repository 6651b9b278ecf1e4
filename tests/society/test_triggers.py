"""Each trigger lets an event happen in exactly the steps that it names."""

from __future__ import annotations

from typing import Any

import pytest
from towns import Script, make, put, run, village

from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.social.actions import Publish

NIGHTLESS = {"start": "2026-01-05T10:00", "step_minutes": 60, "active": ["09:00", "13:00"]}
"""Four steps a day; the first day has three."""


def firings(when: dict[str, Any], steps: int = 12, **changes: Any) -> list[int]:
    event = {"type": "salary", "when": when, "amount": 1}
    records = run(make(village(steps=steps, events=[event], **changes)), steps)
    assert [row.event for row in records["events"]] == ["salary"] * len(records["events"])
    return [row.step for row in records["events"]]


@pytest.mark.parametrize(
    ("when", "steps"),
    [
        ({}, [0]),
        ({"at": 0}, [0]),
        ({"at": 5}, [5]),
        ({"at": "2026-01-05T10:30"}, [1]),
        ({"at": "2026-01-05T11:00"}, [1]),
        ({"at": "2026-01-05T18:00"}, [3]),
        ({"at": "2025-12-31T18:00"}, [0]),
        ({"every": "day"}, [0, 3, 7, 11]),
        ({"every": "day", "time": "11:00"}, [1, 5, 9]),
        ({"every": "day", "time": "10:10"}, [1, 5, 9]),
        ({"every": "day", "time": "09:00"}, [3, 7, 11]),
        ({"every": 4}, [0, 4, 8]),
        ({"every": "step"}, list(range(12))),
        ({"every": 1, "between": [3, 6]}, [3, 4, 5]),
        ({"between": [3, 6]}, [3, 4, 5]),
        ({"between": ["2026-01-06T00:00", "2026-01-07T00:00"]}, [3, 4, 5, 6]),
        ({"every": "day", "between": ["2026-01-06T00:00", "2026-01-08T00:00"]}, [3, 7]),
        ({"every": 4, "between": [1, 8]}, [4]),
        ({"at": 5, "between": [6, 9]}, []),
        ({"probability": 0.0}, []),
        ({"probability": 1.0}, list(range(12))),
        ({"at": 3, "probability": 1.0}, [3]),
        ({"weekdays": ["mon", "WED"]}, [0, 1, 2, 7, 8, 9, 10]),
        ({"weekdays": ["Tue"], "every": "day", "time": "11:00"}, [5]),
        ({"weekdays": ["tue"], "every": 2}, [4, 6]),
        ({"weekdays": ["tue"], "at": 5}, [5]),
        ({"weekdays": ["tue"], "at": 7}, []),
        ({"hours": ["10:30", "12:00"]}, [1, 4 + 1, 8 + 1]),
        ({"hours": ["12:00", "10:00"]}, [2, 3, 6, 7, 10, 11]),
        ({"hours": ["12:00", "10:00"], "weekdays": ["mon"]}, [2, 3]),
        ({"hours": ["12:00", "12:00"], "between": [1, 4]}, [1, 2, 3]),
    ],
)
def test_a_trigger_by_time(when: dict[str, Any], steps: list[int]) -> None:
    assert firings(when, clock=NIGHTLESS) == steps


def test_what_lasts_goes_on_and_off_day_by_day() -> None:
    shut = {"when": {"weekdays": ["tue"], "hours": ["10:00", "12:00"]}, "type": "keep_out"}
    model = make(village(events=[{**shut, "cells": [[0, 0]]}], clock=NIGHTLESS, steps=40))
    assert [(row.step, row.detail) for row in run(model, 40)["events"]] == [
        (4, "keep out of 1 cell"),
        (6, "1 cell is open again"),
        (32, "keep out of 1 cell"),
        (34, "1 cell is open again"),
    ]


def test_a_daily_dose_of_posts_comes_on_its_weekdays() -> None:
    posts = {"type": "scripted_posts", "author": "Cafe", "texts": ["Pie!"], "per_day": 2}
    event = {**posts, "when": {"weekdays": ["tue"]}}
    records = run(make(village(events=[event], clock=NIGHTLESS)), 12)["posts"]
    assert [3 <= row.step < 7 for row in records] == [True, True]


def test_a_chance_is_drawn_for_each_step_and_event() -> None:
    rare = firings({"probability": 0.3}, steps=400)
    assert 80 < len(rare) < 160
    events = [{"type": "salary", "when": {"probability": 0.5}, "amount": k} for k in (1, 2)]
    records = run(make(village(events=events, steps=60)), 60)["events"]
    by_amount = [{row.step for row in records if f"of {k} " in row.detail} for k in (1, 2)]
    assert by_amount[0] != by_amount[1]


def test_a_record_sets_an_event_off_once_each_in_its_step() -> None:
    acts = {
        0: {"H0": (PlaceOrder("Cafe", "Pie", 1, 1), PlaceOrder("Cafe", "Tea", 1, 1))},
        1: {"H0": (Eat("Pie", 1), Eat("Gold", 1)), "H1": (Publish("Pie!"),)},
    }
    for record, where, steps in [
        ("sales", {}, [0, 0]),
        ("sales", {"item": "Tea"}, [0]),
        ("sales", {"item": "Tea", "buyer": "H1"}, []),
        ("orders", {"store": "Cafe"}, [0, 0]),
        ("consumption", {"household": "H0", "eaten": 1}, [1]),
        ("rejections", {"agent": "H0"}, [1]),
        ("posts", {"kind": "Household"}, [1]),
    ]:
        event = {"type": "grant", "item": "Flour", "quantity": 1, "share": 0.25,
                 "when": {"after": {"record": record, "where": where}}}  # fmt: skip
        model = make(village(events=[event]), decider=Script(acts))
        put(model, {0: (1, 1)})
        records = run(model, 3)
        assert [row.step for row in records["events"]] == steps, (record, where)
        assert model.town.economy.holdings()[0, 3] == len(steps)


def test_a_record_counts_only_while_the_rest_holds() -> None:
    acts = {t: {"H0": (Publish(f"post {t}"),)} for t in range(6)}
    for when, steps in [({"between": [2, 4]}, [2, 3]), ({"probability": 0.0}, [])]:
        event = {"type": "salary", "amount": 1, "when": {"after": {"record": "posts"}, **when}}
        model = make(village(events=[event]), decider=Script(acts))
        assert [row.step for row in run(model, 6)["events"]] == steps


def test_events_happen_in_the_order_of_the_scenario() -> None:
    events = [
        {"type": "grant", "item": "Tea", "quantity": 1},
        {"type": "salary", "amount": 5},
        {"type": "consumption_tax", "rate": 0.1},
    ]
    records = run(make(village(events=events)), 1)
    assert [row.event for row in records["events"]] == ["grant", "salary", "consumption_tax"]
