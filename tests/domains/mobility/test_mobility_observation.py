"""What a household is shown of places stands in lines of a prompt."""

from __future__ import annotations

from econsim_mesa.domains.mobility.observation import MobilitySection
from econsim_mesa.society.wording import PLAIN


def test_it_is_shown_where_it_is_and_goes_and_who_is_near() -> None:
    section = MobilitySection(3, 4, (0, 1), "7,2", False, ("H2", "H1"), 5, 2)
    assert list(section.lines("alphabetical", PLAIN)) == [
        "[place] 3,4; home 0,1; going to 7,2",
        "[near] H1, H2 here; 5 others within 2 cells",
    ]


def test_where_homes_do_not_count_it_is_told_who_is_out() -> None:
    at_home = MobilitySection(0, 1, (0, 1), "", True, (), 0, 1, homes=False)
    assert list(at_home.lines("given", PLAIN)) == ["[place] 0,1; home 0,1; you are at home"]
    visited = MobilitySection(0, 1, (0, 1), "", True, ("H2",), 0, 1, homes=False)
    assert list(visited.lines("given", PLAIN))[1] == "[near] H2 here"
    away = MobilitySection(3, 4, (0, 1), "", False, (), 2, 1, homes=False)
    assert list(away.lines("given", PLAIN))[1] == "[near] 2 others out within 1 cell"


def test_at_home_alone() -> None:
    section = MobilitySection(0, 1, (0, 1), "", True, (), 0, 0)
    assert list(section.lines("given", PLAIN)) == [
        "[place] 0,1; home 0,1; you are at home",
        "[near] 0 others in your cell",
    ]
