"""The page trusts no text: agents', scenarios' and uploads' words are shown, and never run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import hostile
import pytest
from chrome import Page, pause, until
from serving import dashboard, mock_server

Opened = Callable[..., Page]
MADE = "return document.querySelectorAll(arguments[0]).length"
STRANGE = (
    ".econsim img, .econsim iframe, .econsim video, .econsim math, .econsim script, "
    ".econsim a[href], .econsim style, .econsim [onload], .econsim [onerror], .econsim [onfocus]"
)
"""Elements and attributes that only a payload could have made."""


def words(text: str) -> str:
    return " ".join(text.split())


def unharmed(page: Page) -> None:
    """Nothing ran, and nothing was made of text."""
    assert page.script("return window.ran") is None
    assert page.script(MADE, STRANGE) == 0


def shown(page: Page, *texts: str) -> None:
    said = words(page.content(".econsim"))
    for text in texts:
        assert words(text) in said, text


def test_twenty_payloads_in_posts_thoughts_names_and_items_are_text(
    opened: Opened, hostile_run: Path
) -> None:
    page = opened(str(hostile_run))
    page.wait(".ec-feed li")
    for _ in range(2):
        page.click("[aria-label=Step]")
        pause(0.4)
    shown(page, *hostile.PAYLOADS)
    unharmed(page)
    for i in range(0, len(hostile.PAYLOADS), 5):
        page.click(f".ec-feed li:nth-child({i + 1} of :not(.ec-feed-day)) .ec-who")
        page.wait("[data-household] .ec-memory")
        page.click(".ec-prompt summary")
        name = page.text("[data-household] h2")
        number = int(name.removeprefix("H"))
        shown(page, *(f"I think {hostile.said(number, step)}" for step in range(3)))
        shown(page, hostile.PAYLOADS[number])
        unharmed(page)
        page.click("[role=tab]:nth-of-type(1)")
        page.wait(".ec-feed li")
    page.click_in_town("Daily Mart")
    page.wait("[data-store='Daily Mart'] tbody tr")
    shown(page, *hostile.NAMES)
    page.click(".ec-banner .ec-link")
    shown(page, *hostile.PAYLOADS)
    unharmed(page)


def test_an_uploaded_town_is_text_too(opened: Opened, tmp_path: Path) -> None:
    path = tmp_path / "<img src=x onerror=ran>.json"
    path.write_text(json.dumps(hostile.scenario()), encoding="utf-8")
    page = opened("pizza_place")
    upload(page, path)
    until(lambda: words(hostile.PAYLOADS[0]) in words(page.content(".ec-dialog")))
    chosen = "return document.querySelector('.ec-from select').selectedOptions[0].text"
    until(lambda: page.script(chosen) == path.name)
    unharmed(page)
    page.click(".ec-dialog footer .main")
    until(lambda: page.count(".ec-dialog") == 0)
    until(lambda: words(hostile.PAYLOADS[0]) in words(page.content(".ec-bar")))
    page.click("[aria-label=Step]")
    until(lambda: page.step() == 0)
    page.click_in_town("Pizza Place")
    page.wait("[data-store]")
    page.click("[role=tab]:nth-of-type(3)")
    page.wait("form[data-intervention=post]")
    unharmed(page)


def upload(page: Page, path: Path) -> None:
    """Give a file to the form in which a town is set up."""
    page.click(".ec-bar .ec-button.main")
    page.wait(".ec-dialog")
    page.all(".ec-dialog input[type=file]")[0].send_keys(str(path))


BAD = {
    "broken": ("{", "JSON"),
    "key": (json.dumps({hostile.PAYLOADS[1]: 1}), hostile.PAYLOADS[1][:20]),
    "deep": ("[" * 10_000, "nested"),
    "number": ('{"steps": 1e999}', ""),
    "table": ('{"agents": {"Household": {"persona": {"table": {"file": "/etc/passwd"}}}}}', ""),
}


def test_bad_uploads_are_refused_in_place(opened: Opened, tmp_path: Path) -> None:
    page = opened("pizza_place")
    for name, (text, says) in BAD.items():
        path = tmp_path / f"{name}.json"
        path.write_text(text, encoding="utf-8")
        upload(page, path)
        page.wait(".ec-problems li")
        assert says in page.content(".ec-problems"), name
        assert "root:" not in page.content(".ec-problems")
        unharmed(page)
        page.click(".ec-dialog [aria-label=Close]")
        until(lambda: page.count(".ec-dialog") == 0)
    big = tmp_path / "big.json"
    big.write_text(" " * 2_000_001, encoding="utf-8")
    upload(page, big)
    until(lambda: "too long" in page.content(".ec-problems"))
    assert page.script(MADE, ".ec-town canvas") == 1


SPEAK = """
const [url, done] = arguments;
const path = '/jupyter/api/kernels/any/channels?session_id=any';
const line = new WebSocket(url.replace('http', 'ws') + path);
line.onopen = () => { line.close(); done('open'); };
line.onerror = () => done('refused');
"""


def test_a_page_from_elsewhere_on_this_machine_cannot_speak_to_it(
    opened: Opened, tmp_path: Path
) -> None:
    page = opened("pizza_place")
    assert page.driver.execute_async_script(SPEAK, page.url) == "open"
    with mock_server(tmp_path) as elsewhere:
        page.driver.get(f"{elsewhere.url}/v1/models")
        assert page.driver.execute_async_script(SPEAK, page.url) == "refused"
    page.errors()  # the browser says so too
    page.strangers()


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="it reads Linux's list of sockets")
def test_the_page_listens_at_this_machine_only(tmp_path: Path) -> None:
    with dashboard(tmp_path, "pizza_place", HOST="0.0.0.0", SOLARA_HOST="0.0.0.0") as running:
        port = f"{int(running.url.rpartition(':')[2]):04X}"
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        lines += [line.split() for line in Path("/proc/net/tcp6").read_text().splitlines()[1:]]
        listening = {line[1] for line in lines if line[3] == "0A" and line[1].endswith(f":{port}")}
    assert listening == {f"0100007F:{port}"}
