"""Components that a program registers reach the processes that make an experiment's runs."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest
from own_components import MODULE, named_by
from own_parts import SOURCE
from studies import study

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import registry
from econsim_mesa.scenario.origins import Origin, import_all, origins

pytestmark = pytest.mark.soak  # processes of studies


@pytest.mark.usefixtures("own")
def test_worker_processes_know_what_the_program_registered(tmp_path: Path) -> None:
    design = named_by(tmp_path)
    report = run_experiment(design, tmp_path / "out", workers=1)
    assert report.unfinished == []
    with load_run(tmp_path / "out" / "runs" / "base.s1") as run:
        assert "boredom" in run.stressors
        assert set(run.decisions[run.decisions["kind"] == "Household"]["decider"]) == {"sloth"}


def test_only_what_a_scenario_names_is_imported(own: ModuleType, tmp_path: Path) -> None:
    assert own.__file__ is not None
    named = origins(named_by(tmp_path).scenarios)
    assert named == (Origin(MODULE, str(Path(own.__file__).resolve())),)
    plain = study(tmp_path / "plain", set={"decider": "idle"})
    assert origins(plain.scenarios) == ()


def test_a_module_that_a_worker_lacks_fails_its_runs_and_says_so(
    own: ModuleType, tmp_path: Path
) -> None:
    design = named_by(tmp_path)
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
    design = named_by(tmp_path)
    monkeypatch.delattr(sys.modules[MODULE], "__file__")
    with pytest.raises(BadInput, match=r"stands in no file.*module of its own"):
        run_experiment(design, tmp_path / "out", workers=1)


def test_a_program_is_run_again_under_the_name_that_guards_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker on Ray has another main module; what stands behind the guard must not run."""
    monkeypatch.delitem(sys.modules, "__mp_main__", raising=False)
    program = tmp_path / "program.py"
    program.write_text(f"{SOURCE}\nif __name__ == '__main__':\n    raise SystemExit(1)\n")
    with registry.own_registrations():
        import_all([Origin("__main__", str(program))])
        assert registry.lookup("decider", "sloth").__name__ == "Sloth"
        import_all([Origin("__main__", str(program))])  # a second time it is here
    monkeypatch.delitem(sys.modules, "__mp_main__")
