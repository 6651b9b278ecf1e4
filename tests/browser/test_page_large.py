"""A town of 300 households can be read: nearer and farther, few links, who is clicked opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from chrome import Page, until
from test_page_live import scenario

HOUSEHOLDS = 300
VALUE = "return document.querySelector(arguments[0]).value"
PICTURE = "return document.querySelector('.ec-town canvas').toDataURL()"
INSIDE = """
const canvas = document.querySelector('.ec-town canvas'), box = canvas.getBoundingClientRect();
for (let i = 0; i < arguments[0]; i++) {
  const spot = canvas.locate('H' + i);
  const near = Math.max(Math.abs(spot.x - box.width / 2), Math.abs(spot.y - box.height / 2));
  if (near < 60) return 'H' + i;
}
"""


def test_three_hundred_households_can_be_read(opened: Callable[..., Page], tmp_path: Path) -> None:
    town = scenario(
        tmp_path, steps=6, agents__Household__count=HOUSEHOLDS, grid__width=24, grid__height=24
    )
    page = opened(str(town))
    page.wait(".econsim-chart", 60)
    assert page.script(VALUE, "[aria-label='Links shown']") == "hubs"
    assert page.count(".ec-toggle.on[title='Where households live']") == 0
    whole = page.script(PICTURE)
    for _ in range(4):
        page.click("[aria-label=Nearer]")
    until(lambda: page.script(PICTURE) != whole, why="the town drawn nearer")
    name = page.script(INSIDE, HOUSEHOLDS)
    page.click_in_town(name)
    page.wait(f"[data-household={name}]")
    page.choose("[aria-label='Links shown']", "own")
    page.click("[aria-label=Play]")
    until(lambda: page.step() == 5, 60, why="the last step")
    for _ in range(4):
        page.click("[aria-label=Farther]")
    until(lambda: page.script("return document.querySelector('[aria-label=Farther]').disabled"))
