"""An experiment is made in the place of another one: only of ours, only where nobody uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from studies import study

from econsim_mesa import EconModel
from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.folder import read_experiment
from econsim_mesa.experiment.run import run_experiment

FACTORS = {"stress.mode": ["on"]}
SMALL = {"replicates": 2, "factors": FACTORS, "contrasts": [], "hypotheses": []}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("made")
    run_experiment(study(place, **SMALL), place / "out", workers=0)
    return place / "out"


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def make_another(folder: Path, *, overwrite: bool = True) -> None:
    design = study(folder.parent, **SMALL | {"first_seed": 7})
    run_experiment(design, folder, workers=0, overwrite=overwrite)


def test_an_experiment_takes_the_place_of_another_one_if_asked(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"another plan.* --overwrite"):
        make_another(folder, overwrite=False)
    make_another(folder)
    assert {run[-3:] for run in read_experiment(folder).measured} == {".s7", ".s8"}


@pytest.mark.parametrize("name", ["thesis.txt", "runs/notes.txt", "runs/mine/a.txt"])
def test_what_is_no_part_of_an_experiment_is_never_deleted(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text("mine")
    with pytest.raises(BadInput, match=f"holds {name}, which is no part"):
        make_another(folder)
    assert len(read_experiment(folder).measured) == 2


def test_what_is_no_part_of_its_runs_is_never_deleted(folder: Path) -> None:
    run = next((folder / "runs").iterdir())
    (run / "mine.txt").write_text("mine")
    with pytest.raises(BadInput, match=f"holds runs/{run.name}/mine.txt, which is no part"):
        make_another(folder)
    assert (run / "mine.txt").is_file()


def test_another_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("mine")
    with pytest.raises(BadInput, match="holds no experiment, and is not overwritten"):
        make_another(tmp_path / "out")
    assert (tmp_path / "out/thesis.txt").is_file()


def test_an_experiment_with_a_run_that_goes_on_is_left_alone(folder: Path) -> None:
    run = next((folder / "runs").iterdir())
    shutil.rmtree(run)
    model = EconModel("pizza_place", households=3, steps=3, store=run)
    model.step()
    with pytest.raises(BadInput, match="is in use, and is not overwritten"):
        make_another(folder)
    model.run_model()
    assert (folder / "plan.json").is_file()
