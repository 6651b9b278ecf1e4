"""A live town can be touched, waited for, stopped and asked; what is done is in its records."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chrome import PALE, Page, pause, until
from serving import Running, econsim, mock_server

from econsim_mesa.runs.answer_store import asked
from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.scenario import load_scenario, to_json

Opened = Callable[..., Page]


def scenario(folder: Path, **settings: object) -> Path:
    """Write the case study with other settings to a file."""
    path = folder / "town.json"
    changes = {name.replace("__", "."): value for name, value in settings.items()}
    path.write_text(to_json(load_scenario("pizza_place", set=changes)), encoding="utf-8")
    return path


def play_to_the_end(page: Page, steps: int) -> None:
    page.choose(".ec-speed", "60")
    page.click("[aria-label=Play]")
    until(lambda: page.step() == steps - 1, 90, "the last step")
    until(lambda: page.count("[aria-label=Play]") == 1, why="it stops after the last step")


def the_run(folder: Path) -> Path:
    (found,) = (folder / "runs").iterdir()
    return found


def touch(page: Page, kind: str, **fields: str) -> None:
    """Fill in one form of the panel Touch and send it."""
    form = f"form[data-intervention={kind}]"
    for name, value in fields.items():
        selector = f"{form} [name={name}]"
        if page.wait(selector).tag_name == "select":
            page.choose(selector, value)
        else:
            page.type(selector, value)
    before = page.count(".ec-said")
    page.click(f"{form} button")
    until(lambda: page.count(".ec-said") > before, why=f"an answer to {kind}")


def test_what_is_touched_is_an_input_of_the_run_and_replay_is_identical(
    opened: Opened, tmp_path: Path
) -> None:
    page = opened(str(scenario(tmp_path, steps=8)))
    page.click("[aria-label=Step]")
    until(lambda: page.step() == 0)
    page.click("[role=tab]:nth-of-type(3)")
    filled = "return document.querySelector('[data-intervention=%s] [name=%s]').value"
    page.click_in_town("Daily Mart")
    until(lambda: page.script(filled % ("price", "store")) == "Daily Mart", why="the store")
    assert page.script(filled % ("price", "price")) == "1000"  # that of rice
    until(lambda: page.script(filled % ("closing", "x")) == "8", why="the cell that was clicked")
    touch(page, "promotion", store="Pizza Place", item="Pizza", percent="25", steps="3")
    touch(page, "price", store="Daily Mart", item="Rice", price="900")
    touch(page, "closing", x="4", y="5", steps="2")
    touch(page, "post", author="Daily Mart", text="Fresh bread <b>today</b>")
    touch(page, "income", amount="777")
    assert page.count(".ec-said.wrong") == 0
    touch(page, "post", author="Daily Mart", text=" ")
    play_to_the_end(page, 8)
    run = load_run(the_run(tmp_path))
    assert run.inputs["kind"].tolist() == ["event"] * len(run.inputs)
    given = [json.loads(content) for content in run.inputs["content"]]
    kinds = ["promotion", "price_change", "keep_out", "scripted_posts", "salary"]
    assert [one["type"] for one in given][:5] == kinds
    assert set(run.inputs["step"]) == {1}
    pizza = run.prices.query("item == 'Pizza' and step >= 0")[["step", "posted"]]
    assert pizza.to_numpy().tolist() == [[1, 1500], [4, 2000]]
    assert "Fresh bread <b>today</b>" in set(run.posts["text"])
    econsim(tmp_path, "replay", str(run.folder))
    until(lambda: "cannot be changed" in page.text(".ec-touch"), why="it is finished")
    page.click("[role=tab]:nth-of-type(1)")
    until(lambda: page.count(".ec-feed li.k-by-hand") == len(run.inputs))


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A stand-in for a language model that answers at once."""
    with mock_server(tmp_path_factory.mktemp("mock")) as running:
        yield running


def llm(folder: Path, url: str, steps: int, max_calls: int | None = 1000) -> Path:
    """Write a town of six households for which a language model decides."""
    return scenario(
        folder,
        steps=steps,
        decider="llm",
        llm__model="mock",
        llm__base_url=f"{url}/v1",
        llm__max_calls=max_calls,
        agents__Household__count=6,
    )


def test_a_household_of_a_language_model_shows_what_was_sent_and_can_be_asked(
    opened: Opened, tmp_path: Path, mock: Running
) -> None:
    page = opened(str(llm(tmp_path, mock.url, 4)))
    play_to_the_end(page, 4)
    said = page.text(".ec-banner")
    assert "a language model" in said
    assert "respondents" in said
    folder = the_run(tmp_path)
    page.click_in_town("H2")
    page.wait("[data-household=H2] .ec-memory")
    page.click(".ec-prompt summary")
    sent = prompt_at(folder, "H2", 3)
    assert sent.origin == "recorded"
    until(lambda: page.content("[data-part=user]") == sent.user)
    assert page.content("[data-part=system]") == sent.system
    assert page.content("[data-part=reply]") == sent.exchanges[0].call.reply
    before = fingerprint(folder)
    page.click("[role=tab]:nth-of-type(4)")
    page.wait(".ec-ask form")
    assert "not a respondent" in page.text(".ec-ask")
    for number, question in enumerate(("Why <b>pizza</b>?", "And {{why}} not?")):
        page.type(".ec-ask textarea", question)
        page.click(".ec-ask form button")
        until(lambda number=number: page.count(".ec-answer") == number + 1, why="an answer")
        assert question in page.text(".ec-answer")
    answers = asked(folder)
    assert [one.question for one in answers] == ["Why <b>pizza</b>?", "And {{why}} not?"]
    assert fingerprint(folder) == before


def test_what_goes_wrong_in_a_step_is_told_and_can_be_read(
    opened: Opened, tmp_path: Path, mock: Running
) -> None:
    page = opened(str(llm(tmp_path, f"{mock.url}/nowhere", 4)))
    page.click("[aria-label=Step]")
    page.wait("[role=alert]", 60)
    assert "HTTP 404" in page.text(".ec-notice")
    assert not page.script(PALE)
    assert page.step() == -1


def test_who_has_no_language_model_cannot_be_asked(replay: Page) -> None:
    replay.wait(".ec-feed li")
    replay.click("[role=tab]:nth-of-type(4)")
    until(lambda: "language model decides" in replay.text(".ec-ask"))
    assert replay.count(".ec-ask textarea") == 0
    replay.click("[role=tab]:nth-of-type(3)")
    until(lambda: "cannot be changed" in replay.text(".ec-touch"))
    assert replay.count(".ec-touch button:not(:disabled)") == 0


def test_a_step_that_waits_leaves_the_page_to_its_reader_and_stops_at_once(
    opened: Opened, tmp_path: Path
) -> None:
    with mock_server(tmp_path, "--latency", "20000") as slow:
        page = opened(str(llm(tmp_path, slow.url, 4)))
        page.click("[aria-label=Play]")
        page.wait(".ec-waiting")
        page.click_in_town("H1")
        page.wait("[data-household=H1]", 5)
        assert page.count(".ec-waiting") == 1
        page.click(".ec-waiting .ec-button")  # the client's library may still be loading: 2 s alone
        until(lambda: page.count(".ec-waiting") == 0, 15, "it stops before the first reply")
        pause(0.5)
        assert page.step() == -1
        assert page.count("[aria-label=Play]") == 1


def test_a_fork_goes_another_way_and_both_are_compared(
    opened: Opened, finished: Path, tmp_path: Path
) -> None:
    page = opened(str(finished))
    page.wait(".econsim-chart")
    for step in range(1, 5):
        page.click("[aria-label=Step]")
        until(lambda step=step: page.step() == step)
    page.click(".ec-transport > .ec-button:last-child")
    page.choose(".ec-dialog[aria-label=Fork] select", "off")
    page.click(".ec-dialog footer .main")
    until(lambda: page.text(".ec-mode").lower() == "fork", 40, "the fork is open")
    for step in (5, 6):
        page.click("[aria-label=Step]")
        until(lambda step=step: page.step() == step)
    page.wait(".ec-compare .econsim-chart path")
    assert "stress.mode=off from" in page.text(".ec-changed")
    assert page.count(".ec-compare .econsim-chart") >= 2
    branch = load_run(the_run(tmp_path))
    parent = load_run(finished)
    (changed,) = branch.inputs.itertuples()
    assert (changed.kind, json.loads(changed.content)) == ("settings", {"stress.mode": "off"})
    past = changed.step
    assert page.script("return document.querySelector('.ec-compare .ec-link').title") == (
        f"forked at step {past}"
    )
    assert 4 <= past <= 5
    before = f"step < {past}"
    assert branch.agents.query(before).equals(parent.agents.query(before))
    econsim(tmp_path, "replay", str(branch.folder))
