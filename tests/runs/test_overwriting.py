"""A run is made in the place of another one: only of ours, only where nobody uses it."""

from __future__ import annotations

from pathlib import Path

import pytest

from econsim_mesa import EconModel, load_run
from econsim_mesa.errors import BadInput
from econsim_mesa.runs.bundle.deletion import delete_run


def make(folder: Path, seed: int = 1, *, overwrite: bool = False) -> EconModel:
    """Make a short run in a folder."""
    model = EconModel(
        "pizza_place", seed=seed, households=3, steps=2, store=folder, overwrite=overwrite
    )
    model.run_model()
    return model


def test_a_run_takes_the_place_of_another_one_if_asked(tmp_path: Path) -> None:
    make(tmp_path / "run")
    with pytest.raises(BadInput, match="is not empty"):
        make(tmp_path / "run", seed=2)
    make(tmp_path / "run", seed=2, overwrite=True)
    assert load_run(tmp_path / "run").meta["seed"] == "2"


@pytest.mark.parametrize(
    "name", ["thesis.txt", "notes/a.md", "run2.sqlite", "analysis/mine.csv", "prompts/a.md"]
)
def test_what_is_no_part_of_a_run_is_never_deleted(tmp_path: Path, name: str) -> None:
    make(tmp_path / "run")
    mine = tmp_path / "run" / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    with pytest.raises(BadInput, match=f"holds {name}, which is no part of its run"):
        make(tmp_path / "run", overwrite=True)
    assert mine.read_text() == "mine"
    assert load_run(tmp_path / "run").steps == 2


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


def test_what_a_notebook_shows(tmp_path: Path) -> None:
    model = make(tmp_path / "run")
    assert "2 of 2" in model._repr_html_()
    assert "finished, sealed" in load_run(tmp_path / "run")._repr_html_()


def test_households_of_the_network_have_what_is_recorded_of_them(tmp_path: Path) -> None:
    make(tmp_path / "run")
    network = load_run(tmp_path / "run").network()
    assert network.nodes["H0"].keys() >= {"kind", "x", "y", "cash", "asleep", "hunger"}
    assert network.nodes["Pizza Place"].keys() == {"kind"}
