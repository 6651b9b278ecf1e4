"""What the page of a run holds is what its records say, whole, small and the same each time."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from econsim_mesa.visualization.page_file import PAGE, page_text, write_page
from econsim_mesa.visualization.replay import Replay

from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.runs.bundle.derived import read_derived
from econsim_mesa.runs.inspection import prompt_at
from econsim_mesa.runs.reader import load_run


def pieces(text: str) -> dict[str, Any]:
    found = re.findall(r'<script type="application/gzip" data-piece="(.*?)">(.*?)</script>', text)
    return {name: json.loads(gzip.decompress(base64.b64decode(data))) for name, data in found}


@pytest.fixture(scope="module")
def text(replayed: Replay) -> str:
    """The page of the run."""
    return page_text(replayed.folder)


def test_the_page_of_a_run_holds_its_records(replayed: Replay, text: str) -> None:
    run = load_run(replayed.folder)
    held = pieces(text)
    main, last = held["run"], run.steps - 1
    assert len(main["times"]) == len(main["town"]["now"]) == run.steps
    places = main["town"]["now"][last]
    own = run.agents.query(f"step == {last}")
    assert [places["x"], places["y"]] == [own["x"].tolist(), own["y"].tolist()]
    baskets = run.sales.groupby(["step", "buyer", "store"]).ngroups
    assert sum(row[2] == "sale" for row in main["feed"]["rows"]) == baskets
    for step in (0, last):
        prompt = held["household H4"]["prompts"][step]
        assert prompt["user"] == prompt_at(replayed.folder, "H4", step).user
    assert {name for name in held if name.startswith("household ")} == {
        f"household {name}" for name in own["agent"]
    }


def test_nothing_in_it_asks_for_anything_elsewhere(text: str) -> None:
    asked = re.findall(r'<(?:script|link|img|iframe)[^>]* (?:src|href)="([^"]+)"', text)
    assert asked == ["data:,"]
    assert not re.search(r"@import|url\(", text)


def test_some_households_can_be_asked_for(replayed: Replay) -> None:
    held = pieces(page_text(replayed.folder, ["H4", "H2"]))
    assert held["run"]["inside"] == ["H2", "H4"]
    assert {name for name in held if name.startswith("household ")} == {
        "household H2",
        "household H4",
    }
    with pytest.raises(UnknownName, match="H99"):
        page_text(replayed.folder, ["H99"])


def test_it_is_listed_among_what_was_derived(replayed: Replay, text: str) -> None:
    assert write_page(replayed.folder) == replayed.folder / PAGE
    assert (replayed.folder / PAGE).read_text(encoding="utf-8") == text  # the same each time
    assert PAGE in read_derived(replayed.folder)[1]
    (replayed.folder / PAGE).unlink()


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no folder"):
        page_text(tmp_path / "none")
    (tmp_path / "runs").mkdir()
    with pytest.raises(BadInput, match="is an experiment"):
        page_text(tmp_path)
