"""A run that a page makes says from which file it is, and what was set in the form."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from econsim_mesa.visualization.live import Live
from econsim_mesa.visualization.scenario_files import ScenarioFiles

from econsim_mesa.runs.bundle.run_request import REQUEST, read_request
from econsim_mesa.scenario import load_scenario, to_json

SMALL: dict[str, object] = {"name": "village", "steps": 4, "agents.Household.count": 3}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A scenario file of a user's own."""
    path = tmp_path / "my_village.json"
    path.write_text(to_json(load_scenario("pizza_place", set=SMALL)), encoding="utf-8")
    return path


def test_a_request_names_the_file_and_what_was_set(file: Path) -> None:
    files = ScenarioFiles()
    changed = load_scenario(files.open(file), set={"steps": 2})
    request = files.request(changed)
    assert (request.source, request.changes) == ("my_village.json", {"steps": 2})
    assert request.content == json.loads(file.read_text(encoding="utf-8"))


def test_a_bundled_scenario_needs_no_opening() -> None:
    request = ScenarioFiles().request(load_scenario("pizza_place", set={"seed": 9}))
    assert (request.source, request.changes) == ("pizza_place", {"seed": 9})


def test_pages_do_not_share_their_files(file: Path) -> None:
    scenario = ScenarioFiles().open(file)
    assert ScenarioFiles().request(scenario)[:3] == ("village", None, {})


def test_a_run_that_is_opened_later_names_its_file_again(file: Path, tmp_path: Path) -> None:
    files = ScenarioFiles()
    scenario = load_scenario(files.open(file), set={"steps": 2})
    live = Live.begin(scenario, tmp_path / "run", files)
    live.next(-1)
    live.close()
    given = read_request(live.folder)
    assert given is not None
    assert (given.source, given.changes) == ("my_village.json", {"steps": 2})
    later = ScenarioFiles()  # the page was loaded anew
    later.open_run(live.folder, scenario)
    assert later.request(load_scenario(scenario, set={"seed": 5})) == given._replace(
        changes={"steps": 2, "seed": 5}
    )
    (live.folder / REQUEST).write_text("{", encoding="utf-8")
    damaged = ScenarioFiles()
    damaged.open_run(live.folder, scenario)
    assert damaged.request(scenario).content is None
