"""The page of a run opens from disk without Python or a network, and shows the run's figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chrome
import pytest
from chrome import Page, until
from econsim_mesa.visualization.prompt_view import parts_of
from serving import econsim

from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.reader import Run, load_run

SIZES = ((1920, 1080), (1280, 800), (390, 844))
STEP = 65


@pytest.fixture(scope="module")
def files(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the page of the finished run, and that of a fork of it."""
    folder = tmp_path_factory.mktemp("files")
    econsim(folder, "page", str(finished), "--out", "run.html", "--quiet")
    branch = finished.with_name("calm")
    how = ("--at", "60", "--set", "stress.mode=off", "--out", str(branch), "--quiet")
    econsim(folder, "fork", str(finished), *how)
    econsim(folder, "page", str(branch), "--out", "fork.html", "--quiet")
    return folder


@pytest.fixture
def offline(driver: Any) -> Iterator[Any]:
    def network(off: bool) -> None:
        driver.execute_cdp_cmd("Network.enable", {})
        limits = {"offline": off, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", limits)

    network(off=True)
    yield driver
    network(off=False)
    chrome.resize(driver, 1280, 800)


def opened(driver: Any, file: Path) -> Page:
    page = Page(driver, file.as_uri())
    page.errors()
    page.strangers()
    page.open("")
    page.wait(".econsim-chart")
    return page


def seek(page: Page, step: int) -> None:
    page.keys("HOME")
    days, rest = divmod(step, 12)
    for _ in range(days):
        page.script(KEY, "ArrowRight", True)
    for _ in range(rest):
        page.script(KEY, "ArrowRight", False)
    until(lambda: page.step() == step, why=f"step {step}")


KEY = """
document.dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], shiftKey: arguments[1]}));
return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
"""


def choose(page: Page, name: str) -> None:
    """Walk to a household or store with the arrow keys of the town."""
    canvas = page.wait(".ec-town canvas")
    page.script("arguments[0].focus()", canvas)
    for _ in range(40):
        page.keys("ARROW_RIGHT")
        if page.text(".ec-town .ec-unseen") == name:
            return
    raise AssertionError(f"{name} cannot be reached")


def headline_of(run: Run, step: int) -> list[str]:
    """Return the day's items, money and posts up to a step, reckoned from the records."""
    since = step - step % 12
    span = f"{since} <= step <= {step}"
    sales = run.sales.query(span)
    posts = run.posts.query(f"{span} and kind == 'Household'")
    return [f"{sales['quantity'].sum():,}", f"{sales['amount'].sum():,}", f"{len(posts):,}"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_file_shows_the_figures_of_the_run(
    offline: Any, files: Path, finished: Path, size: tuple[int, int]
) -> None:
    run = load_run(finished)
    chrome.resize(offline, *size)
    page = opened(offline, files / "run.html")
    seek(page, STEP)
    shown = [part.text for part in page.all(".ec-headline b")]
    assert shown[:3] == headline_of(run, STEP)
    choose(page, "Pizza Place")
    page.wait("[data-store='Pizza Place']")
    sold = run.sales.query(f"step <= {STEP} and store == 'Pizza Place' and item == 'Pizza'")
    stock = run.stocks.query(f"step == {STEP} and store == 'Pizza Place' and item == 'Pizza'")
    cells = [page.content(f"[data-store] tbody tr td:nth-of-type({k})") for k in (3, 4)]
    assert cells == [str(stock["quantity"].item()), str(sold["quantity"].sum())]
    choose(page, "H4")
    page.wait("[data-household=H4]")
    own = run.agents.query(f"step == {STEP} and agent == 'H4'")
    assert f"{own['cash'].item():,} yen" in page.content("[data-household=H4]")
    levels = [round(own[kind].item()) for kind in ("hunger", "fatigue", "congestion", "money")]
    assert [int(part.text) for part in page.all(".ec-stress b")] == levels
    sent = prompt_at(finished, "H4", STEP).user
    assert page.content(".ec-memory").strip() == parts_of(sent)["memory"]
    assert page.content("pre[data-part=user]") == sent
    wide = page.script("return document.documentElement.scrollWidth <= window.innerWidth")
    assert wide
    assert not page.errors()
    assert not page.strangers()


def test_hints_are_shown_until_they_were_read(offline: Any, files: Path) -> None:
    page = opened(offline, files / "run.html")
    page.script("window.localStorage.clear()")
    page.driver.refresh()
    page.click(".ec-hints .ec-button")
    until(lambda: page.count(".ec-hints") == 0)
    page.driver.refresh()
    page.wait(".econsim-chart")
    assert page.count(".ec-hints") == 0


def test_it_plays_and_stops_at_the_end(offline: Any, files: Path) -> None:
    page = opened(offline, files / "run.html")
    seek(page, 110)
    page.choose(".ec-speed", "60")
    page.click("[aria-label=Play]")
    until(lambda: page.step() == 119, why="it plays to the end")
    until(lambda: page.count("[aria-label=Play]") == 1, why="it stops there")
    assert not page.errors()


def test_a_fork_stands_beside_its_parent(offline: Any, files: Path, finished: Path) -> None:
    page = opened(offline, files / "fork.html")
    assert page.text(".ec-mode").lower() == "fork"
    assert "stress.mode=off from Wed 24 Dec 09:00" in page.text(".ec-changed")
    page.keys("END")
    until(lambda: page.step() == 119)
    assert page.count(".ec-compare .econsim-chart") == 2
    page.click(".ec-area-network [role=tab]:nth-of-type(2)")
    page.wait(".ec-area-network .ec-town canvas")
    assert not page.errors()
    assert not page.strangers()
