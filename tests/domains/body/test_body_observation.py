"""What a household is shown of its body stands in a line of a prompt."""

from __future__ import annotations

import pytest

from econsim_mesa.domains.body.observation import BodySection


@pytest.mark.parametrize(
    ("section", "line"),
    [
        (BodySection(5.5, 2.04, True), "[body] last meal 5.5 h ago; walked 2.0 cells lately"),
        (
            BodySection(-1.0, 0.0, False),
            "[body] last meal unknown h ago, nights not counted; walked 0.0 cells lately",
        ),
    ],
)
def test_it_is_shown_hunger_and_how_far_it_walked(section: BodySection, line: str) -> None:
    assert list(section.lines("given")) == [line]
