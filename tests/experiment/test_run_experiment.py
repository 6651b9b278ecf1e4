"""All runs of an experiment are made, whatever happens on the way, and never twice."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from studies import study

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.jobs import Job, run_job
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.lock import hold
from econsim_mesa.experiment.plan import LOCK, plan_hash
from econsim_mesa.experiment.run import ExperimentReport, run_experiment
from econsim_mesa.experiment.runner import ExperimentProgress
from econsim_mesa.experiment.tables import tables
from econsim_mesa.runs.bundle.seal import unseal
from econsim_mesa.runs.folders import INDEX, PLAN
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.society.model import EconModel

pytestmark = pytest.mark.soak  # whole studies, in small


def finish(design: Design, out: Path, workers: int = 0) -> ExperimentReport:
    report = run_experiment(design, out, workers=workers)
    assert not report.unfinished
    return report


def prints(out: Path) -> dict[str, str]:
    return {path.name: fingerprint(path) for path in sorted((out / "runs").iterdir())}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Design, Path, ExperimentReport]:
    folder = tmp_path_factory.mktemp("reference")
    design = study(folder)
    return design, folder / "out", finish(design, folder / "out", workers=1)


def test_each_run_is_what_the_model_alone_makes(
    reference: tuple[Design, Path, ExperimentReport], tmp_path: Path
) -> None:
    design, out, _ = reference
    folders = sorted(path.name for path in (out / "runs").iterdir())
    assert len(folders) == 8
    assert folders[0] == "mode-off.feed-blocked.s1"
    alone = Job("x", tmp_path / "x", design.scenarios[3], 1, {}, design.experiment.plan)
    assert run_job(alone, lambda steps: None, lambda: False).status == "finished"
    assert fingerprint(tmp_path / "x") == fingerprint(out / "runs" / "mode-off.feed-blocked.s1")


def test_the_plan_is_older_than_the_runs_and_fixed(
    reference: tuple[Design, Path, ExperimentReport], tmp_path: Path
) -> None:
    _, out, report = reference
    text = (out / PLAN).read_text()
    assert report.plan == plan_hash(text)
    assert json.loads(text)["experiment"]["hypotheses"][0]["expected"] == "positive"
    first = min(load_run(run).meta["started"] for run in (out / "runs").iterdir())
    with closing(sqlite3.connect(out / INDEX)) as index, index:
        meta = dict(index.execute("SELECT key, value FROM meta"))
    index.close()
    assert meta["planned"] <= first
    assert meta["plan_sha256"] == report.plan
    other = study(tmp_path, replicates=3)
    with pytest.raises(BadInput, match="another plan"):
        run_experiment(other, out)
    assert (out / PLAN).read_text() == text


def test_a_folder_in_other_use_is_refused(tmp_path: Path) -> None:
    design = study(tmp_path)
    with pytest.raises(BadInput, match="not empty"):
        run_experiment(design, tmp_path)
    with hold(tmp_path / "out"), pytest.raises(BadInput, match="another process works"):
        run_experiment(design, tmp_path / "out")
    (tmp_path / "closed" / LOCK).mkdir(parents=True)  # as nothing can be written there
    with pytest.raises(BadInput, match="cannot use the folder"):
        run_experiment(design, tmp_path / "closed")


def test_processes_and_none_make_the_same(
    reference: tuple[Design, Path, ExperimentReport], tmp_path: Path
) -> None:
    design, out, report = reference
    here = finish(design, tmp_path / "out", workers=0)
    assert prints(tmp_path / "out") == prints(out)
    assert tables(design, here.measured) == tables(design, report.measured)


def test_a_second_call_makes_nothing_again(
    reference: tuple[Design, Path, ExperimentReport],
) -> None:
    design, out, report = reference
    before = {path: path.stat().st_mtime_ns for path in out.rglob("run.sqlite")}
    again = finish(design, out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("run.sqlite")} == before
    assert tables(design, again.measured) == tables(design, report.measured)


def test_a_lost_index_is_made_anew(
    reference: tuple[Design, Path, ExperimentReport], tmp_path: Path
) -> None:
    design, out, report = reference
    (out / INDEX).unlink()
    assert tables(design, finish(design, out).measured) == tables(design, report.measured)


def test_stopped_and_gone_on_with_it_ends_the_same(
    reference: tuple[Design, Path, ExperimentReport], tmp_path: Path
) -> None:
    design, out, report = reference
    calls: list[ExperimentProgress] = []
    stopped = run_experiment(
        design, tmp_path / "out", workers=1, watch=calls.append, stop=lambda: calls[-1].runs >= 2
    )
    assert stopped.interrupted
    assert 2 <= len(stopped.measured) < 8
    begun = [one for one in stopped.unfinished if one[1] == "interrupted"]
    waiting = [one for one in stopped.unfinished if one[1] == "waiting"]
    assert len(begun) <= 1
    assert len(begun) + len(waiting) == 8 - len(stopped.measured)
    assert not list((tmp_path / "out").rglob("*-wal"))
    again = finish(design, tmp_path / "out")
    assert prints(tmp_path / "out") == prints(out)
    assert tables(design, again.measured) == tables(design, report.measured)


def test_what_a_kill_can_leave_is_taken_up(
    reference: tuple[Design, Path, ExperimentReport], tmp_path: Path
) -> None:
    """Of four runs: nothing but a folder, a file without tables, half a run, one not closed."""
    design, out, report = reference
    runs = tmp_path / "out" / "runs"
    wanted = prints(out)
    names = list(wanted)
    with pytest.raises(KeyboardInterrupt):
        run_experiment(design, tmp_path / "out", workers=0, watch=_raise)
    (runs / names[0]).mkdir(parents=True, exist_ok=True)
    (runs / names[1]).mkdir(exist_ok=True)
    (runs / names[1] / "run.sqlite").touch()
    for name, steps in ((names[2], 11), (names[3], 30)):
        condition, seed = name.rsplit(".s", 1)
        scenario = design.scenarios[[one.slug for one in design.conditions].index(condition)]
        model = EconModel(scenario, seed=int(seed))
        from econsim_mesa.runs.recorder import Recorder

        recorder = Recorder.begin(model, runs / name)
        for _ in range(steps):
            model.step()
        if steps < 30:
            recorder.close("interrupted")
        else:
            with closing(sqlite3.connect(runs / name / "run.sqlite")) as store, store:
                store.execute("UPDATE meta SET value = 'running' WHERE key = 'status'")
            store.close()
            unseal(runs / name)
    again = finish(design, tmp_path / "out")
    assert prints(tmp_path / "out") == wanted
    assert load_run(runs / names[3]).meta["status"] == "finished"
    assert tables(design, again.measured) == tables(design, report.measured)


def _raise(standing: ExperimentProgress) -> None:
    raise KeyboardInterrupt


def test_a_failed_run_is_named_and_made_again(
    tmp_path: Path, reference: tuple[Design, Path, ExperimentReport]
) -> None:
    design, _, report = reference
    finish(design, tmp_path / "out")
    broken = tmp_path / "out" / "runs" / "mode-on.feed-on.s1" / "run.sqlite"
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    (tmp_path / "out" / INDEX).unlink()
    failed = run_experiment(design, tmp_path / "out", workers=0)
    (only,) = failed.unfinished
    assert only[:2] == ("mode-on.feed-on.s1", "failed")
    assert "run.sqlite is not what it was when it was listed" in only[2]
    assert len(failed.measured) == 7
    rows = tables(design, failed.measured)["runs"]
    assert [row["units Cafe"] is None for row in rows] == [True] + [False] * 7
    broken.write_bytes(whole)
    assert tables(design, finish(design, tmp_path / "out").measured) == tables(
        design, report.measured
    )


def test_one_run_that_fails_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def carry(self: EconModel) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(EconModel, "step", carry)
    design = study(tmp_path)
    job = Job("x", tmp_path / "x", design.scenarios[0], 1, {}, design.experiment.plan)
    done = run_job(job, lambda steps: None, lambda: False)
    assert done.status == "failed"
    assert done.message.startswith(
        "ZeroDivisionError: planted (in carry, test_run_experiment.py, line"
    )
    assert load_run(tmp_path / "x").meta["status"] == "failed"


def test_the_index_is_read_by_pandas(reference: tuple[Design, Path, ExperimentReport]) -> None:
    _, out, _ = reference
    with closing(sqlite3.connect(out / INDEX)) as index, index:
        runs = pd.read_sql("SELECT * FROM runs", index)
        totals = pd.read_sql("SELECT * FROM totals", index)
        daily = pd.read_sql("SELECT * FROM daily", index)
    index.close()
    assert list(runs["stress.mode"].unique()) == ["on", "off"]
    assert set(runs.status) == {"finished"}
    posts = totals[totals.measure == "posts households"].set_index("run").value
    by_day = daily[daily.measure == "posts households"].groupby("run").value.sum()
    assert posts.sort_index().tolist() == by_day.sort_index().tolist()
    assert all((out / folder / "run.sqlite").is_file() for folder in runs.folder)


def test_no_thread_is_left(reference: tuple[Design, Path, ExperimentReport]) -> None:
    assert not [one for one in threading.enumerate() if one.name == "econsim-run"]
