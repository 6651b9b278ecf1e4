"""Four claims, computed: each is open until all its evidence is there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from claimed import coherent
from drafted import draft, studied

from econsim_mesa.cli import main
from econsim_mesa.evidence.bundle_contents import BundleContents, read_contents
from econsim_mesa.evidence.claim import Claim
from econsim_mesa.evidence.claims import CLAIMS, claims_of
from econsim_mesa.evidence.real_place import WARNING
from econsim_mesa.evidence.verify import verify
from econsim_mesa.experiment.plan import scenario_hash

pytestmark = pytest.mark.soak  # whole studies, in small


def claims(folder: Path) -> list[Claim]:
    return claims_of(read_contents(folder, verify(folder, derived=False).findings))


def test_what_was_not_doctored_is_as_computed(made_study: Path) -> None:
    told = json.loads((made_study / CLAIMS).read_text())
    found = claims(made_study)
    assert [one["status"] for one in told["claims"]] == [one.status for one in found]
    statuses = [one.status for one in found]
    assert statuses == ["supported", "supported", "not supported", "open"], found[1]
    rival = next(test for test in found[2].tests if "decided by a language model" in test.test)
    assert rival.holds is False
    assert "It fails at: households decided by a language model" in found[2].words


def contents_of(home: Path, change: Callable[[Any], None] = lambda told: None) -> BundleContents:
    """Return an honest study in which all patterns hold, its tables changed."""
    contents = studied(home, draft())
    change(contents.tables)
    return contents


def _row(table: str, arm: str, **values: Any) -> Callable[[Any], None]:
    def change(told: Any) -> None:
        for row in told[table]:
            if row.get("arm", arm) == arm:
                row |= values

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_row("curves", "full", verdict="linear"), "inverted U"),
        (_row("curves", "full", why="too few"), "inverted U"),
        (_row("curves", "full", b1_low=-0.1), "rise at the centre"),
        (_row("dispersion", "full", void="templates"), "spread"),
        (_row("ablations", "full", low=-1.0, high=0.1), "ablation"),
        (_row("ablations", "full", low=0.5, high=1.0), "ablation"),
        (_row("ablations", "full", low=None, high=None), "ablation"),
        (_row("family", "full", holds=False), "Holm"),
        (_row("decisions", "full", decider="utility"), "decided by a language model"),
        (_row("curves", "random", verdict="inverted U", b1_low=0.5), "rival: random"),
        (_row("curves", "frozen stress", verdict="inverted U", b1_low=0.5), "rival: frozen stress"),
        (_row("curves", "no memory", why="no posts"), "rival: no memory"),
    ],
)
def test_claim_3_needs_every_pattern_and_no_rival_that_has_them_all(
    change: Callable[[Any], None], words: str, tmp_path: Path
) -> None:
    third = claims_of(contents_of(tmp_path, change))[2]
    assert third.status != "supported"
    assert any(words in test.test and not test.holds for test in third.tests)


def test_claim_3_needs_a_plan_that_is_sure_enough(tmp_path: Path) -> None:
    """Verdicts follow the plan's confidence; with 80 % one null world in five would show some."""
    contents = contents_of(tmp_path)
    assert contents.experiment is not None
    design = contents.experiment.design
    for confidence, status in ((0.8, "not supported"), (0.99, "supported")):
        plan = design.experiment.plan.model_copy(update={"confidence": confidence})
        experiment = design.experiment.model_copy(update={"plan": plan})
        made = contents.experiment._replace(design=design._replace(experiment=experiment))
        third = claims_of(contents._replace(experiment=made))[2]
        assert third.status == status
        assert ("confidence of the plan" in third.words) == (confidence < 0.95)


def test_a_control_that_passes_makes_checks_void(tmp_path: Path) -> None:
    contents = contents_of(tmp_path)
    table = coherent(scenario_hash(contents.scenario), "llm", control_passes=True)
    found = claims_of(contents._replace(coherence=table))
    assert found[1].status == "open"
    assert found[3].status == "open"


@pytest.mark.parametrize("what", ["scenario", "decider"])
def test_checks_of_something_else_show_nothing(what: str, tmp_path: Path) -> None:
    contents = contents_of(tmp_path)
    sha = scenario_hash(contents.scenario) if what == "decider" else "0" * 64
    other = coherent(sha, "random" if what == "decider" else "llm")
    assert claims_of(contents._replace(coherence=other))[1].status == "open"


def test_a_single_run_says_that_no_ablation_is_attached(
    made_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(made_run, folder)
    assert main(["report", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "no ablation attached" in shown
    assert WARNING in shown
    told = json.loads((folder / CLAIMS).read_text())["claims"]
    assert [one["status"] for one in told] == ["supported", "open", "open", "open"]
    assert told[3]["words"] == WARNING
    assert verify(folder).code == 0
    assert main(["report", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["claims"] == told


def test_an_interrupted_run_did_not_run_as_described(half_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "half"
    shutil.copytree(half_run, folder)
    assert claims(folder)[0].status == "not supported"
