"""What a household is shown of its body stands in a line of a prompt."""

from __future__ import annotations

import pytest
from towns import make, village

from econsim_mesa.domains.body.observation import BodySection
from econsim_mesa.society.wording import PLAIN


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (BodySection(9, 5.5, 4, 2.04), "[body] last meal step 4; walked 2.0 cells lately"),
        (BodySection(9, 10.0, -1, 0.0), "[body] last meal before step 0; walked 0.0 cells lately"),
        (BodySection(9, -1.0, 4, 0.0), "[body] last meal unknown; walked 0.0 cells lately"),
    ],
)
def test_it_is_shown_its_last_meal_and_how_far_it_walked(section: BodySection, line: str) -> None:
    assert list(section.lines("given", PLAIN)) == [line]


def test_it_is_told_for_which_meal_it_is_time() -> None:
    noon = BodySection(t=9, hours_since_meal=2.0, last_meal=7, walked=0.0, meal_time="lunch")
    (line,) = noon.lines("given", PLAIN)
    assert line.endswith("walked 0.0 cells lately; it is lunch time")


def test_meal_times_are_known_to_prompts_and_deciders() -> None:
    supper = {"name": "night snack", "from": "23:00", "to": "02:00"}
    lunch = {"name": "lunch", "from": "11:30", "to": "14:00"}
    model = make(village(clock__meals=[lunch, supper]))
    assert [model.town.clock.meal_at(t) for t in (1, 2, 11, 12, 13, 14, 23, 25)] == [
        1, None, None, 0, 0, None, 1, 1,
    ]  # fmt: skip
    view = model.look()
    assert view.clock.meals[view.clock.meal_at(view.t)][0] == "night snack"
    body = view.sections(0)["body"]
    assert next(iter(body.lines("given", PLAIN))).endswith("; it is night snack time")
    (plain,) = make(village()).look().sections(0)["body"].lines("given", PLAIN)
    assert " time" not in plain
