"""Small towns for tests: a scenario of a few households, and deciders that do as they are told."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import Action, Decision
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests

VILLAGE: dict[str, Any] = {
    "format": 1,
    "name": "village",
    "title": "A village for tests",
    "exclusions": ["Everything that these tests do not need."],
    "data_sources": [],
    "steps": 48,
    "decider": "idle",
    "keywords": ["pie"],
    "clock": {"start": "2026-01-05T00:00", "step_minutes": 60},
    "grid": {"width": 6, "height": 6},
    "currency": {"name": "coin"},
    "items": {
        "Pie": {"price": 100, "nutrition": 3.0, "keeps_steps": 2},
        "Tea": {"price": 20, "nutrition": 0.1},
        "Bread": {"price": 50, "nutrition": 2.0, "keeps_steps": 5},
        "Flour": {"price": 30, "nutrition": 1.0, "decimals": 2},
        "Cart": {"price": 400, "speed": 3},
    },
    "agents": {
        "Household": {"count": 4, "cash": 1000},
        "Restaurant": {"Cafe": {"at": [1, 1], "sells": {"Pie": {"stock": 9}, "Tea": {"stock": 9}}}},
        "Retailer": {
            "Shop": {
                "at": [4, 4],
                "sells": {
                    "Bread": {"stock": 9},
                    "Flour": {"stock": 900},
                    "Cart": {"stock": 1},
                },
            }
        },
    },
    "social": {"initial": {"k": 1}},
    "stress": {"stressors": {"hunger": {}, "fatigue": {}, "congestion": {}, "money": {}}},
}


def village(**changes: Any) -> dict[str, Any]:
    """Return the village's scenario with dotted paths (``__`` for a dot) set to other values."""
    data = copy.deepcopy(VILLAGE)
    for dotted, value in changes.items():
        *path, last = dotted.split("__")
        here = data
        for key in path:
            here = here.setdefault(key, {})
        here[last] = value
    return data


def parsed(data: Mapping[str, Any]) -> Scenario:
    return Scenario.model_validate_json(json.dumps(data))


def make(data: Mapping[str, Any] | None = None, seed: int = 1, **options: Any) -> EconModel:
    """Return a model of a scenario given as a dict; the village unless given."""
    return EconModel(parsed(village() if data is None else data), seed=seed, **options)


class Script:
    """Does what the test says: step -> agent's name -> actions. Remembers who was asked."""

    name: ClassVar[str] = "script"

    def __init__(self, acts: Mapping[int, Mapping[str, tuple[Action, ...]]] | None = None) -> None:
        self.acts = {t: dict(some) for t, some in (acts or {}).items()}
        self.asked: dict[int, list[str]] = {}

    def decide(self, requests: Requests) -> list[Decision]:
        view = requests.view
        names = [view.roster.names[agent] for agent in requests.agents]
        self.asked.setdefault(view.t, []).extend(names)
        acts = self.acts.get(view.t, {})
        return [Decision(tuple(acts.get(name, ())), decider=self.name) for name in names]


def put(model: EconModel, places: Mapping[int, tuple[int, int]]) -> None:
    """Put households into cells, between two steps."""
    rows = np.array(list(places), dtype=np.int64)
    xs, ys = np.array(list(places.values()), dtype=np.int64).T
    model.town.mobility.space.place(rows, xs, ys, model.town.t)


def run(model: EconModel, steps: int) -> dict[str, list[Any]]:
    """Run some steps and return their records, table by table."""
    found: dict[str, list[Any]] = {}
    for _ in range(steps):
        model.step()
        for table, rows in model.town.records.rows.items():
            found.setdefault(table, []).extend(rows)
    return found
