"""Small experiments for tests: the village, a few steps, a few seeds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from towns import village

from econsim_mesa.experiment import Design, load_design

STUDY: dict[str, Any] = {
    "format": 1,
    "name": "study",
    "title": "A study for tests",
    "scenario": "village.json",
    "set": {"decider": "utility", "agents.Household.count": 6},
    "factors": {"stress.mode": ["on", "off"], "social.feed": ["on", "blocked"]},
    "replicates": 2,
    "contrasts": [
        {"name": "stress", "a": {"stress.mode": "on"}, "b": {"stress.mode": "off"}},
        {
            "name": "stress read",
            "a": {"stress.mode": "on", "social.feed": "on"},
            "b": {"stress.mode": "off", "social.feed": "on"},
        },
    ],
    "hypotheses": [
        {
            "statement": "Stress that is felt sells pies.",
            "contrast": "stress",
            "expected": "positive",
            "refuted_by": "An interval below 0.",
        }
    ],
    "plan": {"outcome": {"store": "Cafe", "item": "Pie"}, "keyword": "pie"},
}


def write(folder: Path, town: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Write the village and the study, with top-level keys changed (``...`` takes one out)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "village.json").write_text(json.dumps(town or village(steps=30)))
    data = {key: one for key, one in (STUDY | changes).items() if one is not ...}
    path = folder / "study.json"
    path.write_text(json.dumps(data))
    return path


def study(folder: Path, **changes: Any) -> Design:
    """Return the study as it is loaded from a file."""
    return load_design(write(folder, **changes))
