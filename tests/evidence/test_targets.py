"""Targets: every one has a band, a place, a year, a source and a licence; gaps are said."""

from __future__ import annotations

from pathlib import Path

import pytest

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.targets import FOLDER, TOO_SMALL, load_targets
from econsim_mesa.scenario import load_scenario

HEAD = (FOLDER / "food.csv").read_text(encoding="utf-8").splitlines()[0]
GOOD = "a,q,0.1,0.2,share,people,Town,2020,Somebody (2020),facts,usable,1,1,seen,n"


def test_what_ships_is_whole_and_says_what_is_not_confirmed() -> None:
    targets = load_targets()
    assert len(targets) == 11
    usable = [one for one in targets.values() if one.status == "usable"]
    assert len(usable) == 6
    assert all(one.confirmed.startswith(("all ", "quantity, band", "exponent")) for one in usable)
    gaps = [one for one in targets.values() if one.status == "check"]
    assert all(" not" in one.confirmed or "only" in one.confirmed for one in gaps)
    assert {"jump_exponent", "gyration_exponent"} <= {
        name for name, one in targets.items() if one.status == "check"
    }


def test_a_tail_is_not_identifiable_in_a_small_town() -> None:
    targets, town = load_targets(), load_scenario("pizza_place")
    assert targets["visitation_exponent"].gap(town) == TOO_SMALL
    assert not targets["food_away_price_elasticity"].gap(town)
    large = load_scenario(
        "crowd", set={"agents.Household.count": 2000, "grid.width": 100, "grid.height": 100}
    )
    assert not targets["visitation_exponent"].gap(large)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Somebody (2020)", "", "source"),
        ("facts", "", "licence"),
        ("0.1", "0.3", "low <= high"),
        ("0.1", "", "no band"),
        ("usable", "good", "status"),
        ("2020,S", ",S", "year"),
        ("seen", "", "confirmed"),
    ],
)
def test_a_target_with_a_gap_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{GOOD.replace(old, new, 1)}\n", encoding="utf-8")
    with pytest.raises(BadInput, match=words):
        load_targets(tmp_path)


def test_an_id_stands_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"{HEAD}\n{GOOD}\n{GOOD}\n", encoding="utf-8")
    with pytest.raises(BadInput, match="twice"):
        load_targets(tmp_path)
