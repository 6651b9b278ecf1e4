"""The page by keyboard, in a narrow window, and under a pointer that rests; the report narrow."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import chrome
import pytest
from chrome import Page, pause, until
from serving import econsim

from econsim_mesa.runs.folders import is_run
from econsim_mesa.runs.reader import load_run

FOCUS = "return (document.activeElement.closest('[role=dialog]') ? 'form' : document.activeElement"
FOCUS += ".innerText.trim())"
SIDES = """
const e = document.querySelector(arguments[0]);
e.scrollIntoView({block: 'center'});
const box = e.getBoundingClientRect();
return [box.left, box.right, box.top, box.bottom];
"""
NARROW = (390, 844)


def test_the_keyboard_opens_a_form_stays_in_it_and_comes_back(replay: Page) -> None:
    page = replay
    page.wait(".econsim-chart")
    page.keys("TAB", "SPACE")
    page.wait(".ec-dialog")
    page.keys("ARROW_RIGHT", "SPACE")
    pause(0.6)
    assert (page.step(), page.count("[aria-label=Play]")) == (0, 1)
    for key in ("TAB",) * 14:
        page.keys(key)
        assert page.script(FOCUS) == "form"
    page.keys("ESCAPE")
    until(lambda: page.count(".ec-dialog") == 0)
    assert page.script(FOCUS) == "Open or set up"


def test_the_keyboard_selects_households_and_stores(replay: Page) -> None:
    page = replay
    page.wait(".ec-feed li")
    page.script("document.querySelector('.ec-town canvas').focus()")
    for key, name in (("ARROW_RIGHT", "H0"), ("ARROW_DOWN", "H10"), ("ARROW_LEFT", "H9")):
        page.keys(key)
        page.wait(f"[data-household={name}]")
        assert page.text(".ec-town [role=status]") == name
    page.keys("END")
    page.wait("[data-store]")
    assert page.step() == 0
    page.keys("ESCAPE")
    until(lambda: "Click a household" in page.text(".ec-area-side"))


def test_space_plays_whatever_was_clicked_before(replay: Page) -> None:
    page = replay
    page.wait(".ec-feed li")
    page.wait(".ec-area-side [role=tab]:nth-of-type(2)").click()
    page.keys("SPACE")
    until(lambda: page.count("[aria-label=Pause]") == 1)
    page.keys("SPACE")
    until(lambda: page.count("[aria-label=Play]") == 1)


def test_a_tip_tells_of_the_step_that_is_shown(replay: Page, finished: Path) -> None:
    page = replay
    page.wait(".ec-feed li")
    page.click_in_town("Pizza Place")
    told = load_run(finished).table("stores").query("store == 'Pizza Place'")["visitors"].tolist()
    other = next(step for step, visitors in enumerate(told) if visitors > told[0] + 1)
    page.keys(*("ARROW_RIGHT",) * other)
    until(lambda: page.step() == other)
    until(lambda: f"{told[other]} visitors" in page.text(".ec-town .ec-tip"))


def test_another_town_has_charts_of_its_own_and_a_folder_that_is_named(
    opened: Callable[..., Page], tmp_path: Path
) -> None:
    page = opened("two_towns")
    page.wait(".econsim-chooser input", 60)
    keyword = "return document.querySelector('.econsim-chooser input').value"
    assert page.script(keyword) == "pasta"
    page.click(".ec-bar .ec-button.main")
    page.choose(".ec-from select", "pizza_place")
    until(lambda: "Christmas" in page.text(".ec-dialog"))
    name = ".ec-dialog input[placeholder='by its time']"
    page.type(name, "../away")
    page.click(".ec-dialog footer .main")
    until(lambda: "cannot name a folder" in page.text(".ec-dialog"))
    page.type(name, "my-town")
    page.click(".ec-dialog footer .main")
    until(lambda: "Christmas" in page.text(".ec-name"))
    until(lambda: page.script(keyword) == "pizza")
    assert "Pizza Place" in page.text("[data-chart=sales]")
    page.click("button[aria-label=Step]")
    until(lambda: is_run(tmp_path / "runs" / "my-town"), why="the folder that was named")


@pytest.fixture
def narrow(replay: Page) -> Iterator[Page]:
    replay.wait(".econsim-chart")
    replay.resize(*NARROW)
    yield replay
    replay.resize(1280, 800)


def test_a_narrow_window_reaches_everything(narrow: Page) -> None:
    def reached(selector: str) -> None:
        left, right, top, bottom = narrow.script(SIDES, selector)
        assert 0 <= left < right <= NARROW[0], selector
        assert top < NARROW[1], selector
        assert bottom > 0, selector

    for area in ("town", "network", "charts", "side"):
        reached(f".ec-area-{area}")
    reached(".ec-line")
    reached(".ec-transport > .ec-button:last-child")
    narrow.click(".ec-bar .ec-button.main")
    narrow.wait(".ec-dialog")
    reached(".ec-dialog")
    reached(".ec-dialog footer .main")


def test_the_report_fits_a_narrow_window(driver: Any, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "run")
    econsim(tmp_path, "report", "run")
    chrome.resize(driver, *NARROW)
    driver.get((tmp_path / "run" / "report.html").as_uri())
    until(lambda: driver.find_elements("css selector", "table"))
    wide = driver.execute_script("return document.documentElement.scrollWidth")
    chrome.resize(driver, 1280, 800)
    assert wide <= NARROW[0]
