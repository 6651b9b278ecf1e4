"""Components that a program registers reach the processes that make an experiment's runs."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from studies import study

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.engine import run_experiment
from econsim_mesa.experiment.load import Design
from econsim_mesa.records import load_run
from econsim_mesa.scenario import registry
from econsim_mesa.scenario.origins import Origin, import_all, origins

MODULE = "own_components_of_a_test"
SOURCE = '''
"""A state and a decider of one's own; the parameters are those of a built-in state."""
from econsim_mesa.decision.idle import Idle
from econsim_mesa.mind import Stressor
from econsim_mesa.mind.stressors.fatigue import Fatigue
from econsim_mesa.scenario import register


@register("stressor", "boredom")
class Boredom(Fatigue):
    """Little to do."""

    name, title = "boredom", "Little to do"


@register("decider", "sloth")
class Sloth(Idle):
    """Does nothing, under a name of its own."""

    name = "sloth"
'''


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Import a module from a folder that is on no path, as a notebook or an editor may do."""
    path = tmp_path / "elsewhere" / f"{MODULE}.py"
    path.parent.mkdir()
    path.write_text(SOURCE)
    monkeypatch.setattr(registry, "_registered", {kind: {} for kind in registry._BUILT_IN})
    spec = importlib.util.spec_from_file_location(MODULE, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, MODULE, module)
    spec.loader.exec_module(module)
    return module


def designed(folder: Path) -> Design:
    limit = {"limit": 15.0, "window": 24, "gamma": 0.95, "home_comfort": 0.4}
    town: dict[str, Any] = {"decider": "sloth", "steps": 2, "stress.stressors.boredom": limit}
    town["agents.Household.count"] = 2
    return study(folder, set=town, factors={}, contrasts=[], hypotheses=[], replicates=1)


@pytest.mark.usefixtures("own")
def test_worker_processes_know_what_the_program_registered(tmp_path: Path) -> None:
    design = designed(tmp_path)
    report = run_experiment(design, tmp_path / "out", workers=1)
    assert report.unfinished == []
    with load_run(tmp_path / "out" / "runs" / "base.s1") as run:
        assert "boredom" in run.stressors
        assert set(run.decisions[run.decisions["kind"] == "Household"]["decider"]) == {"sloth"}


def test_only_what_a_scenario_names_is_imported(own: ModuleType, tmp_path: Path) -> None:
    assert own.__file__ is not None
    named = origins(designed(tmp_path).scenarios)
    assert named == (Origin(MODULE, str(Path(own.__file__).resolve())),)
    plain = study(tmp_path / "plain", set={"decider": "idle"})
    assert origins(plain.scenarios) == ()


def test_a_module_that_a_worker_lacks_fails_its_runs_and_says_so(
    own: ModuleType, tmp_path: Path
) -> None:
    design = designed(tmp_path)
    assert own.__file__ is not None
    Path(own.__file__).write_text("import no_such_module_at_all")
    ((_, status, message),) = run_experiment(design, tmp_path / "out", workers=1).unfinished
    assert status == "failed"
    assert MODULE in message
    assert "no_such_module_at_all" in message


@pytest.mark.usefixtures("own")
def test_what_stands_in_no_file_is_refused_before_the_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    design = designed(tmp_path)
    monkeypatch.delattr(sys.modules[MODULE], "__file__")
    with pytest.raises(BadInput, match=r"stands in no file.*module of its own"):
        run_experiment(design, tmp_path / "out", workers=1)


def test_a_program_is_run_again_under_the_name_that_guards_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker on Ray has another main module; what stands behind the guard must not run."""
    monkeypatch.setattr(registry, "_registered", {kind: {} for kind in registry._BUILT_IN})
    monkeypatch.delitem(sys.modules, "__mp_main__", raising=False)
    program = tmp_path / "program.py"
    program.write_text(f"{SOURCE}\nif __name__ == '__main__':\n    raise SystemExit(1)\n")
    import_all([Origin("__main__", str(program))])
    assert registry.lookup("decider", "sloth").__name__ == "Sloth"
    import_all([Origin("__main__", str(program))])  # a second time it is here
    monkeypatch.delitem(sys.modules, "__mp_main__")
