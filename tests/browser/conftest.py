"""Tests of the page in a real Chromium. They run by ``pytest -m browser``, and skip otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import chrome
import hostile
import pytest
from serving import dashboard, econsim

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mine = [item for item in items if HERE in item.path.parents]
    wanted = "browser" in (config.option.markexpr or "")
    lacks = chrome.missing() if wanted else "run by: pytest -m browser tests/browser"
    for item in mine:
        item.add_marker(pytest.mark.browser)
        if lacks:
            item.add_marker(pytest.mark.skip(reason=lacks))


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser saves files."""
    return tmp_path_factory.mktemp("chromium")


@pytest.fixture(scope="session")
def driver(downloads: Path) -> Iterator[Any]:
    with chrome.chromium(downloads) as driver:
        yield driver


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the case study, 120 steps."""
    folder = tmp_path_factory.mktemp("finished")
    econsim(folder, "run", "pizza_place", "--quiet", "--out", "run")
    return folder / "run"


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile.run(tmp_path_factory.mktemp("hostile"))


class Opener:
    """Opens pages; at the end their console may have said nothing bad, nor asked elsewhere."""

    def __init__(self, driver: Any, folder: Path) -> None:
        self.driver, self.folder = driver, folder
        self.stack = ExitStack()
        self.pages: list[chrome.Page] = []

    def __call__(self, *what: str, **environment: str) -> chrome.Page:
        """Serve a dashboard in the folder of the test and open it."""
        running = self.stack.enter_context(dashboard(self.folder, *what, **environment))
        return self.at(running.url)

    def at(self, url: str) -> chrome.Page:
        """Open a page that is served already."""
        page = chrome.Page(self.driver, url)
        page.errors()
        page.strangers()
        self.pages.append(page)
        return page.open()

    def check(self) -> None:
        for page in self.pages:
            assert not page.errors()
            assert not page.strangers()
        self.driver.get("about:blank")


@pytest.fixture
def opened(driver: Any, tmp_path: Path) -> Iterator[Opener]:
    opener = Opener(driver, tmp_path)
    with opener.stack:
        yield opener
        opener.check()


@pytest.fixture(scope="session")
def replay_url(finished: Path) -> Iterator[str]:
    """A dashboard on the finished run, for all tests that change nothing there."""
    with dashboard(finished.parent, str(finished)) as running:
        yield running.url


@pytest.fixture
def replay(opened: Opener, replay_url: str) -> chrome.Page:
    """A fresh page of it."""
    return opened.at(replay_url)
