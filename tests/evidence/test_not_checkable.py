"""What names a part that is not installed here is not checkable here, and never called tampered."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from doctors import edit, reseal
from own_parts import LIMITS, SOURCE
from towns import village

from econsim_mesa.cli import main
from econsim_mesa.errors import NotInstalled
from econsim_mesa.evidence import content_check
from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.claims import claims_of
from econsim_mesa.evidence.content_check import unreadable
from econsim_mesa.evidence.verify import verify
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.store import FORMAT
from econsim_mesa.scenario import registry
from econsim_mesa.scenario.missing import refuse_missing

pytestmark = pytest.mark.soak  # whole runs and studies, in processes

Copy = Callable[[Path], Path]

PROGRAM = (
    f"{SOURCE}\nLIMITS = {LIMITS}\n"
    + '''
"""A program with parts of its own of every kind: it makes a run, and an experiment of one run."""
import json, sys
from pathlib import Path
from typing import Literal
from econsim_mesa.society.agents import Restaurant
from econsim_mesa.cli import main
from econsim_mesa.domains.economy.transfer_events import Salary
from econsim_mesa.scenario import register
from econsim_mesa.domains.social.recommend import TwoHop

@register("event", "wages")
class Wages(Salary):
    """Wages."""
    type: Literal["wages"] = "wages"

@register("store", "Kiosk")
class Kiosk(Restaurant):
    """A small store."""

@register("recommender", "nobody_else")
class NobodyElse(TwoHop):
    """Suggests."""
    class Parameters(TwoHop.Parameters):
        """None."""
        name: Literal["nobody_else"] = "nobody_else"
        """Its name."""

home = Path(sys.argv[1])
town = json.loads((home / "village.json").read_text())
town["decider"] = "sloth"
town["steps"] = 2
town["stress"]["stressors"]["boredom"] = LIMITS
town["agents"]["Kiosk"] = {"Corner": {"at": [2, 2], "sells": {"Tea": {"stock": 1}}}}
town["social"]["recommender"] = {"name": "nobody_else"}
town["events"] = [{"type": "wages", "when": {"at": 1}, "amount": 5}]
(home / "own.json").write_text(json.dumps(town))
plan = {"outcome": {"store": "Cafe"}, "keyword": "pie"}
study = dict(format=1, name="own", title="Own parts", scenario="own.json", replicates=1, plan=plan)
(home / "study.json").write_text(json.dumps(study))
assert main(["run", str(home / "own.json"), "--out", str(home / "run"), "--quiet"]) == 0
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.finalize import finalize_experiment
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.experiment.tables import tables
design = load_design(home / "study.json")
report = run_experiment(design, home / "made", workers=0)
assert finalize_experiment(home / "made", tables(design, report.measured)) is not None
'''
)
PARTS = ("stressor 'boredom'", "event 'wages'", "decider 'sloth'", "store 'Kiosk'",
         "recommender 'nobody_else'")  # fmt: skip


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a run and an experiment that another program made with its own parts."""
    home = tmp_path_factory.mktemp("foreign")
    (home / "village.json").write_text(json.dumps(village()))
    (home / "program.py").write_text(PROGRAM)
    subprocess.run([sys.executable, home / "program.py", home], check=True, env=os.environ)
    return home


@pytest.mark.parametrize(
    "words",
    [
        ["verify", "run"],
        ["verify", "run", "--replay"],
        ["verify", "made"],
        ["verify", "made", "--replay"],
        ["replay", "run"],
        ["report", "run"],
        ["report", "made"],
        ["resume", "run"],
        ["fork", "run", "--at", "1", "--set", "stress.mode=off", "--out", "branch"],
        ["analyze", "run"],
        ["analyze", "made"],
        ["check", "run"],
        ["dashboard", "run", "--no-browser"],
    ],
    ids=" ".join,
)
def test_an_untouched_folder_of_own_parts_is_not_checkable_here(
    words: list[str], foreign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command, folder, *rest = words
    assert main([command, str(foreign / folder), *rest]) == 3
    said = capsys.readouterr()
    shown = said.out + said.err
    assert "tampered" not in shown
    assert all(shown.count(part) == 1 for part in PARTS), shown
    assert "entry point in econsim_mesa." in shown
    assert len(said.err.splitlines()) == 1


@pytest.mark.parametrize("folder", ["run", "made"])
def test_a_zip_is_made_and_says_that_only_hashes_were_checked(
    folder: str, foreign: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.zip"
    assert main(["bundle", str(foreign / folder), "--out", str(out)]) == 0
    assert "its hashes were checked, and no more: " in capsys.readouterr().out
    assert main(["verify", str(out)]) == 3


@pytest.mark.parametrize("folder", ["run", "made"])
def test_what_was_tampered_with_is_tampered_without_the_parts_too(
    folder: str, foreign: Path, copy_of: Copy, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = copy_of(foreign / folder)
    path = next(copy.rglob("summary.json"))
    path.write_text(path.read_text() + " ")
    for command in ("verify", "bundle"):
        assert main([command, str(copy)]) == 5
    assert "tampered" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("named", "part"),
    [
        ({"agents": {"Household": {"decider": "sage"}}}, "decider 'sage'"),
        ({"agents": {"Household": {"mixed": {"idle": 1, "sage": 2}}}}, "decider 'sage'"),
        ({"agents": {"Retailer": {"Shop": {"decider": "sage"}}}}, "decider 'sage'"),
        ({"agents": {"Household": {}, "Fair": {"Stall": {}}}}, "store 'Fair'"),
        ({"agents.Household.decider": "sage"}, "decider 'sage'"),
        ({"stress.stressors": {"hunger": {}, "envy": {}}}, "stressor 'envy'"),
        ({"social": {"recommender": {"name": "crowd_pull"}}}, "recommender 'crowd_pull'"),
        ({"events": [{"type": "salary"}, {"type": "strike"}]}, "event 'strike'"),
        ({"steps": 3, "weather": {"rain": 0.2}}, "domain 'weather'"),
        ({"steps": 3, "weather.rain": 0.2}, "domain 'weather'"),
    ],
)
def test_a_missing_part_is_named_wherever_its_name_stands(
    named: dict[str, object], part: str
) -> None:
    with pytest.raises(NotInstalled, match=part):
        refuse_missing(named)


def test_an_intervention_by_a_part_of_ones_own_is_no_difference_in_the_records(
    made_run: Path, copy_of: Copy
) -> None:
    folder = copy_of(made_run)
    event = json.dumps({"type": "strike", "when": {"at": 3}})
    with closing(sqlite3.connect(folder / "run.sqlite")) as connection, connection:
        connection.execute("INSERT INTO inputs VALUES (3, 'event', ?)", (event,))
    assert main(["replay", str(folder)]) == 3


def test_a_part_that_cannot_be_imported_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, foreign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from importlib.metadata import EntryPoint

    names = {"event": "wages", "stressor": "boredom", "decider": "sloth", "store": "Kiosk",
             "recommender": "nobody_else", "domain": "weather"}  # fmt: skip
    points = {kind: EntryPoint(name, "gone.away:Part", f"econsim_mesa.{kind}")
              for kind, name in names.items()}  # fmt: skip
    monkeypatch.setattr(registry, "entry_points", lambda group: [points[group.rpartition(".")[2]]])
    with registry.own_registrations():
        assert main(["verify", str(foreign / "run")]) == 3
        assert "cannot be imported" in capsys.readouterr().out
        assert main(["replay", str(foreign / "run")]) == 3


def test_a_run_of_a_later_format_is_not_checkable_here(made_run: Path, copy_of: Copy) -> None:
    folder = copy_of(made_run)
    with closing(sqlite3.connect(folder / "run.sqlite")) as connection, connection:
        connection.execute(f"PRAGMA user_version = {FORMAT + 1}")
    reseal(folder)
    verdict = verify(folder)
    assert verdict.code == 3
    assert [one.kind for one in verdict.findings] == [Kind.unchecked]
    assert main(["replay", str(folder)]) == 3


def test_a_scenario_of_a_later_version_is_not_checkable_here(
    made_run: Path, copy_of: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copy_of(made_run)
    edit("scenario.json", lambda told: told.update(weather="rain"))(folder)
    assert verify(folder).code == 5
    monkeypatch.setattr(content_check, "other_code", lambda made: "econsim-mesa 7.0.0")
    verdict = verify(folder)
    assert verdict.code == 3
    assert "was made with econsim-mesa 7.0.0" in verdict.findings[0].what


def test_a_missing_extra_is_no_fault_of_what_needs_it(made_run: Path) -> None:
    try:
        raise RuntimeError("needs SALib") from ModuleNotFoundError("SALib")
    except RuntimeError as error:
        found = unreadable("tables.json", error)
    assert found.kind is Kind.unchecked
    first = claims_of(read_contents(made_run, [found]))[0]
    assert first.status == "open"
