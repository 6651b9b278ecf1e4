"""A run is made in the place of another one: only of ours, only where nobody uses it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from econsim_mesa import EconModel, load_run
from econsim_mesa.cli import main
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.deletion import delete_run
from econsim_mesa.runs.fork import fork


def make(folder: Path, seed: int = 1, *, overwrite: bool = False) -> EconModel:
    """Make a short run in a folder."""
    model = EconModel(
        "pizza_place", seed=seed, households=3, steps=2, store=folder, overwrite=overwrite
    )
    model.run_model()
    return model


def test_a_run_takes_the_place_of_another_one_if_asked(tmp_path: Path) -> None:
    make(tmp_path / "run")
    with pytest.raises(BadInput, match=r"is not empty.* overwrite=True"):
        make(tmp_path / "run", seed=2)
    make(tmp_path / "run", seed=2, overwrite=True)
    assert load_run(tmp_path / "run").meta["seed"] == "2"


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    "name",
    ["thesis.txt", "notes/a.md", "run2.sqlite", "analysis/mine.csv", "prompts/mine.md", "x.part"],
)
def test_what_is_no_part_of_a_run_is_never_deleted(tmp_path: Path, name: str, sealed: bool) -> None:
    make(tmp_path / "run") if sealed else killed(tmp_path / "run")
    mine = tmp_path / "run" / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(BadInput, match=f"holds {name}, which is no part of what was recorded"):
        make(tmp_path / "run", overwrite=True)
    assert mine.read_text() == "mine"
    assert load_run(tmp_path / "run").steps == 2


def killed(folder: Path) -> None:
    """Leave a run as a process that resumed it and was killed then would."""
    make(folder)
    (folder / "manifest.sha256").unlink()
    with closing(sqlite3.connect(folder / "run.sqlite", isolation_level=None)) as database:
        database.execute("UPDATE meta SET value = 'running' WHERE key = 'status'")


def test_a_run_that_was_killed_after_it_went_on_is_overwritten(tmp_path: Path) -> None:
    killed(tmp_path / "run")
    make(tmp_path / "run", seed=2, overwrite=True)
    assert load_run(tmp_path / "run").meta["seed"] == "2"


def test_what_was_made_from_a_run_goes_with_it_unless_somebody_changed_it(tmp_path: Path) -> None:
    run = tmp_path / "run"
    make(run)
    assert main(["analyze", str(run), "--quiet"]) == 0
    assert main(["report", str(run), "--quiet"]) == 0
    make(run, seed=2, overwrite=True)
    assert not (run / "analysis").exists()
    assert not (run / "report.html").exists()


def test_a_run_that_is_being_sealed_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path / "run")
    (tmp_path / "run/manifest.sha256").unlink()
    with pytest.raises(BadInput, match=r"is not sealed yet.* econsim resume"):
        make(tmp_path / "run", overwrite=True)
    assert main(["resume", str(tmp_path / "run"), "--quiet"]) == 0
    make(tmp_path / "run", seed=2, overwrite=True)


def test_a_link_to_a_run_is_left_alone(tmp_path: Path) -> None:
    make(tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run")
    with pytest.raises(BadInput, match="is a link"):
        make(tmp_path / "link", overwrite=True)
    assert load_run(tmp_path / "run").steps == 2


def test_the_present_folder_may_be_that_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "run")
    monkeypatch.chdir(tmp_path / "run")
    make(Path(), seed=2, overwrite=True)
    assert load_run(Path()).meta["seed"] == "2"


def test_a_fork_never_overwrites_its_parent(tmp_path: Path) -> None:
    make(tmp_path / "run")
    with pytest.raises(BadInput, match="is the run that is forked"):
        fork(tmp_path / "run", 1, {}, tmp_path / "other/../run", overwrite=True)
    make(tmp_path / "other")
    _, recorder = fork(tmp_path / "run", 1, {}, tmp_path / "other", overwrite=True)
    recorder.close("interrupted")
    assert load_run(tmp_path / "other").forked_at == 1


def test_the_command_line_overwrites_if_asked(tmp_path: Path) -> None:
    words = ["run", "pizza_place", "--steps", "1", "--out", str(tmp_path / "run"), "--quiet"]
    assert main(words) == 0
    assert main(words) == 2
    assert main([*words, "--seed", "5", "--overwrite"]) == 0
    assert load_run(tmp_path / "run").meta["seed"] == "5"


LIVE = """
import sys
from econsim_mesa import EconModel
model = EconModel("pizza_place", households=3, steps=3, store=sys.argv[1])
model.step()
print("made", flush=True)
sys.stdin.readline()
model.run_model()
"""


def test_a_run_that_another_process_writes_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LIVE, str(tmp_path / "run")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "made\n"
        with pytest.raises(BadInput, match="is in use, and is not overwritten"):
            make(tmp_path / "run", overwrite=True)
        other.communicate("go on\n", timeout=60)
    assert other.returncode == 0
    assert load_run(tmp_path / "run").steps == 3


def test_a_folder_without_a_run_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="is not the folder of a run"):
        make(tmp_path, overwrite=True)
    assert (tmp_path / "thesis.txt").is_file()


def test_a_run_that_goes_on_is_left_alone(tmp_path: Path) -> None:
    model = EconModel("pizza_place", households=3, steps=3, store=tmp_path / "run")
    model.step()
    with pytest.raises(BadInput, match="is in use, and is not overwritten"):
        make(tmp_path / "run", overwrite=True)
    model.run_model()
    assert load_run(tmp_path / "run").steps == 3


def test_nothing_there_is_nothing_to_delete(tmp_path: Path) -> None:
    delete_run(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    delete_run(tmp_path / "empty")
    assert (tmp_path / "empty").is_dir()
