"""Checks can be made again from a folder: numbers written by hand are found, however plausible."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doctors import edit
from towns import village

from econsim_mesa.cli import main
from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.claims import claims_of
from econsim_mesa.evidence.coherence.recorded_answers import ANSWERS
from econsim_mesa.evidence.verify import verify
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.bundle import record_derived
from econsim_mesa.runs.bundle.findings import Kind

pytestmark = pytest.mark.soak  # checks made twice

CHECK = ["--seeds", "3", "--only", "hunger", "--quiet"]
REPEATABLE = "checks that can be made again from this folder"


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run by the embedded model with one check attached."""
    home = tmp_path_factory.mktemp("checked")
    town = village(steps=6, decider="utility", agents__Household={"count": 3, "cash": 1000})
    (home / "town.json").write_text(json.dumps(town))
    folder = str(home / "run")
    assert main(["run", str(home / "town.json"), "--quiet", "--out", folder]) == 0
    assert main(["check", folder, "--out", folder, *CHECK]) == 0
    return home / "run"


@pytest.fixture(scope="module")
def checked_llm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run by a language model with one check attached; the server is gone."""
    folder = str(tmp_path_factory.mktemp("checked") / "run")
    with MockServer() as server:
        words = ["--base-url", server.base_url, "--model", "mock", "--decider", "llm",
                 "--steps", "2", "--set", "agents.Household.count=3",
                 "--set", "llm.client=direct"]  # fmt: skip
        assert main(["run", "pizza_place", *words, "--quiet", "--out", folder]) == 0
        assert main(["check", folder, "--out", folder, *CHECK]) == 0
    return Path(folder)


def _sample(told: Any) -> None:
    told["rows"][0]["samples"][1][0] *= 1.01


def _control(told: Any) -> None:
    told["rows"][0]["control_samples"][2][0] += 0.5


def _not_applicable(told: Any) -> None:
    told["rows"][0] |= {"status": "not applicable", "reason": "no goods", "samples": [],
                        "control_samples": []}  # fmt: skip


def _seeds(told: Any) -> None:
    told["seeds"][0] = 77


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_sample, "hunger: seed 2: recorded"),
        (_control, "hunger: the random agent, seed 3: recorded"),
        (_not_applicable, "hunger: numbers of 0 seeds recorded, of 3 made"),
        (_seeds, "hunger: seed 77: recorded"),
    ],
)
def test_plausible_numbers_are_found_by_making_the_checks_again(
    change: Callable[[Any], None], words: str, checked: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(checked, folder)
    edit("coherence.json", change)(folder)
    assert verify(folder).code == 0  # the lists fit, and so does every sum
    verdict = verify(folder, replay=True)
    assert verdict.code == Kind.irreproducible
    (finding,) = verdict.findings
    assert str(finding).startswith(f"irreproducible: coherence.json: {words}")


def test_checks_that_were_made_are_made_again(checked: Path, checked_llm: Path) -> None:
    assert not (checked / ANSWERS).exists()
    assert verify(checked, replay=True).findings == ()
    assert len((checked_llm / ANSWERS).read_text().splitlines()) > 20
    assert verify(checked_llm, replay=True).findings == ()
    for folder in (checked, checked_llm):
        second = claims_of(read_contents(folder, ()))[1]
        assert {test.test: test.holds for test in second.tests}[REPEATABLE] is True


def test_a_report_is_made_anew_when_checks_are_attached(checked: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(checked, folder)
    (folder / "coherence.json").unlink()
    record_derived(folder, "coherence.json")
    assert main(["report", str(folder), "--quiet"]) == 0
    assert "No coherence checks are attached" in (folder / "report.html").read_text()
    assert main(["check", str(folder), "--out", str(folder), *CHECK]) == 0
    assert "No coherence checks are attached" not in (folder / "report.html").read_text()
    assert verify(folder).findings == ()


def _fewer(lines: list[str]) -> None:
    del lines[5]


def _more(lines: list[str]) -> None:
    lines.append(lines[-1])


def _other(lines: list[str]) -> None:
    lines[:] = ['["accepted", "", "[]"]'] * len(lines)


def _no_answer(lines: list[str]) -> None:
    lines[3] = '["accepted", "", "[{\\"do\\": \\"fly\\"}]"]'


@pytest.mark.parametrize("change", [_fewer, _more, _other, _no_answer])
def test_answers_of_a_model_must_give_its_numbers(
    change: Callable[[list[str]], None], checked_llm: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(checked_llm, folder)
    lines = (folder / ANSWERS).read_text().splitlines()
    change(lines)
    (folder / ANSWERS).write_text("\n".join(lines) + "\n")
    record_derived(folder, ANSWERS)
    assert verify(folder).code == 0
    (finding,) = verify(folder, replay=True).findings
    assert (finding.kind, finding.where) == (Kind.irreproducible, "coherence.json")


def test_without_the_answers_nothing_is_shown(checked_llm: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(checked_llm, folder)
    (folder / ANSWERS).unlink()
    record_derived(folder, ANSWERS)
    assert verify(folder, replay=True).findings == ()
    second = claims_of(read_contents(folder, ()))[1]
    assert second.status != "supported"
    assert {test.test: test.holds for test in second.tests}[REPEATABLE] is None
