"""A page that goes away takes no more calls with it, and what it showed is found again."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import chrome
from chrome import Page, pause, until
from serving import dashboard, econsim, mock_server
from test_page_live import llm, scenario, the_run

from econsim_mesa.runs.reader import load_run

Opened = Callable[..., Page]


def last_called(folder: Path) -> tuple[int, int]:
    """Return the last step in which a model was called, and how many calls there were so far."""
    steps = [row[0] for row in load_run(folder).rows("calls")]
    return max(steps, default=-1), len(steps)


def test_no_step_begins_after_the_browser_is_killed(tmp_path: Path) -> None:
    with (
        mock_server(tmp_path, "--latency", "50") as mock,
        dashboard(tmp_path, str(llm(tmp_path, mock.url, 120, max_calls=None))) as running,
        chrome.chromium(tmp_path / "profile") as driver,
    ):
        page = Page(driver, running.url).open()
        page.choose(".ec-speed", "60")
        page.click("[aria-label=Play]")
        page.wait(".ec-dialog[aria-label='Most calls'] [name=calls]")
        assert not (tmp_path / "runs").exists(), "no call before it is said how many"
        page.click(".ec-dialog footer .main")
        until(lambda: page.step() >= 3)
        folder = the_run(tmp_path)
        os.kill(driver.capabilities["goog:processID"], signal.SIGKILL)
        begun, _ = last_called(folder)
        pause(1.0)  # a step under way ends, and ten more could be made
        stood = last_called(folder)
        assert stood[0] <= begun + 1
        pause(1.0)
        assert last_called(folder) == stood


def test_a_page_that_is_loaded_again_shows_its_run_which_can_go_on(
    opened: Opened, tmp_path: Path
) -> None:
    page = opened(str(scenario(tmp_path, steps=4)))
    for step in range(2):
        page.click("[aria-label=Step]")
        until(lambda step=step: page.step() == step)
    folder = the_run(tmp_path)
    until(lambda: f"runs/{folder.name}" in page.text(".ec-saved"))
    page.driver.refresh()
    page.wait(".ec-go-on").click()
    until(lambda: page.text(".ec-mode").lower() == "live", why="it goes on")
    page.keys("ARROW_RIGHT")
    until(lambda: page.step() == 2)
    assert the_run(tmp_path) == folder
    page.keys(" ")
    until(lambda: load_run(folder).meta["status"] == "finished")
    econsim(tmp_path, "replay", str(folder))
