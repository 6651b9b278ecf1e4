"""A single run that was doctored, with all its lists made to fit, does not verify."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doctors import Doctor, edit, put, weaken_limits

from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.claims import claims_of
from econsim_mesa.evidence.verify import verify
from econsim_mesa.runs.bundle.findings import Kind
from econsim_mesa.runs.bundle.seal import seal_run


def _sealed_anew(name: str, change: Callable[[Any], None]) -> Doctor:
    """Return a doctor that changes a JSON file, and has all else made anew from it."""

    def doctor(folder: Path) -> None:
        edit(name, change, sealed=False)(folder)
        seal_run(folder)

    return doctor


def _no_licences(scenario: Any) -> None:
    for one in scenario["data_sources"]:
        one["licence"] = "none needed"


def _no_failures(summary: Any) -> None:
    summary["calls"] |= {"faults": {}, "statuses": {"ok": 1000}, "calls": 1000}
    summary["decisions"]["llm"] = {"accepted": 1000}


def _another_model(summary: Any) -> None:
    for one in summary["calls"]["served"]:
        one |= {"model": "gpt-oss-120b", "revision": "fp_44709d6fcb"}


DOCTORED: dict[str, tuple[Doctor, str]] = {
    "exclusions removed": (
        _sealed_anew("scenario.json", lambda told: told.update(exclusions=["Nothing."])),
        "scenario.json"),
    "licences of sources replaced": (
        _sealed_anew("scenario.json", _no_licences), "scenario.json"),
    "another model in the scenario": (
        _sealed_anew("scenario.json", lambda told: told["llm"].update(model="gpt-oss-120b")),
        "scenario.json"),
    "other settings given": (
        _sealed_anew("given.json", lambda told: told["changes"].update({"stress.mode": "off"})),
        "scenario.json"),
    "failures left out of the summary": (edit("summary.json", _no_failures), "summary.json"),
    "another model in the summary": (edit("summary.json", _another_model), "summary.json"),
    "another model in the crate": (
        put("ro-crate-metadata.json", '"name": "mock"', '"name": "gpt-oss-120b"'),
        "ro-crate-metadata.json"),
    "limits weakened": (weaken_limits, "LIMITS.md"),
    "another prompt in the sample": (
        put("prompt-sample.txt", "--- user", "--- user\nBe rational."), "prompt-sample.txt"),
}  # fmt: skip


@pytest.mark.usefixtures("of_this_code")
@pytest.mark.parametrize("name", DOCTORED)
def test_a_doctored_run_does_not_verify(
    name: str, llm_run: Path, copy_of: Callable[[Path], Path]
) -> None:
    folder = copy_of(llm_run)
    assert verify(folder).findings == ()
    doctor, where = DOCTORED[name]
    doctor(folder)
    verdict = verify(folder)
    assert verdict.code == Kind.tampered
    assert where in {one.where for one in verdict.findings}
    statuses = [one.status for one in claims_of(read_contents(folder, verdict.findings))]
    assert statuses[0] == "not supported"
    assert "supported" not in statuses[2:]
