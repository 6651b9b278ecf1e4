"""The case study, small: the fixture ``case`` makes its runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from econsim_mesa.experiment import Design
from econsim_mesa.experiment.measures import RunMeasures

CASE: dict[str, Any] = {
    "name": "case",
    "title": "The case study, small",
    "scenario": "pizza_place",
    "set": {"steps": 84},
    "factors": {"stress.mode": ["on", "off"]},
    "replicates": 6,
    "contrasts": [{"name": "stress", "a": {"stress.mode": "on"}, "b": {"stress.mode": "off"}}],
    "hypotheses": [
        {
            "statement": "Sales rise and fall with talk.",
            "condition": {"stress.mode": "on"},
            "measure": "verdict",
            "expected": "inverted U",
            "refuted_by": "A curve that bends upward or still rises.",
        },
        {
            "statement": "Stress makes the bend.",
            "contrast": "stress",
            "measure": "b2",
            "expected": "negative",
            "refuted_by": "An interval above 0.",
        },
        {
            "statement": "Sales rise with talk without stress.",
            "condition": {"stress.mode": "off"},
            "measure": "b1",
            "expected": "positive",
            "refuted_by": "An interval below 0.",
        },
        {
            "statement": "Sentiment spreads with talk.",
            "condition": {"stress.mode": "on"},
            "measure": "spread slope",
            "expected": "positive",
            "refuted_by": "An interval below 0.",
        },
    ],
    "plan": {
        "outcome": {"store": "Pizza Place", "item": "Pizza"},
        "keyword": "pizza",
        "warm_up_days": 1,
        "center": 5.0,
        "placebo": {"keyword": "bread", "outcome": {"store": "Daily Mart"}},
        "full": {"stress.mode": "on"},
        "ablation": "stress",
    },
}
Case = tuple[Design, Path, dict[str, RunMeasures]]
