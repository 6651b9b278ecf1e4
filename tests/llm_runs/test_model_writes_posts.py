"""The embedded decider acts and a model writes the posts: called, kept, replayed, counted."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, econsim, small
from recorded import content, go_on, keep, rows

from econsim_mesa.cli import main
from econsim_mesa.deciders.llm_words import UtilityLlmWords, read_post
from econsim_mesa.deciders.utility.words import BAD, GOOD
from econsim_mesa.errors import RunIncomplete
from econsim_mesa.evidence.calls_check import check_calls
from econsim_mesa.evidence.offline import offline
from econsim_mesa.llm import ChatRequest, Completion, OnReply
from econsim_mesa.llm.chat import ReplyError
from econsim_mesa.llm.transport import Format
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.costs import need_of
from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.model import EconModel
from econsim_mesa.studies.online_offline.dispersion import templates

WRITER = "utility_llm_words"
STEPS = 24


class Author:
    """A transport that writes the same kind of post for everybody, or fails now and then."""

    host = "author:0"
    formats: tuple[Format, ...] = ("json_schema",)
    refused_parameters: tuple[str, ...] = ()

    def __init__(self, reply: str = "") -> None:
        self.reply = reply
        self.requests: list[ChatRequest] = []

    async def send(
        self, request: ChatRequest, format: Format, timeout: float, on_reply: OnReply
    ) -> None:
        self.requests.append(request)
        text = self.reply or json.dumps({"post": f"Pizza note {len(self.requests)}."})
        on_reply(Completion(text, "stop", None, 900, 20, 0, "author"))

    async def model_entry(self) -> str | None:
        return None

    async def close(self) -> None:
        pass


def town(**changes: Any) -> Scenario:
    """Return the small town, whose households post more often than usual."""
    usual = {"steps": STEPS, "decider": WRITER, "llm__model": "author"}
    return small(**{**usual, "choice__post__constant__value": -1.0, **changes})


def model(author: Author, **changes: Any) -> EconModel:
    scenario = town(**changes)
    return EconModel(scenario, seed=3, decider=UtilityLlmWords(scenario, author))


def posts(folder: Path) -> list[tuple[Any, ...]]:
    """Return (step, author, text) of the posts by households."""
    names = [post[:5] for post in rows(folder, "posts")]
    return [(step, who, text) for step, _, who, text, kind in names if kind == "Household"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Author]:
    """Make a run whose posts a model wrote."""
    author = Author()
    return keep(model(author), tmp_path_factory.mktemp("words") / "run"), author


def test_one_call_is_made_for_each_post_and_holds_its_text(written: tuple[Path, Author]) -> None:
    folder, author = written
    told = {(call[0], call[1]): json.loads(call[6])["post"] for call in rows(folder, "calls")}
    assert told == {(step, who): text for step, who, text in posts(folder)}
    assert len(told) == len(author.requests) > 10
    assert len(told) < STEPS * HOUSEHOLDS / 2


def test_the_decisions_say_whose_the_words_are(written: tuple[Path, Author]) -> None:
    folder, author = written
    decided = [row[3] for row in rows(folder, "decisions") if row[2] == "Household"]
    assert decided.count(WRITER) == len(author.requests)
    assert set(decided) == {WRITER, "utility"}
    shown = json.loads((folder / "summary.json").read_text(encoding="utf-8"))["decided_by"]
    assert shown.startswith("embedded utility model, whose posts a language model wrote")
    assert ";" not in shown
    assert templates(load_run(folder)) is None


def test_a_prompt_is_that_of_a_deciding_model_with_the_subject_and_no_tone(
    written: tuple[Path, Author],
) -> None:
    for request in written[1].requests:
        system, user = (message.content for message in request.messages)
        assert system.startswith("You are one household")
        assert '{"post": "..."}' in system
        assert '"do"' not in system
        *situation, about = user.split("\n")
        assert situation[0].startswith(f"[you] {request.agent}")
        assert about.startswith("[about] ")
        assert not any(word in about for word in (*GOOD, *BAD))


def test_by_the_test_server_the_town_lives_as_by_the_embedded_decider(tmp_path: Path) -> None:
    scenario = town(decider="utility")
    plain = content(keep(EconModel(scenario, seed=3), tmp_path / "plain"))
    with MockServer(window=0.0) as server:
        settings = town(llm__base_url=server.base_url, llm__client="direct")
        told = content(keep(EconModel(settings, seed=3), tmp_path / "told"))
        assert server.stats()["requests"] == len(posts(tmp_path / "told"))
    for table in plain:
        if table != "decisions":
            assert told[table] == plain[table]
    assert [row[-1] for row in told["decisions"]] == [row[-1] for row in plain["decisions"]]


def test_it_is_replayed_without_a_server_and_verified(written: tuple[Path, Author]) -> None:
    with offline():
        assert replay(written[0]) == STEPS
    told = econsim("verify", written[0])
    assert told.code == 0, told.out + told.err


def test_a_text_that_no_reply_holds_is_found(written: tuple[Path, Author], tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(written[0], copy)
    with closing(sqlite3.connect(copy / "run.sqlite")) as connection:
        changed = (
            "UPDATE decisions SET actions = replace(actions, 'Pizza note 3.', 'Pizza note x.')"
        )
        assert connection.execute(changed).rowcount > 0
        connection.commit()
    [found] = check_calls(load_run(copy), read_alike=True)
    assert "is not what any reply to it says" in found.what
    assert not list(check_calls(load_run(written[0]), read_alike=True))


def test_the_prompt_of_a_post_is_shown_as_it_was_sent(written: tuple[Path, Author]) -> None:
    step, who, text = posts(written[0])[0]
    sent = prompt_at(written[0], who, step)
    [exchange] = sent.exchanges
    assert (sent.origin, exchange.proven) == ("recorded", True)
    assert sent.user.split("\n")[-1].startswith("[about] ")
    assert json.loads(exchange.call.reply or "")["post"] == text


def test_a_prompt_is_the_same_wherever_the_scenario_names_the_decider(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = []
    for path in ("decider", "agents.Household.decider"):
        code = main(["prompt", "pizza_place", "--agent", "H1", "--set", f"{path}={WRITER}"])
        shown.append((code, *capsys.readouterr()))
    assert shown[0] == shown[1]
    assert "post" in "".join(shown[0][1:])


def test_it_goes_on_where_it_stopped_and_pays_nothing_twice(
    written: tuple[Path, Author], tmp_path: Path
) -> None:
    first = Author()
    part = model(first)
    folder = go_on(part, Recorder.begin(part, tmp_path / "part"), until=9)
    with MockServer(window=0.0) as server:
        changes = {"llm.base_url": server.base_url, "llm.client": "direct", "decider": WRITER}
        again, recorder = resume(folder, changes)
        go_on(again, recorder)
        assert server.stats()["requests"] == len(posts(folder)) - len(first.requests)
    assert content(folder, end=9) == content(written[0], end=9)


@pytest.mark.parametrize(("rule", "outcome"), [("idle", "unparseable"), ("utility", "fallback")])
def test_a_call_that_fails_is_never_taken_for_words(
    rule: str, outcome: str, tmp_path: Path
) -> None:
    author = Author("I would rather not.")
    folder = keep(model(author, llm__on_failure=rule), tmp_path / "run", until=6)
    made = [row for row in rows(folder, "decisions") if row[4] == outcome]
    assert len(made) == len(author.requests) / 2 > 0  # each had a repair turn
    assert {row[3] for row in made} == {WRITER if rule == "idle" else "utility"}
    assert bool(posts(folder)) == (rule == "utility")
    if rule == "utility":
        assert "templates" in (templates(load_run(folder)) or "")


def test_a_run_that_is_to_stop_says_what_is_missing(tmp_path: Path) -> None:
    stopped = model(Author("I would rather not."))
    recorder = Recorder.begin(stopped, tmp_path / "run")
    with pytest.raises(RunIncomplete, match=r"\d of \d posts missing"):
        go_on(stopped, recorder)
    recorder.close("interrupted")


def test_a_dry_run_counts_posts() -> None:
    need = need_of(EconModel(town(), seed=3))
    author = Author()
    made = model(author)
    made.run_model()
    assert need.calls == need.posts == pytest.approx(len(author.requests), rel=0.4)
    assert dict(need.rows())["calls"].startswith(f"about {need.calls}")


def test_a_cap_that_two_deciders_would_each_have_is_refused() -> None:
    told = econsim(
        "validate", "pizza_place", "--set", f"decider={WRITER}", "--set", "llm.max_calls=9",
        "--set", "agents.Restaurant.Pizza Place.decider=llm",
    )  # fmt: skip
    assert told.code != 0
    assert "name one of them" in told.out + told.err


@pytest.mark.parametrize(
    ("reply", "post", "mended"),
    [
        ('{"post": "Pizza today."}', "Pizza today.", False),
        ('{"post": "Pizza\\ntoday."}', "Pizza today.", True),
        ('Here you are: {"post": "Pizza today."}', "Pizza today.", True),
        ('{"post": "' + "long " * 99 + '"}', ("long " * 99)[:280].rstrip(), True),
    ],
)
def test_a_reply_is_read(reply: str, post: str, mended: bool) -> None:
    assert read_post(reply) == (post, mended)


@pytest.mark.parametrize(
    "reply", ["", "Pizza today.", '{"post": " "}', '{"post": ""}', '{"do": []}']
)
def test_a_reply_without_a_post_is_refused(reply: str) -> None:
    with pytest.raises(ReplyError):
        read_post(reply)
