"""Resume: a run that was stopped anywhere ends as the run that was never stopped."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from recorded import go_on, keep

from econsim_mesa.errors import BadInput, ScenarioError
from econsim_mesa.runs.comparison import Irreproducible
from econsim_mesa.runs.reader import fingerprint, load_run
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.runs.replay import replay
from econsim_mesa.runs.resume import resume
from econsim_mesa.society.model import EconModel


def model(name: str, steps: int) -> EconModel:
    return EconModel(name, seed=5, steps=steps)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("pizza_place", 16),
        pytest.param("two_towns", 20, marks=pytest.mark.soak),
    ],
)
def test_resumed_after_any_step_it_ends_as_if_never_stopped(
    name: str, steps: int, tmp_path: Path
) -> None:
    whole = fingerprint(keep(model(name, steps), tmp_path / "whole"))
    growing = model(name, steps)
    recorder = Recorder.begin(growing, tmp_path / "growing")
    for made in range(steps):
        folder = tmp_path / f"stopped-{made}"
        shutil.copytree(recorder.folder, folder)  # as kill -9 would leave it
        assert load_run(folder).steps == made
        assert fingerprint(go_on(*resume(folder))) == whole, made
        assert load_run(folder).meta["status"] == "finished"
        growing.step()


def test_resumed_again_and_again(tmp_path: Path) -> None:
    whole = fingerprint(keep(model("pizza_place", 12), tmp_path / "whole"))
    folder = keep(model("pizza_place", 12), tmp_path / "run", until=2)
    for until in (3, 7, 8, None):
        go_on(*resume(folder), until)
    assert fingerprint(folder) == whole
    assert replay(folder) == 12


def test_a_complete_run_is_not_resumed(tmp_path: Path) -> None:
    folder = keep(model("pizza_place", 3), tmp_path / "run")
    with pytest.raises(BadInput, match="complete: 3 steps"):
        resume(folder)


def test_changes_act_from_the_next_step_and_are_on_record(tmp_path: Path) -> None:
    folder = keep(model("pizza_place", 8), tmp_path / "run", until=4)
    go_on(*resume(folder, {"llm.max_calls": 9, "stress.mode": "off"}))
    assert list(load_run(folder).rows("inputs")) == [
        (4, "settings", '{"llm.max_calls":9,"stress.mode":"off"}')
    ]
    assert replay(folder) == 8


def test_a_bad_change_leaves_the_run_as_it_was(tmp_path: Path) -> None:
    folder = keep(model("pizza_place", 8), tmp_path / "run", until=4)
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    with pytest.raises(ScenarioError):
        resume(folder, {"stress.mode": "loud"})
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before


def test_more_steps_by_a_setting_are_made_after_a_resume_too(tmp_path: Path) -> None:
    folder = keep(model("pizza_place", 5), tmp_path / "run", until=3)
    go_on(*resume(folder, {"steps": 9}), 7)
    assert load_run(folder).steps == 7
    go_on(*resume(folder))
    assert load_run(folder).steps == 9
    with pytest.raises(BadInput, match="complete: 9 steps"):
        resume(folder)
    assert fingerprint(folder) != fingerprint(keep(model("pizza_place", 9), tmp_path / "nine"))
    assert replay(folder) == 9


def test_a_changed_scenario_is_irreproducible(tmp_path: Path) -> None:
    folder = keep(model("pizza_place", 8), tmp_path / "run", until=4)
    path = folder / "scenario.json"
    path.write_text(path.read_text().replace('"seed": 5', '"seed": 6', 1))
    before = (folder / "run.sqlite").read_bytes()
    with pytest.raises(Irreproducible):
        resume(folder)
    assert (folder / "run.sqlite").read_bytes() == before
