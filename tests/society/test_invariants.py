"""Random small towns, random deciders: whatever happens, the rules of the town hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from towns import make, village
from witness import Witness

STEPS = 20
ITEMS = ("Pie", "Tea", "Bread", "Flour", "Cart")
STORES = ("Cafe", "Shop")
ACTIVE = [None, ["08:00", "14:00"]]


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    return {
        name: {
            "price": draw(st.integers(0, 300)),
            "nutrition": draw(st.sampled_from([0.0, 0.5, 3.0])),
            "decimals": draw(st.integers(0, 2)),
            "keeps_steps": draw(st.none() | st.integers(1, 4)),
            "speed": draw(st.none() | st.integers(1, 4)),
        }
        for name in ITEMS
    }


@st.composite
def stores(draw: st.DrawFn, cell: tuple[int, int], names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "at": cell,
        "sells": {
            name: {
                "price": draw(st.none() | st.integers(0, 300)),
                "stock": draw(st.none() | st.integers(0, 300)),
            }
            for name in names
        },
        "acceptance": draw(st.sampled_from(["auto", "decide"])),
        "capacity_per_step": draw(st.none() | st.integers(1, 3)),
        "partial_fill": draw(st.booleans()),
        "decider": draw(st.sampled_from([None, "random", "idle"])),
        "cash": draw(st.integers(0, 100)),
    }


def moments() -> st.SearchStrategy[list[int]]:
    return st.tuples(st.integers(0, 10), st.integers(1, 10)).map(lambda p: [p[0], p[0] + p[1]])


@st.composite
def triggers(draw: st.DrawFn, records: bool = True) -> dict[str, Any]:
    kinds = ["at", "every", "day", "between", "probability", *(["after"] if records else [])]
    kind = draw(st.sampled_from(kinds))
    if kind == "at":
        return {"at": draw(st.integers(0, STEPS))}
    if kind == "every":
        return {"every": draw(st.integers(1, 6))}
    if kind == "day":
        return {"every": "day"}
    if kind == "between":
        return {"between": draw(moments())}
    if kind == "probability":
        return {"probability": draw(st.sampled_from([0.0, 0.3, 1.0]))}
    record = draw(st.sampled_from(["sales", "orders", "rejections", "consumption"]))
    return {"after": {"record": record}}


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            [
                "promotion",
                "price_change",
                "consumption_tax",
                "restock",
                "supply_change",
                "salary",
                "grant",
                "subsidy",
                "keep_out",
                "scripted_posts",
            ]
        )
    )
    item, store = draw(st.sampled_from(("Pie", "Tea"))), draw(st.sampled_from(STORES))
    lasting = {"when": {"between": draw(moments()), "probability": draw(st.none() | st.just(0.7))}}
    once = {"when": draw(triggers())}
    details: dict[str, dict[str, Any]] = {
        "promotion": {**lasting, "store": store, "percent": draw(st.integers(0, 100)) / 1.0},
        "price_change": {**once, "item": item, "percent": draw(st.integers(-100, 150)) / 1.0},
        "consumption_tax": {**once, "rate": draw(st.sampled_from([0.0, 0.08, 0.333, 1.0]))},
        "restock": {
            **once,
            "mode": draw(st.sampled_from(["top_up", "add"])),
            "level": draw(st.none() | st.integers(0, 50)),
        },
        "supply_change": {**once, "factor": draw(st.sampled_from([0.0, 0.5, 1.7]))},
        "salary": {**once, "amount": draw(st.integers(0, 500))},
        "grant": {**once, "item": "Bread", "quantity": draw(st.integers(0, 4)), "share": 0.5},
        "subsidy": {
            "when": {"after": {"record": "sales"}},
            "percent": draw(st.sampled_from([0.0, 12.34, 100.0])),
        },
        "keep_out": {**lasting, "cells": [[draw(st.integers(0, 3)), draw(st.integers(0, 3))]]},
        "scripted_posts": {
            "when": draw(triggers(records=False)),
            **draw(st.sampled_from([{"author": "Cafe"}, {"author": "Herald", "account": True}])),
            "texts": ["Pie 20% off!", "Nothing new."],
            "per_day": draw(st.sampled_from([None, 3, [0, 5]])),
        },
    }
    return {"type": kind, **details[kind]}


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    width, height = draw(st.integers(4, 7)), draw(st.integers(4, 7))
    walls = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=4))
    cafe, shop = (1, 1), (3, 3)
    active = draw(st.sampled_from(ACTIVE))
    torus = draw(st.booleans())
    stress = {"hunger": {}, "fatigue": {}, "congestion": {}, "money": {}, "sleep": {}}
    return village(
        steps=STEPS,
        decider="random",
        clock={
            "start": "2026-01-05T08:00",
            "step_minutes": 60,
            "active": active,
            "overnight": draw(st.sampled_from(["home", "stay"])),
        },
        grid={
            "width": width,
            "height": height,
            "torus": torus,
            "closed": [cell for cell in dict.fromkeys(walls) if cell not in (cafe, shop)],
        },
        items=draw(items()),
        agents={
            "Household": {
                "count": draw(st.integers(1, 8)),
                "cash": {"uniform": [0, draw(st.integers(0, 3000))]},
                "endowment": {"Bread": draw(st.integers(0, 3)), "Cart": draw(st.integers(0, 1))},
                "speed": draw(st.integers(1, 2)),
            },
            "Restaurant": {"Cafe": draw(stores(cafe, ("Pie", "Tea", "Bread")))},
            "Retailer": {"Shop": draw(stores(shop, ("Pie", "Tea", "Flour", "Cart")))},
            "Government": draw(st.sampled_from([None, {"name": "Council", "cash": 300}])),
        },
        market__consumption_tax=draw(st.sampled_from([0.0, 0.1, 0.25])),
        social={
            "follow_cap": draw(st.integers(1, 3)),
            "initial": {"k": 1},
            "discovery": draw(st.integers(0, 2)),
            "feed": draw(st.sampled_from(["on", "blocked", "shuffled"])),
            "recommender": {"name": "two_hop", "suggestions": draw(st.integers(0, 2))},
        },
        stress={
            "stressors": stress,
            "mode": draw(st.sampled_from(["on", "off", "frozen", "shuffled"])),
            "warm_start": draw(st.booleans()),
        },
        memory={"steps": 6, "hide": draw(st.sampled_from([[], ["all"], ["prices"]]))},
        events=draw(st.lists(events(), max_size=6)),
    )


@pytest.mark.soak
@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(data=scenarios(), seed=st.integers(0, 2**31))
def test_the_rules_hold_at_every_step(data: dict[str, Any], seed: int) -> None:
    model = make(data, seed=seed)
    witness = Witness(model)
    while model.running:
        witness.step()
    assert model.town.t == STEPS - 1


def test_the_bundled_towns_keep_the_rules() -> None:
    from econsim_mesa.society.model import EconModel

    for name, decider in (("two_towns", "utility"), ("pizza_place", "random")):
        model = EconModel(name, seed=3, steps=60, decider=decider)
        witness = Witness(model)
        while model.running:
            witness.step()
        assert sum(witness.sold.values()) > 0
