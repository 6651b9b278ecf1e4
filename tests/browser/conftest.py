"""Tests of the page in a real Chromium. They run by ``pytest -m browser``, and skip otherwise."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import chrome
import hostile
import pytest

HERE = Path(__file__).parent
BADLY = re.compile(r"Traceback|^ERROR|\bError\b|CRITICAL", re.MULTILINE)
"""What no log of a server may hold."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    mine = [item for item in items if HERE in item.path.parents]
    wanted = "browser" in (config.option.markexpr or "")
    lacks = chrome.missing() if wanted else "run by: pytest -m browser tests/browser"
    for item in mine:
        item.add_marker(pytest.mark.browser)
        if lacks:
            item.add_marker(pytest.mark.skip(reason=lacks))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    with suppress(OSError), urlopen(url, timeout=5) as reply:
        return bool(reply.status == 200)
    return False


@contextmanager
def command(folder: Path, *arguments: str, **environment: str) -> Iterator[Path]:
    """Run an econsim command in a folder until the end of the block; yield its log."""
    log = folder / f"{arguments[0]}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "econsim_mesa", *arguments],
            cwd=folder,
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            yield log
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def dashboard(folder: Path, *what: str, **environment: str) -> Iterator[str]:
    """Serve the dashboard on something, and find nothing bad in its log at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ("dashboard", *what, "--port", str(port), "--no-browser")
    with command(folder, *arguments, **environment) as log:
        chrome.until(lambda: answers(url), 30, f"{url} does not answer: {log.read_text()}")
        yield url
    said = log.read_text(encoding="utf-8", errors="replace")
    assert not BADLY.search(said), said


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chrome.chromium(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


def econsim(folder: Path, *arguments: str) -> None:
    """Run an econsim command to its end, which must be a good one."""
    done = subprocess.run(
        [sys.executable, "-m", "econsim_mesa", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the case study, 120 steps."""
    folder = tmp_path_factory.mktemp("finished")
    econsim(folder, "run", "pizza_place", "--quiet", "--out", "run")
    return folder / "run"


@pytest.fixture(scope="session")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile.run(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def opened(driver: Any, tmp_path: Path) -> Iterator[Callable[..., chrome.Page]]:
    """Serve dashboards and open them; at the end neither console nor log may say that it is bad.

    Nothing may have been asked of another machine.
    """
    pages: list[chrome.Page] = []
    with ExitStack() as stack:

        def open_page(*what: str, **environment: str) -> chrome.Page:
            url = stack.enter_context(dashboard(tmp_path, *what, **environment))
            pages.append(chrome.Page(driver, url))
            pages[-1].errors()
            pages[-1].strangers()
            return pages[-1].open()

        yield open_page
        for page in pages:
            assert not page.errors()
            assert not page.strangers()
        driver.get("about:blank")
