"""A real Chromium that talks to this machine only, and what a test asks of a page in it."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-device-scale-factor=1",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)

SOLARAS_OWN = "Failed to evaluate Vue script and find module.exports, falling back to old method"
"""A warning that any page of Solara makes, an empty one too."""
PALE = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
"""Returns texts that are hard to read."""


def missing() -> str | None:
    """Return what a browser test needs and this machine lacks; None: nothing."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "Selenium is not installed (pip install 'econsim-mesa[browser]')"
    if not _browser():
        return "there is no Chromium on PATH"
    if not shutil.which("chromedriver"):
        return "there is no chromedriver on PATH (Debian: chromium-driver)"
    return None


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def chromium(profile: Path, size: tuple[int, int] = (1280, 800)) -> Iterator[Any]:
    """Yield a driver of a headless Chromium with a fresh profile; files it saves go there."""
    from selenium import webdriver

    os.environ["SE_OFFLINE"] = "true"
    options = webdriver.ChromeOptions()
    options.binary_location = _browser() or ""
    for flag in (*FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver") or "")
    driver = webdriver.Chrome(options=options, service=service)
    try:
        resize(driver, *size)
        allowed = {"behavior": "allow", "downloadPath": str(profile)}
        driver.execute_cdp_cmd("Browser.setDownloadBehavior", allowed)
        yield driver
    finally:
        driver.quit()


def resize(driver: Any, width: int, height: int) -> None:
    """Give the page a size, in pixels."""
    view = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", view)


def until(what: Callable[[], T], seconds: float = 20, why: str = "") -> T:
    """Return the first true value of ``what``; raise ``TimeoutError`` when there is none."""
    end = time.monotonic() + seconds
    while not (value := what()):
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s: {why or what}")
        time.sleep(0.02)
    return value


def pause(seconds: float) -> None:
    """Wait: for what must not happen meanwhile."""
    time.sleep(seconds)


def saved(path: Path) -> bytes | None:
    """Return the content of a file that the browser saved; None: not yet. It is removed."""
    if not path.is_file() or path.with_name(path.name + ".crdownload").exists():
        return None
    content = path.read_bytes()
    if content:
        path.unlink()
    return content or None


class Page:
    """An open dashboard, and what tests ask of it."""

    def __init__(self, driver: Any, url: str) -> None:
        self.driver, self.url = driver, url

    def open(self, path: str = "/") -> Page:
        """Go to the page and wait until its frame is there."""
        self.driver.get(self.url + path)
        self.wait(".econsim")
        return self

    def resize(self, width: int, height: int) -> None:
        """Give the page another size, in pixels."""
        resize(self.driver, width, height)

    def script(self, code: str, *arguments: Any) -> Any:
        """Run JavaScript and return what it returns."""
        return self.driver.execute_script(code, *arguments)

    def all(self, selector: str) -> list[Any]:
        """Return the elements that a CSS selector finds."""
        found: list[Any] = self.driver.find_elements("css selector", selector)
        return found

    def count(self, selector: str) -> int:
        """Return how many elements a CSS selector finds."""
        return int(self.script("return document.querySelectorAll(arguments[0]).length", selector))

    def wait(self, selector: str, seconds: float = 20) -> Any:
        """Return the first element that the selector finds, once there is one."""
        return until(lambda: self.all(selector), seconds, selector)[0]

    def text(self, selector: str) -> str:
        """Return the text of the first element that the selector finds; '' for none."""
        code = "const e = document.querySelector(arguments[0]); return e ? e.innerText : ''"
        return str(self.script(code, selector))

    def click(self, selector: str) -> None:
        """Click the first element that the selector finds, as a user's mouse would."""
        self.wait(selector)
        code = """
const e = document.querySelector(arguments[0]);
e.scrollIntoView({block: 'center'});
const at = {bubbles: true, cancelable: true, view: window};
for (const kind of ['mousedown', 'mouseup', 'click']) e.dispatchEvent(new MouseEvent(kind, at));
"""
        self.script(code, selector)

    def content(self, selector: str) -> str:
        """Return the text of an element word for word, whether it is in sight or not."""
        code = "const e = document.querySelector(arguments[0]); return e ? e.textContent : ''"
        return str(self.script(code, selector))

    def keys(self, *names: str) -> None:
        """Press keys one after the other: characters, or names such as ``ARROW_RIGHT``."""
        from selenium.webdriver import ActionChains, Keys

        chain = ActionChains(self.driver)
        for name in names:
            chain.send_keys(getattr(Keys, name, name))
        chain.perform()

    def type(self, selector: str, words: str) -> None:
        """Put words into a field, in place of what is there."""
        from selenium.webdriver.common.keys import Keys

        self.wait(selector).send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.BACKSPACE, words)

    def choose(self, selector: str, value: str) -> None:
        """Choose an option of a list by its value."""
        from selenium.webdriver.support.select import Select

        options = [one.get_attribute("value") for one in Select(self.wait(selector)).options]
        Select(self.wait(selector)).select_by_index(options.index(value))

    def hover(self, selector: str) -> None:
        """Move the mouse over the middle of an element."""
        from selenium.webdriver import ActionChains

        element = self.wait(selector)
        self.script("arguments[0].scrollIntoView({block: 'center'})", element)
        ActionChains(self.driver).move_to_element(element).perform()

    def click_in_town(self, name: str) -> None:
        """Click a household, or the name of a store, where the town draws it."""
        from selenium.webdriver import ActionChains

        canvas = self.wait(".ec-town canvas")
        time.sleep(0.6)  # it walks to its place
        spot = self.script("return arguments[0].locate(arguments[1])", canvas, name)
        across, down = (canvas.size[side] / 2 for side in ("width", "height"))
        mouse = ActionChains(self.driver)
        mouse.move_to_element_with_offset(canvas, spot["x"] - across, spot["y"] - down)
        mouse.click().perform()

    def step(self) -> int:
        """Return the step that the timeline stands at."""
        code = "return document.querySelector('.ec-line').getAttribute('aria-valuenow')"
        return int(self.script(code))

    def errors(self) -> list[str]:
        """Return what the console says is wrong, and forget it."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] in ("SEVERE", "WARNING") and SOLARAS_OWN not in entry["message"]
        ]

    def strangers(self) -> list[str]:
        """Return the addresses of other machines that the page asked for since the last call."""
        messages = (json.loads(entry["message"]) for entry in self.driver.get_log("performance"))
        asked = [
            message["message"]["params"]["request"]["url"]
            for message in messages
            if message["message"]["method"] == "Network.requestWillBeSent"
        ]
        own = (self.url, self.url.replace("http", "ws"), "data:", "blob:", "chrome")
        return [address for address in asked if not address.startswith(own)]
