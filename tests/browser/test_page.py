"""The page as its users see it: everything is drawn, plays, stops, opens and can be saved."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import chrome
import numpy as np
import pytest
from chrome import Page, until

from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.reader import load_run

CHARTS = ["sales", "revenue", "posts", "prices", "stress", "sentiment", "cash", "gini", "heat"]
Opened = Callable[..., Page]
DARK = "return !!document.querySelector('.v-application.theme--dark')"


def press(page: Page, name: str) -> None:
    page.click(f"[aria-label={name}]")


def seek(page: Page, step: int) -> None:
    """Go to a step of a replay, by keys."""
    line = page.wait(".ec-line")
    line.click()
    page.keys("HOME")
    until(lambda: page.step() == 0)
    for _ in range(step):
        page.keys("ARROW_RIGHT")
    until(lambda: page.step() == step)


def colours(element: Any) -> int:
    """Return how many colours an element is drawn with."""
    from matplotlib.image import imread

    pixels = imread(io.BytesIO(element.screenshot_as_png), format="png")
    flat = (pixels[..., :3] * 31).round().astype(np.int64).reshape(-1, 3)
    return len(np.unique(flat, axis=0))


ENTRIES = ".ec-feed li:not(.ec-feed-day)"


def test_everything_is_drawn(replay: Page) -> None:
    page = replay
    page.wait(".econsim-chart")
    assert {one.get_attribute("data-chart") for one in page.all(".econsim-chart")} == set(CHARTS)
    seek(page, 5)
    for selector in (
        ".ec-town canvas",
        ".ec-area-network",
        *(f"[data-chart={c}] svg" for c in CHARTS),
    ):
        element = page.wait(selector)
        page.script("arguments[0].scrollIntoView({block: 'center'})", element)
        assert colours(element) > 4, selector
    assert page.count("[data-chart=sales] path") >= 2
    assert page.count("[data-chart=cash] rect") >= 5
    assert page.count(".ec-feed li") > 10
    said = page.text(".ec-banner")
    assert "embedded" in said
    assert "left out" in said


def test_play_runs_pause_stops_and_reset_starts_anew(opened: Opened) -> None:
    page = opened("pizza_place")
    assert page.step() == -1
    page.keys(" ")
    until(lambda: page.step() >= 20, 60, "20 steps")
    press(page, "Pause")
    until(lambda: page.count("[aria-label=Play]") == 1)
    chrome.pause(1.0)
    stood = page.step()
    chrome.pause(1.5)
    assert page.step() == stood
    sales = page.text("[data-chart=sales]")
    page.keys("ARROW_RIGHT")
    until(lambda: page.step() == stood + 1)
    press(page, "Reset")
    until(lambda: page.step() == -1)
    assert page.count(".ec-feed li:not(.ec-feed-none)") == 0
    assert page.text("[data-chart=sales]") != sales
    press(page, "Step")
    until(lambda: page.step() == 0)
    folders = sorted(Path.cwd().glob("runs/*"))
    assert len(folders) == 2
    assert len({load_run(folder).meta["seed"] for folder in folders}) == 1


def test_a_household_opens_with_the_prompt_that_it_would_have_been_sent(
    replay: Page, finished: Path
) -> None:
    page = replay
    seek(page, 12)
    page.click_in_town("H4")
    page.wait("[data-household=H4] .ec-memory")
    page.click(".ec-prompt summary")
    sent = prompt_at(finished, "H4", 12)
    until(lambda: page.content("[data-part=user]") == sent.user)
    assert page.content("[data-part=system]") == sent.system
    page.click("[data-look='10']")
    earlier = prompt_at(finished, "H4", 10).user
    until(lambda: page.content("[data-part=user]") == earlier)
    follows = page.text(".ec-names .ec-tag")
    page.click(".ec-names .ec-tag")
    page.wait(f"[data-household='{follows}']")


def test_a_store_opens_with_shelves_orders_and_charts(replay: Page, finished: Path) -> None:
    page = replay
    seek(page, 20)
    page.click_in_town("Pizza Place")
    page.wait("[data-store='Pizza Place']")
    run = load_run(finished)
    stock = run.stocks.query("step == 20 and store == 'Pizza Place' and item == 'Pizza'")
    row = page.text("[data-store='Pizza Place'] tbody tr")
    assert row.split()[:2] == ["Pizza", "2,000"]
    assert row.split()[3] == str(stock["quantity"].item())
    assert page.count("[data-chart=stock] path") >= 2


def test_the_feed_filters_searches_and_leads_to_households(replay: Page) -> None:
    page = replay
    seek(page, 15)
    page.click(".ec-feed-tools .ec-chip:nth-of-type(2)")
    until(lambda: page.count(".ec-feed li.k-sale") == page.count(ENTRIES) > 0)
    page.type(".ec-feed input[type=search]", "soda")
    texts = "return [...document.querySelectorAll('.ec-feed-words')].map((e) => e.innerText)"
    until(lambda: all("Soda" in text for text in page.script(texts)) and page.script(texts))
    name = page.text(".ec-feed .ec-who")
    page.click(".ec-feed .ec-who")
    page.wait(f"[data-household='{name}']")


def test_what_is_shown_is_saved_as_a_picture_and_a_safe_table(
    opened: Opened, hostile_run: Path, downloads: Path
) -> None:
    page = opened(str(hostile_run))
    seek(page, 2)
    page.click("[data-chart=prices] .econsim-chart-tools button:nth-child(2)")
    table = until(lambda: chrome.saved(downloads / "prices.csv"))
    head, *rows = csv.reader(io.StringIO(table.decode()))
    assert len(rows) == 1
    assert not [cell for cell in head if cell[:1] in "=+-@"]
    assert any(cell.startswith("'=1+1") for cell in head)
    assert rows[0][1] == "2000"
    page.click("[data-chart=prices] .econsim-chart-tools button:nth-child(1)")
    picture = until(lambda: chrome.saved(downloads / "prices.png"))
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 5_000
    page.click(".ec-feed-tools .ec-chip:last-of-type")
    feed = until(lambda: chrome.saved(downloads / "feed.csv"))
    cells = [cell for row in csv.reader(io.StringIO(feed.decode())) for cell in row]
    assert len(cells) > 60
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]


def test_a_chart_tells_values_and_follows_what_is_chosen(replay: Page) -> None:
    page = replay
    seek(page, 30)
    page.choose(".econsim-chooser select", "step")
    until(lambda: "a step" in page.text("[data-chart=sales] .econsim-chart-unit"))
    page.type(".econsim-chooser input", "soup\n")
    until(lambda: "soup" in page.text("[data-chart=posts]"))
    page.hover("[data-chart=sales] svg")
    tip = page.text("[data-chart=sales] .econsim-chart-tip")
    assert "step " in tip
    assert "Daily Mart" in tip
    page.click("[data-chart=sales] .econsim-chart-keys button")
    until(lambda: page.count("[data-chart=sales] .econsim-chart-keys .off") == 1)


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark_can_be_read(replay: Page, dark: bool) -> None:
    page = replay
    page.wait(".econsim-chart")
    if page.script(DARK) != dark:
        page.click("[aria-label='Light or dark']")
    until(lambda: page.script(DARK) == dark)
    pale = page.script(chrome.PALE)
    assert not pale, json.dumps(pale[:10])
