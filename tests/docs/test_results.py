"""The page of results is filled by its script, and names all that the bundled files register."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from econsim_mesa.experiment import load_design
from econsim_mesa.experiment.plan import plan_hash, plan_text
from econsim_mesa.experiment.tables import tables

pytestmark = pytest.mark.soak  # plans of all studies

ROOT = Path(__file__).parents[2]


def script() -> ModuleType:
    path = ROOT / "docs" / "generate_results.py"
    spec = importlib.util.spec_from_file_location("generate_results", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate_results"] = module
    spec.loader.exec_module(module)
    return module


results = script()
ON_THE_PAGE = re.findall(r"<!-- generated: (\w+) -->", results.PAGE.read_text(encoding="utf-8"))
SCREENING = "sensitivity"
"""Read only with the extra of that name."""


def test_the_page_has_every_experiment_that_calls_no_model() -> None:
    pytest.importorskip("SALib", reason="SALib comes with the extra sensitivity")
    assert sorted(ON_THE_PAGE) == sorted(results.experiments())


@pytest.mark.parametrize("name", ON_THE_PAGE)
def test_the_page_has_every_hypothesis_that_is_registered(name: str) -> None:
    if name == SCREENING:
        pytest.importorskip("SALib", reason="SALib comes with the extra sensitivity")
    page = results.PAGE.read_text(encoding="utf-8")
    shown = page.partition(f"<!-- generated: {name} -->")[2].partition("<!-- end: ")[0]
    design = load_design(name)
    assert f"`econsim experiment {name}`" in shown
    assert f"Plan `{plan_hash(plan_text(design))[:12]}`" in shown  # what is registered now
    rows = [line for line in shown.splitlines() if line.endswith("** |")]
    told = [line.split(" | ")[0].removeprefix("| ") for line in rows]
    assert told == [one.statement for one in design.experiment.hypotheses]
    assert "- | **" not in shown.replace("- | **cannot tell**", "")


def test_numbers_come_from_the_tables() -> None:
    design = load_design("loop")
    found = tables(design, {})
    empty = results.block("loop", design, found)
    assert "**cannot tell**" in empty
    assert "**supported**" not in empty
    found["hypotheses"][0] |= {"mean": 12.345, "low": -0.5, "high": 1234.5, "verdict": "open"}
    filled = results.block("loop", design, found)
    assert "| 12.3 (-0.5 to 1,234) | **open** |" in filled
