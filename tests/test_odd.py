"""The tables of ODD.md are those of the code."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_odd", ROOT / "docs/generate_odd.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_table_is_stale(generator: ModuleType) -> None:
    assert generator.main(["--check"]) == 0, "run: python docs/generate_odd.py"


def test_a_stale_table_is_found(
    generator: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "ODD.md").read_text(encoding="utf-8")
    copy = tmp_path / "ODD.md"
    copy.write_text(text.replace("| `choice.go.crowd` | -0.04 |", "| `choice.go.crowd` | 0 |"))
    monkeypatch.setattr(generator, "DOCUMENT", copy)
    assert generator.main(["--check"]) == 1
    assert generator.main([]) == 0
    assert copy.read_text(encoding="utf-8") == text


def test_a_document_without_a_mark_is_refused(generator: ModuleType) -> None:
    with pytest.raises(ValueError, match="lacks"):
        generator.filled("# no marks")


def test_the_elements_of_the_protocol_are_in_order() -> None:
    text = (ROOT / "ODD.md").read_text(encoding="utf-8")
    found = re.findall(r"^## \d\. (.+)$", text, re.MULTILINE)
    assert found[:7] == [
        "Purpose and patterns",
        "Entities, state variables and scales",
        "Process overview and scheduling",
        "Design concepts",
        "Initialisation",
        "Input data",
        "Submodels",
    ]
