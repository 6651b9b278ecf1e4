"""Which model answered, in which state: with every call, in summary, crate, report and verify."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from llm_town import CANARY, econsim, run_small

from econsim_mesa.evidence.verify import verify
from econsim_mesa.mock import MockServer
from econsim_mesa.runs.model_versions import NOT_TOLD
from econsim_mesa.runs.reader import load_run
from econsim_mesa.society.records import Call


@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_model_that_is_replaced_in_the_middle_is_a_finding(client: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with MockServer(revise_after=20) as server:
        told = run_small(server.base_url, folder, client=client)
    assert "served  what answered changed on the way: mock (revision: fp_mock_1;" in told.out
    calls = json.loads((folder / "summary.json").read_text())["calls"]
    first, second = calls["served"]
    assert [one["revision"] for one in (first, second)] == ["fp_mock_1", "fp_mock_1-revised"]
    assert first["calls"] + second["calls"] == calls["calls"] == 60
    assert (first["first_step"], second["last_step"]) == (0, 9)
    assert 0 < first["last_step"] <= second["first_step"] + 1 < 9
    assert "aiohttp" in first["server"]
    graph = json.loads((folder / "ro-crate-metadata.json").read_text())["@graph"]
    found = {one["@id"]: one for one in graph}
    served = [one for name, one in found.items() if "/served/" in name]
    assert [one["@type"] for one in served] == ["SoftwareApplication"] * 2
    assert "revision: fp_mock_1-revised" in served[1]["softwareVersion"]
    assert {"@id": served[1]["@id"]} in found["./"]["mentions"]
    assert "changed on the way" in found["#llm-changed"]["value"]
    assert json.loads(found["#server_model"]["value"])["id"] == "econsim-mock"
    assert econsim("report", folder).code == 0
    page = (folder / "report.html").read_text()
    assert page.count("<strong>what answered changed on the way") == 2  # who decided, and quality
    shown = econsim("verify", folder)
    assert shown.code == 0
    assert "model   mock (revision: fp_mock_1; server:" in shown.out
    assert "note    what answered changed on the way" in shown.out
    (changed,) = json.loads(econsim("verify", folder, "--json").out)["served_changes"]
    assert "fp_mock_1-revised" in changed
    held = (folder / "run.sqlite").read_bytes() + page.encode()
    assert CANARY.encode() not in held


def test_what_a_server_does_not_tell_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with MockServer(revision="") as server:
        assert run_small(server.base_url, folder, "--quiet").code == 0
    (one,) = json.loads((folder / "summary.json").read_text())["calls"]["served"]
    assert one["revision"] == NOT_TOLD
    assert verify(folder).model_usage.changes == ()
    run = load_run(folder)
    assert {Call(*row).revision for row in run.rows("calls")} == {None}


def test_a_fork_asks_anew_and_keeps_what_answered_before(tmp_path: Path) -> None:
    folder, branch = tmp_path / "run", tmp_path / "branch"
    with MockServer() as server:
        run_small(server.base_url, folder)
    with MockServer(revision="fp_later") as server:
        told = econsim("fork", folder, "--at", 6, "--set", f"llm.base_url={server.base_url}",
                       "--out", branch)  # fmt: skip
    assert told.code == 0, told.err
    before, after = verify(branch).model_usage.models
    assert (before.revision, before.last_step) == ("fp_mock_1", 5)
    assert (after.revision, after.first_step) == ("fp_later", 6)
    assert "server_model@6" in load_run(branch).meta
    assert "server_model" in load_run(folder).meta
