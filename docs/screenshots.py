"""Make pictures of every panel of the dashboard, light and dark, in a real Chromium.

Needs Chromium, its driver and ``pip install 'econsim-mesa[browser]'``. The runs are made anew in
a folder that is removed; a stand-in answers for the language model. Takes some minutes.

    python docs/screenshots.py                    # docs/images/*.png
    python docs/screenshots.py --out /tmp/images
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from chrome import Page, chromium, missing, pause, until  # noqa: E402
from serving import dashboard, econsim, mock_server  # noqa: E402

STEP = 64
"""The step of the run that is shown: 24 December in the afternoon, in the middle of the sale."""
PANELS = {
    "town": ".ec-area-town",
    "network": ".ec-area-network",
    "charts": ".ec-area-charts",
    "time": ".ec-transport",
}


class Camera:
    """Takes pictures of a page into a folder, each in the present theme."""

    def __init__(self, out: Path) -> None:
        self.out, self.theme = out, "light"
        out.mkdir(parents=True, exist_ok=True)

    def take(self, name: str, what: Any) -> None:
        """Keep a picture of a page or of an element."""
        self.keep(
            name, getattr(what, "screenshot_as_png", None) or what.driver.get_screenshot_as_png()
        )

    def keep(self, name: str, shot: bytes) -> None:
        """Keep a picture with 256 colours: its file is small."""
        from PIL import Image

        path = self.out / f"{name}{f'-{self.theme}' if self.theme else ''}.png"
        picture = Image.open(io.BytesIO(shot)).convert("RGB")
        by = Image.Quantize.MAXCOVERAGE
        picture = picture.quantize(256, method=by, kmeans=3, dither=Image.Dither.NONE)
        picture.save(path, optimize=True)
        print(f"{path}  {path.stat().st_size / 1024:.0f} KB")


def themes(page: Page, camera: Camera, act: Callable[[], None]) -> None:
    """Do something in light and in dark."""
    for theme in ("light", "dark"):
        camera.theme = theme
        if page.script("return !!document.querySelector('.v-application.theme--dark')") != (
            theme == "dark"
        ):
            page.click("[aria-label='Light or dark']")
        pause(0.8)
        act()
    page.click("[aria-label='Light or dark']")


def go_to(page: Page, step: int) -> None:
    """Go to a step by a click on the timeline."""
    page.script(
        """
const line = document.querySelector('.ec-line'), box = line.getBoundingClientRect();
const share = (arguments[0] + 0.5) / (1 + Number(line.getAttribute('aria-valuemax')));
const at = {bubbles: true, clientX: box.left + box.width * share, clientY: box.top + 17};
line.dispatchEvent(new MouseEvent('mousedown', at));
window.dispatchEvent(new MouseEvent('mouseup'));
""",
        step,
    )
    until(lambda: page.step() == step)


def tab(page: Page, name: str) -> None:
    """Open a panel beside the town."""
    number = ("Feed", "Inspect", "Touch", "Ask").index(name) + 1
    page.click(f".ec-area-side [role=tab]:nth-of-type({number})")


def of_a_replay(page: Page, camera: Camera) -> None:
    """Take the page as a whole, and each panel of a replay."""
    go_to(page, STEP - 1)
    page.keys("ARROW_RIGHT")
    until(lambda: page.step() == STEP)
    pause(5)  # until what was just posted has faded

    def panels() -> None:
        page.script("document.querySelector('.econsim-charts').scrollTop = 0")
        tab(page, "Feed")
        pause(0.4)
        camera.take("page", page)
        for name, selector in PANELS.items():
            camera.take(name, page.wait(selector))
        camera.take("feed", page.wait(".ec-area-side"))
        page.click_in_town("Daily Mart")
        page.hover(".ec-brand")
        page.wait("[data-store]")
        pause(0.5)
        camera.take("store", page.wait(".ec-area-side"))
        page.click("[data-store] .ec-shut")
        page.click_in_town("H14")
        page.hover(".ec-brand")
        page.wait("[data-household] .ec-memory")
        camera.take("household", page.wait(".ec-area-side"))
        camera.take("page-household", page)
        page.click("[data-household] .ec-shut")

    themes(page, camera, panels)


def every_chart(page: Page, camera: Camera) -> None:
    """Take all charts at once, in a tall window."""
    go_to(page, 119)

    def tall() -> None:
        page.resize(1280, 1340)
        page.script(
            "document.querySelector('.ec-body').style.gridTemplateRows = '300px minmax(0, 1fr)'"
        )
        pause(0.8)
        camera.take("all-charts", page.wait(".ec-area-charts"))
        page.resize(1280, 800)
        page.script("document.querySelector('.ec-body').style.gridTemplateRows = ''")

    themes(page, camera, tall)


def of_a_live_town(page: Page, camera: Camera) -> None:
    """Take what only a live town of a language model has: touch, ask, its costs, the form."""
    page.wait(".ec-speed", 120)
    page.click(".ec-hints .ec-button")
    page.choose(".ec-speed", "60")
    page.click("[aria-label=Play]")
    until(lambda: page.step() >= 5, 90)
    page.click("[aria-label=Pause]")
    pause(1)
    page.click_in_town("H2")
    page.hover(".ec-brand")
    page.wait("[data-household=H2] .ec-memory")
    tab(page, "Ask")
    page.type(".ec-ask textarea", "What did you buy, and why?")
    page.click(".ec-ask form button")
    page.wait(".ec-answer", 30)

    def panels() -> None:
        tab(page, "Ask")
        pause(0.3)
        camera.take("ask", page.wait(".ec-area-side"))
        tab(page, "Touch")
        pause(0.3)
        camera.take("touch", page.wait(".ec-area-side"))
        camera.take("live", page)
        page.click(".ec-bar .ec-button.main")
        page.wait(".ec-dialog")
        pause(0.3)
        camera.take("set-up", page.wait(".ec-dialog"))
        page.click(".ec-dialog [aria-label=Close]")

    themes(page, camera, panels)


def main() -> int:
    """Make all pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args()
    if lacks := missing():
        print(f"error: {lacks}", file=sys.stderr)
        return 2
    camera = Camera(options.out)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        driver = stack.enter_context(chromium(folder / "profile"))
        econsim(folder, "run", "pizza_place", "--quiet", "--out", "run")
        with dashboard(folder, "run") as running:
            page = Page(driver, running.url).open()
            page.wait(".econsim-chart")
            page.click(".ec-hints .ec-button")
            of_a_replay(page, camera)
            every_chart(page, camera)
        mock = stack.enter_context(mock_server(folder))
        town = folder / "town.json"
        town.write_text(language_model_town(f"{mock.url}/v1"), encoding="utf-8")
        with dashboard(folder, str(town)) as running:
            of_a_live_town(Page(driver, running.url).open(), camera)
        econsim(folder, "experiment", "pizza_place", "--set", "replicates=4", "--out", "study")
        with dashboard(folder, "study") as running:
            page = Page(driver, running.url).open()
            page.wait(".ec-statement", 60)
            themes(page, camera, lambda: camera.take("experiment", page))
        of_the_evidence(folder, Page(driver, (folder / "study/report.html").as_uri()), camera)
    return 0


def of_the_evidence(folder: Path, report: Page, camera: Camera) -> None:
    """Take the report of the experiment, and keep the figures of its analysis."""
    econsim(folder, "report", "study")
    econsim(folder, "analyze", "study")
    report.driver.get(report.url)
    camera.theme = ""
    camera.take("report", report)
    for figure in ("heat", "coefficients"):
        camera.keep(figure, (folder / "study" / "analysis" / f"{figure}.png").read_bytes())


def language_model_town(url: str) -> str:
    """Return the case study with a language model that decides, as JSON."""
    from econsim_mesa.scenario import load_scenario, to_json

    settings = {"decider": "llm", "llm.model": "stand-in", "llm.base_url": url}
    return to_json(load_scenario("pizza_place", set=settings | {"llm.max_calls": 3600}))


if __name__ == "__main__":
    sys.exit(main())
