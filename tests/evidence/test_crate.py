"""The crate says what was left out and where numbers come from; a validator agrees with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from towns import village

from econsim_mesa.cli import main
from econsim_mesa.errors import ScenarioError
from econsim_mesa.evidence.verify import verify
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.scenario import load_scenario

VALIDATOR = all(map(find_spec, ("rocrate_validator", "rocrate", "requests_cache")))
Entities = dict[str, dict[str, Any]]


def entities(folder: Path) -> Entities:
    graph = json.loads((folder / CRATE).read_text())["@graph"]
    assert len({one["@id"] for one in graph}) == len(graph)
    return {one["@id"]: one for one in graph}


def referred(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [one["@id"] for one in found]


def test_every_link_of_a_crate_resolves(made_run: Path, made_experiment: Path) -> None:
    for folder in (made_run, made_experiment):
        found = entities(folder)
        for entity in found.values():
            for key, value in entity.items():
                if key == "conformsTo" and entity["@id"] == CRATE:
                    continue
                held = value if isinstance(value, list) else [value]
                links = [one["@id"] for one in held if isinstance(one, dict)]
                assert [link for link in links if link not in found] == [], entity["@id"]


def test_what_is_left_out_stands_beside_what_is_in(made_run: Path) -> None:
    found, scenario = entities(made_run), load_scenario("pizza_place")
    excluded = [found[one]["value"] for one in referred(found["./"]["additionalProperty"])]
    assert excluded == list(scenario.exclusions)
    sources = [found[one] for one in referred(found["./"]["isBasedOn"])]
    assert [one["name"] for one in sources] == [one.name for one in scenario.data_sources]
    assert all("licence" in one["usageInfo"] for one in sources)
    assert found["#seed"]["value"] == "1"
    assert "choice.plan" in found["#streams"]["value"]


PEOPLE = "name,text\nAnna,grows roses\nBen,walks a dog\n"
BASIS = {"source": "Interviews in Oldtown 2024", "consent": "written, for research",
         "licence": "CC-BY-4.0"}  # fmt: skip


def _with_people(folder: Path, basis: dict[str, str]) -> Path:
    (folder / "people.csv").write_text(PEOPLE)
    town = village(steps=3, agents__Household__count=2)
    town["agents"]["Household"]["persona"] = {"table": {"file": "people.csv", **basis}}
    path = folder / "town.json"
    path.write_text(json.dumps(town))
    return path


@pytest.mark.parametrize("missing", sorted(BASIS))
def test_a_table_of_people_needs_source_consent_and_licence(missing: str, tmp_path: Path) -> None:
    basis = {key: one for key, one in BASIS.items() if key != missing}
    with pytest.raises(ScenarioError, match=missing):
        load_scenario(_with_people(tmp_path, basis))


def test_the_bundle_shows_on_what_basis_people_are_described(tmp_path: Path) -> None:
    town, folder = _with_people(tmp_path, BASIS), tmp_path / "run"
    assert main(["run", str(town), "--quiet", "--out", str(folder)]) == 0
    town.unlink()
    (tmp_path / "people.csv").unlink()
    assert verify(folder, replay=True).findings == ()
    shown = next(one for one in entities(folder).values() if "Oldtown" in str(one.get("name")))
    assert shown["description"] == "Consent: written, for research"
    assert shown["usageInfo"] == "licence: CC-BY-4.0"


def test_who_made_a_run_is_named_only_if_they_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["run", "pizza_place", "--steps", "1", "--quiet", "--out"]
    assert main([*words, str(tmp_path / "one")]) == 0
    monkeypatch.setenv("ECONSIM_AUTHOR", "Ada Lovelace")
    monkeypatch.setenv("ECONSIM_AFFILIATION", "Analytical Engines")
    assert main([*words, str(tmp_path / "two")]) == 0
    assert entities(tmp_path / "one")["#maker"]["name"].startswith("Not named")
    assert entities(tmp_path / "two")["#maker"]["name"] == "Ada Lovelace"
    assert entities(tmp_path / "two")["#affiliation"]["name"] == "Analytical Engines"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the validator's own packages
@pytest.mark.skipif(not VALIDATOR, reason="rocrate-validator is not installed (extra: crate)")
def test_a_validator_finds_nothing_at_recommended(
    made_run: Path, made_experiment: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    from validate_crates import fill_cache, issues

    fill_cache(tmp_path / "http")
    assert issues(made_run, tmp_path / "http") == []
    assert issues(made_experiment, tmp_path / "http") == []
    folder = copy_of(made_run)
    crate = json.loads((folder / CRATE).read_text())
    for entity in crate["@graph"]:
        entity.pop("publisher", None)
        entity.pop("affiliation", None)
    (folder / CRATE).write_text(json.dumps(crate))
    assert len(issues(folder, tmp_path / "http")) >= 2
