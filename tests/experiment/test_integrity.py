"""What is no longer what was sealed is named, never used and never touched."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from studies import write

from econsim_mesa.cli import main
from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.verify import verify
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.finalize import finalize_experiment
from econsim_mesa.experiment.folder import TABLES, read_experiment
from econsim_mesa.experiment.jobs import Job, run_job
from econsim_mesa.experiment.tables import tables
from econsim_mesa.runs.bundle import MANIFEST, bundle_id, record_derived
from econsim_mesa.runs.bundle.files import sha256_of
from econsim_mesa.runs.bundle.run_request import read_request
from econsim_mesa.runs.bundle.seal import unseal
from econsim_mesa.runs.folders import INDEX, PLAN
from econsim_mesa.scenario import load_scenario

pytestmark = pytest.mark.soak  # studies that are damaged and go on

HURT, OTHER = "mode-on.feed-on.s1", "mode-off.feed-on.s1"
Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return the file of an experiment of four runs, and its folder, sealed."""
    folder = tmp_path_factory.mktemp("sealed")
    study = write(folder, replicates=1)
    assert go_on(study, folder / "out") == 0
    return study, folder / "out"


@pytest.fixture
def out(sealed: tuple[Path, Path], tmp_path: Path) -> Path:
    return Path(shutil.copytree(sealed[1], tmp_path / "out"))


def go_on(study: Path, out: Path) -> int:
    return main(["experiment", str(study), "--out", str(out), "--workers", "0", "--json"])


def told_tables(capsys: pytest.CaptureFixture[str]) -> object:
    return json.loads(capsys.readouterr().out)["tables"]


def sealed_tables(sealed: tuple[Path, Path]) -> object:
    return json.loads((sealed[1] / TABLES).read_text())


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256_of(path)
        for path in folder.rglob("*")
        if path.is_file()
    }


def flip(path: Path) -> None:
    """Change one bit in the middle of a file."""
    found = bytearray(path.read_bytes())
    found[len(found) // 2] ^= 1
    path.write_bytes(found)


def execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def swap(one: Path, other: Path) -> None:
    between = one.with_name("between")
    one.rename(between)
    other.rename(one)
    between.rename(other)


DAMAGES: dict[str, tuple[Damage, str]] = {
    "store": (lambda out: flip(out / "runs" / HURT / "run.sqlite"), f"runs/{HURT}/run.sqlite"),
    "summary": (lambda out: flip(out / "runs" / HURT / "summary.json"), "summary.json is not"),
    "run": (lambda out: shutil.rmtree(out / "runs" / HURT), f"runs/{HURT}/{MANIFEST} is missing"),
    "its seal": (lambda out: unseal(out / "runs" / HURT), f"runs/{HURT}/{MANIFEST} is missing"),
    "index": (
        lambda out: execute(out / INDEX, "UPDATE totals SET value = value + 1"),
        f"{INDEX} is not what",
    ),
    "index, a byte": (lambda out: flip(out / INDEX), f"{INDEX} is not what"),
    "plan": (lambda out: flip(out / PLAN), f"{PLAN} is not what"),
    "no plan": (lambda out: (out / PLAN).unlink(), f"{PLAN} is missing"),
    "an extra file": (lambda out: (out / "runs" / HURT / "x").touch(), "x is in no list"),
    "two runs swapped": (lambda out: swap(out / "runs" / HURT, out / "runs" / OTHER), OTHER),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_sealed_experiment_that_was_damaged_is_refused(
    name: str, sealed: tuple[Path, Path], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage, says = DAMAGES[name]
    damage(out)
    before = content(out)
    assert go_on(sealed[0], out) == 5
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["exit_code"] == 5
    assert says in told.err
    assert "restore from a copy" in told.err
    assert content(out) == before


def test_restored_it_is_the_same_bundle(sealed: tuple[Path, Path], out: Path) -> None:
    store = out / "runs" / HURT / "run.sqlite"
    whole = store.read_bytes()
    flip(store)
    assert go_on(sealed[0], out) == 5
    store.write_bytes(whole)
    assert go_on(sealed[0], out) == 0
    assert bundle_id(out) == bundle_id(sealed[1])


def test_moved_away_with_the_seal_it_is_made_anew(
    sealed: tuple[Path, Path], out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip(out / "runs" / HURT / "run.sqlite")
    flip(out / INDEX)
    for name in (f"runs/{HURT}", INDEX, MANIFEST):
        (out / name).rename(tmp_path / Path(name).name)
    capsys.readouterr()
    assert go_on(sealed[0], out) == 0
    assert told_tables(capsys) == sealed_tables(sealed)
    assert verify(out).code == 0


def test_in_one_that_goes_on_a_damaged_run_is_a_failed_one(
    sealed: tuple[Path, Path], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The killed program left no seal, three runs finished, one of them damaged since."""
    unseal(out)
    shutil.rmtree(out / "runs" / OTHER)
    store = out / "runs" / HURT / "run.sqlite"
    whole = store.read_bytes()
    flip(store)
    broken = content(out / "runs" / HURT)
    assert go_on(sealed[0], out) == 1
    told = capsys.readouterr()
    result = json.loads(told.out)
    assert result["runs"] == {"planned": 4, "finished": 3}
    assert result["bundle"] is None
    (only,) = result["unfinished"]
    assert (only["run"], only["status"]) == (HURT, "failed")
    assert "run.sqlite is not what it was when it was listed" in told.err
    assert content(out / "runs" / HURT) == broken
    store.write_bytes(whole)
    assert go_on(sealed[0], out) == 0
    assert told_tables(capsys) == sealed_tables(sealed)


def test_a_damaged_run_that_was_only_renamed_is_in_the_way(
    sealed: tuple[Path, Path], out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unseal(out)
    aside = (out / "runs" / HURT).rename(out / "runs" / "aside")
    before = content(out)
    assert go_on(sealed[0], out) == 2
    assert f"{aside} is no run of this experiment; move it out of {out}" in capsys.readouterr().err
    assert content(out) == before
    aside.rename(tmp_path / "aside")
    assert go_on(sealed[0], out) == 0


def test_what_was_made_later_may_change(sealed: tuple[Path, Path], out: Path) -> None:
    later = out / "runs" / HURT / "note.csv"
    later.write_text("made later")
    record_derived(later.parent, later.name)
    later.write_text("and changed by hand")
    assert go_on(sealed[0], out) == 0


def test_a_run_that_went_on_by_itself_is_no_damage(
    sealed: tuple[Path, Path], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, _ = sealed
    design = load_design(study)
    run = out / "runs" / OTHER
    told = read_request(run)
    shutil.rmtree(run)
    scenario = load_scenario(design.scenarios[2], set={"seed": 1})
    job = Job(OTHER, run, scenario, 1, {"experiment": "study"}, design.experiment.plan, told)
    steps: list[int] = []
    assert run_job(job, steps.append, lambda: len(steps) > 9).status == "interrupted"
    execute(out / INDEX, f"UPDATE runs SET status = 'interrupted' WHERE run = '{OTHER}'")
    for table in ("totals", "daily", "decisions"):
        execute(out / INDEX, f"DELETE FROM {table} WHERE run = '{OTHER}'")
    assert finalize_experiment(out, tables(design, read_experiment(out).measured)) is not None
    assert main(["resume", str(run), "--quiet"]) == 0
    capsys.readouterr()
    assert go_on(study, out) == 0
    assert told_tables(capsys) == sealed_tables(sealed)


def test_an_index_that_cannot_be_read_says_what_to_do(
    sealed: tuple[Path, Path], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unseal(out)
    whole = (out / INDEX).read_bytes()
    (out / INDEX).write_bytes(whole[:9000])
    assert go_on(sealed[0], out) == 2
    assert f"cannot use {out / INDEX}" in capsys.readouterr().err
    (out / INDEX).write_bytes(whole)
    execute(out / INDEX, "INSERT INTO totals VALUES ('nobody', 'x', 1)")
    assert go_on(sealed[0], out) == 2
    assert "move it away, and it is made anew" in capsys.readouterr().err
    with pytest.raises(BadInput, match="cannot read"):
        read_experiment(out)
    (out / INDEX).unlink()
    assert go_on(sealed[0], out) == 0
