"""An experiment with everything that claims ask for, and a table in which all checks pass."""

from __future__ import annotations

from typing import Any

from econsim_mesa.evidence.coherence import CHECKS, CheckTable
from econsim_mesa.evidence.coherence.check_table import judge

MEASURES = {"units Cafe": 10.0, "revenue Cafe": 500.0, "visits Cafe": 20.0}
"""Measure -> what the full model gives in a synthetic world."""


def target(measure: str = "units Cafe", **changes: Any) -> dict[str, Any]:
    """Return a target that the synthetic world meets, and a naive baseline does not."""
    value = MEASURES.get(measure, 10.0)
    return {
        "name": f"{measure} a week",
        "measure": measure,
        "population": "adults",
        "place": "Springfield",
        "period": "May 2020",
        "observed": value * 1.02,
        "interval": [value * 0.9, value * 1.1],
        "before": [value * 0.6, value * 0.7],
        "before_source": "the same survey, 2018 and 2019",
        "source": "Somebody (2020)",
        "doi": "10.1234/springfield.2020",
        "licence": "facts",
        "used_in_calibration": False,
        **changes,
    }


def targets_file() -> dict[str, Any]:
    """Return what a file of three targets holds."""
    return {"format": 1, "targets": [target(measure) for measure in MEASURES]}


EXTERNAL: dict[str, Any] = {
    "population": "adults",
    "place": "Springfield",
    "period": "May 2020",
    "targets": "observed.json",
    "reviewer": {
        "name": "Ada Outside",
        "affiliation": "Institute Elsewhere",
        "statement": "I compared the figures with the tables of the survey.",
    },
}
NULLS: dict[str, Any] = {
    "random": {"decider": "random"},
    "utility": {"decider": "utility"},
    "shuffled feed": {"social.feed": "shuffled"},
    "frozen stress": {"stress.mode": "frozen"},
    "no memory": {"memory.hide": ["all"]},
}
"""Rival explanation -> the setting that makes it one."""
ARMS: dict[str, Any] = {"full": {}, "no stress": {"stress.mode": "off"}, **NULLS}

CLAIMED: dict[str, Any] = {
    "format": 1,
    "name": "study",
    "title": "A study for tests of claims",
    "scenario": "village.json",
    "arms": ARMS,
    "replicates": 2,
    "contrasts": [{"name": "stress", "a": {"arm": "full"}, "b": {"arm": "no stress"}}],
    "plan": {
        "outcome": {"store": "Cafe", "item": "Pie"},
        "keyword": "pie",
        "full": {"arm": "full"},
        "ablation": "stress",
        "nulls": {rival: {"arm": rival} for rival in NULLS},
    },
    "external": EXTERNAL,
}


def coherent(sha256: str, decider: str, *, control_passes: bool = False) -> CheckTable:
    """Return a table in which all passes, and the control as told."""
    good = {"price": -1.0, "hunger": 1.0, "fatigue": 1.0}
    rest = [name for name in CHECKS if name not in good]
    rows = [judge(CHECKS[name], (), (), "not made in this test") for name in rest]
    for name, value in good.items():
        samples = [(value,), (1.1 * value,), (0.9 * value,)]
        flat = [(0.0,), (0.1,), (-0.1,)]
        rows.append(judge(CHECKS[name], samples, samples if control_passes else flat, ""))
    return CheckTable("village", sha256, decider, None, (1, 2, 3), tuple(rows))
