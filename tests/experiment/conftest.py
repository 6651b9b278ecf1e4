"""One small case study for all tests of its tables: made once a session."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from case_study import CASE, Case
from own_components import MODULE
from own_parts import SOURCE

from econsim_mesa.analysis.result_tables import Tables
from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.run import run_experiment
from econsim_mesa.experiment.tables import tables
from econsim_mesa.experiment.types import Experiment
from econsim_mesa.scenario import registry


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return the design, the folder and the measures of the small case study."""
    folder = tmp_path_factory.mktemp("case") / "out"
    design = load_design(Experiment.model_validate_json(json.dumps(CASE)))
    report = run_experiment(design, folder, workers=0)
    assert not report.unfinished
    return design, folder, report.measured


@pytest.fixture(scope="session")
def told(case: Case) -> Tables:
    """Return the tables of the small case study. Nobody changes them."""
    design, _, measured = case
    return tables(design, measured)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Import a module from a folder that is on no path, as a notebook or an editor may do."""
    path = tmp_path / "elsewhere" / f"{MODULE}.py"
    path.parent.mkdir()
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location(MODULE, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, MODULE, module)
    with registry.own_registrations():
        spec.loader.exec_module(module)
        yield module
