"""The report says what is wrong with what a server counted, and what it says its calls cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.evidence.bundle_contents import BundleContents
from econsim_mesa.evidence.claims import claims_of
from econsim_mesa.evidence.report.page import page
from econsim_mesa.runs.summary import SUMMARY
from econsim_mesa.scenario import load_scenario

CALLS: dict[str, Any] = {"calls": 8, "repair_turns": 0, "faults": {}}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, ()),  # a run of before
        ({"doubts": [], "cost": None}, ()),
        ({"doubts": ["far <fewer> tokens"], "cost": 0.5}, ("far &lt;fewer&gt; tokens", "0.5")),
    ],
)
def test_doubts_and_a_cost_that_a_server_told_stand_under_quality(
    more: dict[str, Any], said: tuple[str, ...], tmp_path: Path
) -> None:
    summary = {"total": {"rejected_actions": 0}, "calls": CALLS | more}
    (tmp_path / SUMMARY).write_text(json.dumps(summary), encoding="utf-8")
    town = load_scenario("pizza_place")
    contents = BundleContents(tmp_path, None, town, summary, None, {}, {}, None, False, ())
    text = page(contents, claims_of(contents))
    assert all(words in text for words in said)
    assert ("as the server tells it" in text) == bool(said)
