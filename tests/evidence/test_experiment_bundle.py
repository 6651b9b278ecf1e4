"""An experiment is a bundle that lists the ids of its runs, sealed anew only where it changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doctors import reseal
from towns import village

from econsim_mesa.cli import main
from econsim_mesa.evidence.verify import verify
from econsim_mesa.experiment.finalize import finalize_experiment
from econsim_mesa.experiment.folder import read_experiment
from econsim_mesa.experiment.tables import tables
from econsim_mesa.runs.bundle import MANIFEST, bundle_id, record_derived
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.bundle.manifest import parse
from econsim_mesa.runs.bundle.seal import is_sealed, seal_run, unseal


def go_on(study: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["experiment", str(study), "--out", str(out), "--workers", "0", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_the_manifest_lists_the_runs_by_their_ids(made_experiment: Path) -> None:
    listed = parse((made_experiment / MANIFEST).read_text(), MANIFEST)
    runs = sorted(path.name for path in (made_experiment / "runs").iterdir())
    assert len(runs) == 4
    for run in runs:
        assert listed[f"runs/{run}/{MANIFEST}"] == bundle_id(made_experiment / "runs" / run)
    assert {name for name in listed if not name.startswith("runs/")} >= {
        "plan.json", "experiment.sqlite", "tables.json", "ODD.md", "LIMITS.md", "LICENSE",
        "CITATION.cff",
    }  # fmt: skip


def test_it_is_sealed_anew_only_where_something_changed(
    study_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    first = go_on(study_file, out, capsys)
    assert first["bundle"] == bundle_id(out)
    (out / "note.csv").write_text("made later")
    record_derived(out, "note.csv")
    again = go_on(study_file, out, capsys)
    assert again["bundle"] == first["bundle"]
    assert verify(out).code == 0
    assert (out / "note.csv").is_file()
    shutil.rmtree(min((out / "runs").iterdir()))
    unseal(out)  # else it is refused as damaged
    third = go_on(study_file, out, capsys)
    assert third["bundle"] == bundle_id(out) != first["bundle"]
    assert third["tables"] == first["tables"]
    assert verify(out, replay=True).findings == ()
    assert not (out / "note.csv").exists()


def test_an_experiment_with_a_run_that_is_not_sealed_is_none(
    made_experiment: Path, copy_of: Callable[[Path], Path]
) -> None:
    folder = copy_of(made_experiment)
    unseal(folder)
    assert verify(folder).code == Kind.incomplete
    made = read_experiment(folder)
    unseal(min((folder / "runs").iterdir()))
    made_tables = tables(made.design, made.measured)
    assert finalize_experiment(folder, made_tables) is None
    for run in (folder / "runs").glob("*on*"):  # interrupted before that condition began
        shutil.rmtree(run)
    assert finalize_experiment(folder, made_tables) is None
    assert not is_sealed(folder)


def test_each_run_says_what_it_was_given_and_for_which_plan(
    made_experiment: Path, copy_of: Callable[[Path], Path]
) -> None:
    folder = copy_of(made_experiment)
    plan = read_experiment(folder).plan
    runs = sorted((folder / "runs").iterdir())
    told = [json.loads((run / "given.json").read_text()) for run in runs]
    assert {one["plan_sha256"] for one in told} == {plan}
    assert {one["changes"]["stress.mode"] for one in told} == {"on", "off"}
    assert {one["changes"]["seed"] for one in told} == {1, 2}
    assert all(one["content"] == village(steps=30) for one in told)
    for key, value in {"plan_sha256": "0" * 64, "changes": {}, "content": {"name": "x"}}.items():
        path = runs[0] / "given.json"
        path.write_text(json.dumps({**told[0], key: value}))
        seal_run(runs[0])
        reseal(folder)
        found = verify(folder).findings
        assert found or key == "content"  # what cannot be resolved says nothing
        path.write_text(json.dumps(told[0]))
    (runs[0] / "given.json").unlink()
    seal_run(runs[0])
    reseal(folder)
    assert any("given.json" in one.where for one in verify(folder).findings)
