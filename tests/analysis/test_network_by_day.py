"""How mutual a network is, counted by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from recorded import keep
from towns import Script, make, village

from econsim_mesa.analysis.descriptive.network import reciprocity
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.runs.reader import load_run


def test_reciprocity_and_replies_by_day(tmp_path: Path) -> None:
    acts = {
        0: {"H0": (Follow("H1"), Follow("Cafe")), "H1": (Follow("H0"), Publish("hello"))},
        1: {"H2": (Follow("H0"),), "H0": (Publish("hello", 0),)},
        30: {"H1": (Unfollow("H0"),)},
        50: {"H0": (Unfollow("H1"),), "H2": (Unfollow("H0"),)},
    }
    data = village(social__initial={"k": 0}, steps=72)
    table = reciprocity(load_run(keep(make(data, decider=Script(acts)), tmp_path / "run")))
    assert table["day"].tolist() == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert table["links"].tolist() == [3, 2, 0]
    assert table["reciprocity"].tolist() == pytest.approx([2 / 3, 0, np.nan], nan_ok=True)
    assert table["density"].tolist() == pytest.approx([3 / 12, 2 / 12, 0])
    assert table["followers_sd"].tolist() == pytest.approx(
        [np.std([2, 1, 0, 0]), np.std([1, 1, 0, 0]), 0]
    )
    assert table["posts"].tolist() == [2, 0, 0]
    assert table["replies"].tolist() == pytest.approx([0.5, np.nan, np.nan], nan_ok=True)
