"""A key reaches no server but one that the user has named himself, whichever way an address comes.

``stranger.test`` stands for another machine; its address stands in scenarios, experiments and runs
that somebody else made. The user has a key, and means it for someone else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mesa
import pytest
from canary import files_with, holds
from econsim_mesa.visualization import setup_form
from econsim_mesa.visualization.live import Live
from econsim_mesa.visualization.scenario_files import ScenarioFiles
from llm_town import CANARY, econsim, small
from stranger import Everywhere, Listening

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.trust import trust
from econsim_mesa.runs.fork import fork
from econsim_mesa.runs.questions import ask
from econsim_mesa.runs.resume import resume
from econsim_mesa.scenario import Scenario, load_scenario, to_json
from econsim_mesa.society.model import EconModel

pytestmark = pytest.mark.soak  # whole runs, of strangers


@pytest.fixture(autouse=True)
def _other_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let names of other machines lead to this one, and nobody be trusted."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(Path("settings").absolute()))
    monkeypatch.setattr("aiohttp.connector.DefaultResolver", Everywhere)


def town(url: str | None, **changes: Any) -> Scenario:
    """Return a town of two for two steps, decided by the server at ``url``."""
    llm = {"llm__model": "mock", "llm__client": "direct", "llm__base_url": url}
    settings = {"steps": 2, "agents__Household__count": 2, **llm, **changes}
    return small(decider="llm", **settings)


def study_of(scenario: Path, **factors: Any) -> Path:
    """Write an experiment with a scenario beside it, and return its file."""
    content = {
        "format": 1,
        "name": "study",
        "title": "Whose key is it?",
        "scenario": scenario.name,
        "factors": factors,
        "replicates": 1,
        "plan": {"outcome": {"store": "Pizza Place", "item": "Pizza"}},
    }
    path = scenario.with_name("study.json")
    path.write_text(json.dumps(content))
    return path


class Theirs(NamedTuple):
    """What the stranger made: a scenario, an experiment, and a run that stopped after a step."""

    server: Listening
    scenario: Path
    experiment: Path
    run: Path


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Theirs]:
    with Listening() as server:
        files = tmp_path / "theirs"
        files.mkdir()
        scenario = files / "town.json"
        scenario.write_text(to_json(town(server.url)))
        urls = [server.url, f"{server.url}/other"]
        experiment = study_of(scenario, **{"llm.base_url": urls})
        with monkeypatch.context() as without_key:
            without_key.delenv("OPENAI_API_KEY")
            model = EconModel(load_scenario(scenario), seed=1, store=files / "run")
            model.step()
            model.store.close("interrupted")  # type: ignore[union-attr, call-arg]
        assert len(server.heard) > 2
        server.heard.clear()
        yield Theirs(server, scenario, experiment, files / "run")


def by_command(*words: object) -> None:
    """Run a command line; what it refuses is raised."""
    told = econsim(*words)
    assert told.code == 2, told
    assert told.err.count("\n") == 1, told.err
    raise BadInput(told.err)


def by_page(scenario: Scenario) -> None:
    """Start a town on the page, as its form shows it untouched, and make a step."""
    live = Live.begin(
        setup_form.scenario_from_form(scenario, setup_form.form_values(scenario)), Path("mine")
    )
    live.limit(None)
    live.next(-1)


WAYS: dict[str, Callable[[Theirs], object]] = {
    "scenario": lambda them: by_command("run", them.scenario, "--out", "mine"),
    "scenario, other settings": lambda them: by_command(
        "run", them.scenario, "--set", "llm.client=langchain", "--seed", 4, "--out", "mine"
    ),
    "experiment": lambda them: by_command("experiment", them.experiment, "--out", "mine"),
    "experiment on their scenario": lambda them: by_command(
        "experiment", study_of(them.scenario, **{"stress.mode": ["on", "off"]}), "--out", "mine"
    ),
    "experiment in a program": lambda them: by_command(
        "experiment", them.experiment, "--set", 'arms={"a": {"llm.temperature": 0}}',
        "--workers", 0, "--out", "mine",
    ),
    "fork": lambda them: by_command("fork", them.run, "--at", 1, "--out", "mine"),
    "fork in a program": lambda them: fork(them.run, 1, {"stress.mode": "off"}, "mine"),
    "resume": lambda them: by_command("resume", them.run),
    "resume with more": lambda them: by_command("resume", them.run, "--max-calls", 50),
    "resume in a program": lambda them: resume(them.run),
    "check": lambda them: by_command("check", them.scenario, "--seeds", 3),
    "check of a run": lambda them: by_command("check", them.run, "--only", "price"),
    "a page's file": lambda them: by_page(ScenarioFiles().open(them.scenario)),
    "a page's upload": lambda them: by_page(
        setup_form.read_upload("town.json", them.scenario.read_text(), ScenarioFiles())
    ),
    "a page's fork": lambda them: Live.fork(
        them.run, 1, setup_form.fork_changes(town(them.server.url), {"stress": "off"}), Path("mine")
    ),
    "question": lambda them: ask(them.run, "H0", 0, "Whose key is it?"),
    "program": lambda them: EconModel(them.scenario, store="mine", steps=1),
    "program without records": lambda them: EconModel(them.scenario, steps=1).step(),
    "batch": lambda them: mesa.batch_run(
        EconModel, {"config": [str(them.scenario)], "set": [{"llm.temperature": 0}]},
        display_progress=False,
    ),
    "another provider": lambda them: connect(
        town(them.server.url, llm__provider="anthropic", llm__client="langchain").llm
    ),
    "another provider's model": lambda them: connect(
        town(None, llm__provider="huggingface", llm__client="langchain",
             llm__model=them.server.url).llm
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_with_a_key_at_hand_a_stranger_is_not_even_asked(way: str, theirs: Theirs) -> None:
    with pytest.raises(BadInput) as refused:
        WAYS[way](theirs)
    said = str(refused.value)
    assert f"econsim trust {theirs.server.origin}" in said
    assert "\n" not in said.strip()
    assert not holds(CANARY, said)
    assert theirs.server.heard == []
    assert not Path("mine").exists()
    assert files_with(CANARY, Path()) == []


def test_looking_and_replaying_need_no_key_and_no_trust(theirs: Theirs) -> None:
    for words in (
        ["validate", theirs.scenario],
        ["prompt", theirs.scenario, "--agent", "H1"],
        ["run", theirs.scenario, "--dry-run"],
        ["experiment", theirs.experiment, "--dry-run"],
        ["replay", theirs.run],
        ["fork", theirs.run, "--at", 1, "--decider", "utility", "--out", "mine"],
    ):
        told = econsim(*words)
        assert told.code == 0, told
    assert theirs.server.heard == []


def test_without_a_key_anybody_is_asked(theirs: Theirs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    assert econsim("run", theirs.scenario, "--out", "mine").code == 0
    assert "Authorization: Bearer none" in theirs.server.heard[0]


def keyed(server: Listening) -> list[bool]:
    """Return of each request that a server heard whether it held the key, and forget them."""
    heard = [holds(CANARY, text) for text in server.heard]
    server.heard.clear()
    return heard


NAMED: dict[str, Callable[[Theirs, pytest.MonkeyPatch], object]] = {
    "--base-url": lambda them, _: econsim(
        "run", them.scenario, "--base-url", them.server.url, "--out", "mine"
    ),
    "--set": lambda them, _: econsim(
        "run", them.scenario, "--set", f"llm.base_url={them.server.url}", "--out", "mine"
    ),
    "fork": lambda them, _: econsim(
        "fork", them.run, "--at", 1, "--base-url", them.server.url, "--out", "mine"
    ),
    "resume": lambda them, _: econsim("resume", them.run, "--base-url", them.server.url),
    "experiment": lambda them, _: econsim(
        "experiment", study_of(them.scenario, **{"stress.mode": ["on", "off"]}),
        "--base-url", them.server.url, "--out", "mine",
    ),
    "trust": lambda them, _: (trust(them.server.origin), econsim("run", them.scenario)),
    "environment": lambda them, patch: (
        patch.setenv("OPENAI_BASE_URL", them.server.url), econsim("run", them.scenario)
    ),
    "page": lambda them, _: by_page(
        setup_form.scenario_from_form(
            town(None), setup_form.form_values(town(None)) | {"base_url": them.server.url}
        )
    ),
    "program": lambda them, _: EconModel(
        them.scenario, set={"llm.base_url": them.server.url}
    ).run_model(),
    "question": lambda them, _: ask(
        them.run, "H0", 0, "Whose key is it?", {"llm.base_url": them.server.url}
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", NAMED)
def test_a_server_that_the_user_names_gets_the_key(
    way: str, theirs: Theirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    NAMED[way](theirs, monkeypatch)
    assert set(keyed(theirs.server)) == {True}
    assert files_with(CANARY, Path()) == []


def test_who_stops_is_told_to_name_the_server_again(theirs: Theirs) -> None:
    stopped = econsim("run", theirs.scenario, "--base-url", theirs.server.url, "--max-calls", 2,
                      "--out", "mine")  # fmt: skip
    assert stopped.code == 3
    assert f"go on with: econsim resume mine --base-url {theirs.server.url}\n" in stopped.err
    trust(theirs.server.origin)
    again = econsim("resume", "mine", "--max-calls", 3)
    assert again.err.rstrip().endswith("go on with: econsim resume mine")


def test_naming_one_server_names_no_other(theirs: Theirs) -> None:
    with Listening("mine.test") as mine:
        assert econsim("run", town_file(mine.url), "--base-url", mine.url).code == 0
        assert set(keyed(mine)) == {True}
        econsim("run", theirs.scenario, "--set", f"factors.llm.base_url={mine.url}")
        econsim("run", theirs.scenario, "--set", f'llm.prices={{"{mine.url}": 1}}')
        with pytest.raises(BadInput):
            by_command("resume", theirs.run)
    assert theirs.server.heard == []


def town_file(url: str | None, **changes: Any) -> Path:
    path = Path("town.json")
    path.write_text(to_json(town(url, **changes)))
    return path


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_server_of_this_machine_gets_the_key_only_if_it_is_named(client: str) -> None:
    with Listening("127.0.0.1") as here:
        scenario = town_file(here.url, llm__client=client)
        assert econsim("run", scenario, "--out", "unnamed").code == 0
        assert "GET /v1/models" in here.heard[0]  # what the server is asked of itself counts
        assert set(keyed(here)) == {False}
        assert econsim("run", scenario, "--base-url", here.url, "--out", "named").code == 0
        assert set(keyed(here)) == {True}


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_the_environment_names_a_server_for_both_clients(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = town_file(None, llm__client=client)
    with Listening("mine.test") as mine:
        monkeypatch.setenv("OPENAI_BASE_URL", f"{mine.url}/?api-version=preview")
        assert econsim("run", scenario, "--out", "mine").code == 0
        lines = {text.partition("\n")[0] for text in mine.heard}
        assert set(keyed(mine)) == {True}
    assert lines == {
        "GET /v1/models?api-version=preview HTTP/1.1",
        "POST /v1/chat/completions?api-version=preview HTTP/1.1",
    }


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_the_key_follows_no_redirect(client: str, theirs: Theirs) -> None:
    with Listening("mine.test") as mine:
        mine.elsewhere = theirs.server.url
        told = econsim("run", town_file(None, llm__client=client), "--base-url", mine.url)
        assert told.code == 3
        assert set(keyed(mine)) == {True}
    assert theirs.server.heard == []


def test_a_proxy_sees_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with Listening("127.0.0.1") as proxy:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.origin)
        told = econsim("run", town_file(None), "--base-url", "http://mine.test/v1", "--out", "a")
        assert (told.code, told.err.count("\n")) == (2, 1)
        assert "NO_PROXY=mine.test" in told.err
        assert (Path("a").exists(), proxy.heard) == (False, [])
        econsim(
            "run", town_file(None, llm__breaker_seconds=0, llm__breaker=1, llm__max_attempts=1),
            "--base-url", "https://mine.test/v1", "--out", "b",
        )  # fmt: skip
        assert {text.split()[0] for text in proxy.heard} == {"CONNECT"}
        assert set(keyed(proxy)) == {False}


SECRET = "Zq9xWk0417Canary"
ADDRESSES = {
    "query": f"http://mine.test/v1?api-key={SECRET}",
    "another query": f"http://mine.test/v1?api-version=preview&sig={SECRET}",
    "query as version": f"http://mine.test/v1?api-version=a/{SECRET}",
    "fragment": f"http://mine.test/v1#{SECRET}",
    "user": f"http://{SECRET}@mine.test/v1",
    "password": f"http://me:{SECRET}@mine.test/v1",
    "password without @": f"http://me:{SECRET}/v1",
    "path": f"http://mine.test/gateway/{SECRET}/v1",
    "parameter": f"http://mine.test/v1;key={SECRET}",
    "no scheme": f"mine.test/v1?key={SECRET}",
    "spaces": f"http://mine.test/v1 {SECRET}",
}
PLACES: dict[str, Callable[[str], list[object]]] = {
    "--base-url": lambda url: ["run", town_file(None), "--base-url", url],
    "--set": lambda url: ["run", town_file(None), "--set", f"llm.base_url={url}"],
    "a whole part": lambda url: [
        "run", town_file(None), "--set", "llm=" + json.dumps({"model": "m", "base_url": url})
    ],
    "file": lambda url: ["run", file_with(url)],
    "file, replaced": lambda url: ["run", file_with(url), "--base-url", "http://127.0.0.1:9/v1"],
    "plan": lambda url: ["experiment", "pizza_place_llm", "--set", f"set.llm.base_url={url}"],
    "arm": lambda url: [
        "experiment", "pizza_place_llm", "--set", "arms.a=" + json.dumps({"llm.base_url": url})
    ],
    "experiment": lambda url: ["experiment", "pizza_place_llm", "--base-url", url],
    "plan, replaced": lambda url: [
        "experiment", "pizza_place_llm", "--set", f"set.llm.base_url={url}",
        "--set", 'arms.a={"llm.base_url": "http://127.0.0.1:9/v1"}',
    ],
}  # fmt: skip


def file_with(url: str) -> Path:
    content = json.loads(to_json(town(None)))
    content["llm"]["base_url"] = url
    path = Path("theirs.json")
    path.write_text(json.dumps(content))
    return path


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_in_an_address_is_refused_unrepeated_and_unrecorded(place: str) -> None:
    for kind, url in ADDRESSES.items():
        told = econsim(*PLACES[place](url), "--out", "mine")
        assert told.code == 2, (kind, told)
        assert told.err.count("\n") == 1, (kind, told.err)
        assert not holds(SECRET, told.out + told.err), (kind, told)
        assert not Path("mine").exists(), kind


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "words",
    [
        ["resume"],
        ["resume", "--base-url", "http://h:0/v1"],
        ["resume", "--set", "llm.provider=nobody"],
        ["fork", "--at", 1, "--base-url", "http://[::1/v1", "--out", "mine"],
        ["fork", "--at", 1, "--base-url", "http://127.0.0.1:9/v1", "--set", "llm.model=null",
         "--out", "mine"],
    ],
)  # fmt: skip
def test_what_cannot_be_asked_leaves_all_folders_as_they_were(
    words: list[object], theirs: Theirs
) -> None:
    before = contents(theirs.run)
    with pytest.raises(BadInput):
        by_command(words[0], theirs.run, *words[1:])
    assert contents(theirs.run) == before
    assert not Path("mine").exists()


def test_a_run_whose_address_is_recorded_with_a_query_is_read_replayed_and_mended(
    theirs: Theirs,
) -> None:
    path = theirs.run / "scenario.json"
    path.write_text(path.read_text().replace(theirs.server.url, "http://h.test:1/v1?key=abc"))
    assert econsim("replay", theirs.run).code == 0
    with pytest.raises(BadInput, match="must hold nothing behind"):
        by_command("resume", theirs.run)
    assert econsim("resume", theirs.run, "--base-url", theirs.server.url).code == 0


def test_a_key_that_stands_in_a_scenario_is_refused() -> None:
    town_file(None, llm__model=CANARY)
    told = econsim("run", "town.json", "--base-url", "http://127.0.0.1:9/v1", "--out", "mine")
    assert (told.code, told.err.count("\n")) == (2, 1)
    assert "holds a key of the environment" in told.err
    assert not Path("mine").exists()


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_of_an_address_of_the_environment_only_the_host_is_recorded(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    with Listening("mine.test") as mine:
        mine.echo = True
        monkeypatch.setenv("OPENAI_BASE_URL", f"{mine.origin}/gateway/{SECRET}/v1")
        for out in ("good", "moved"):
            texts += econsim("run", town_file(None, llm__client=client), "--out", out)[1:]
            mine.elsewhere = f"{mine.origin}/gateway/{SECRET}/v2"
        assert f"POST /gateway/{SECRET}/v1/chat/completions" in mine.heard[1]
        texts += econsim("bundle", "good", "--out", "good.zip")[1:]
        texts += econsim("report", "good")[1:]
    assert Path("good.zip").is_file()
    assert files_with(SECRET, Path()) == []
    assert not holds(SECRET, "".join(texts))
    assert mine.origin.removeprefix("http://").encode() in Path("good/run.sqlite").read_bytes()
