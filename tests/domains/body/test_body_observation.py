"""What a household is shown of its body stands in a line of a prompt."""

from __future__ import annotations

import pytest

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
