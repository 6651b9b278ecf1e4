"""An experiment with everything that claims ask for, and a table in which all checks pass."""

from __future__ import annotations

from typing import Any

from econsim_mesa.evidence.coherence import CHECKS, Table
from econsim_mesa.evidence.coherence.session import judge

TARGET = {
    "name": "pies a week",
    "measure": "units Cafe",
    "low": -1e6,
    "high": 1e6,
    "observed": 10.0,
    "naive": 1e7,
    "source": "Somebody (2020)",
    "licence": "facts",
    "used_in_calibration": False,
}
MEASURES = ("units Cafe", "revenue Cafe", "visits Cafe")
EXTERNAL: dict[str, Any] = {
    "population": "adults",
    "place": "Springfield",
    "period": "May 2020",
    "targets": [{**TARGET, "measure": one} for one in MEASURES],
    "reviewer": {"name": "Ada Outside", "affiliation": "Institute Elsewhere"},
}
ARMS = {"full": {}, "no stress": {"stress.mode": "off"}, "random": {"decider": "random"}}
RIVALS = ("random", "utility", "shuffled feed", "frozen stress", "no memory")
NULLS = {rival: {"arm": "random"} for rival in RIVALS}


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
        "nulls": NULLS,
    },
    "external": EXTERNAL,
}


def coherent(sha256: str, decider: str, *, control_passes: bool = False) -> Table:
    """Return a table in which all passes, and the control as told."""
    good = {"price": -1.0, "hunger": 1.0, "fatigue": 1.0}
    rest = [name for name in CHECKS if name not in good]
    rows = [judge(CHECKS[name], (), (), "not made in this test") for name in rest]
    for name, value in good.items():
        samples = [(value,), (1.1 * value,), (0.9 * value,)]
        flat = [(0.0,), (0.1,), (-0.1,)]
        rows.append(judge(CHECKS[name], samples, samples if control_passes else flat, ""))
    return Table("village", sha256, decider, None, (1, 2, 3), tuple(rows))
