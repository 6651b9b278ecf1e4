"""Four claims, computed: each is open until all its evidence is there, and no doctor helps."""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import doctors
import pytest
from claimed import EXTERNAL, TARGET, coherent
from doctors import Doctor, all_holds, edit, put, reseal, sql
from pydantic import ValidationError

from econsim_mesa.bundle.seal import seal_run
from econsim_mesa.cli import main
from econsim_mesa.errors import EconSimError
from econsim_mesa.evidence import run_check
from econsim_mesa.evidence.claim import Claim
from econsim_mesa.evidence.claims import CLAIMS, claims_of
from econsim_mesa.evidence.place import DEFAULT
from econsim_mesa.evidence.report import REPORT
from econsim_mesa.evidence.subject import Subject, read_subject
from econsim_mesa.evidence.verify import verify
from econsim_mesa.experiment.external import External
from econsim_mesa.experiment.plan import plan_hash, scenario_hash
from econsim_mesa.scenario import load_scenario

USED = "Andreyeva, Long, Brownell (2010), doi:10.2105/AJPH.2008.151415"
"""Declared as fresh, but coefficients of the scenario have it as their source."""
A_TAIL = "Schläpfer et al. (2021), doi:10.1038/s41586-021-03480-9"
"""The exponent of a tail, which no small town can show."""


def claims(folder: Path) -> list[Claim]:
    return claims_of(read_subject(folder, verify(folder, derived=False).findings))


def _claim(number: int) -> Callable[[Any], None]:
    def change(told: Any) -> None:
        told["claims"][number - 1] |= {"status": "supported", "words": "It holds."}

    return change


def _fit(folder: Path) -> None:
    """Put the true hashes of derived files into their list."""
    reseal(folder)


def _missing_run(folder: Path) -> None:
    doctors.without_run(folder)


def _missing_run_sealed(folder: Path) -> None:
    doctors.without_run(folder)
    reseal(folder)


def _missing_run_unknown(folder: Path) -> None:
    run = doctors.without_run(folder)
    gone = [f"DELETE FROM {table} WHERE run = '{run}'" for table in ("runs", "totals", "daily")]
    sql("experiment.sqlite", *gone)(folder)


def _tables_and_index(folder: Path) -> None:
    edit("tables.json", all_holds)(folder)
    sql("experiment.sqlite", "UPDATE totals SET value = value + 7")(folder)


def _added(folder: Path) -> None:
    (folder / "notes.txt").write_text("claim 4: supported")


def _other_bundle(folder: Path) -> None:
    path = folder / "derived.sha256"
    path.write_text("0" * 64 + path.read_text()[64:])


def _plan_external(plan: Any) -> None:
    plan["experiment"]["external"]["targets"][0]["low"] = -5e6


def _first_run(name: str, change: Callable[[Any], None]) -> Doctor:
    def doctor(folder: Path) -> None:
        run = sorted((folder / "runs").iterdir())[0]
        edit(name, change, sealed=False)(run)
        reseal(folder)

    return doctor


def _another_condition(folder: Path) -> None:
    """Put a run of one condition in the place of another's."""
    one, *_, other = sorted((folder / "runs").iterdir())
    shutil.rmtree(other)
    shutil.copytree(one, other)
    reseal(folder)


def _same_run_twice(folder: Path) -> None:
    """Pass one run off as that of another seed, its scenario and all lists made to fit."""
    one, other = sorted((folder / "runs").iterdir())[:2]
    assert (one.name[:-1], one.name[-1], other.name[-1]) == (other.name[:-1], "1", "2")
    shutil.rmtree(other)
    shutil.copytree(one, other)
    edit("scenario.json", lambda told: told.update(seed=2), sealed=False)(other)
    edit("given.json", lambda told: told["changes"].update(seed=2), sealed=False)(other)
    seal_run(other)
    reseal(folder)


def _note_plan(folder: Path) -> None:
    """Put the hash of the plan into the index, and make all lists fit."""
    digest = plan_hash((folder / "plan.json").read_text())
    change = f"UPDATE meta SET value = '{digest}' WHERE key = 'plan_sha256'"
    sql("experiment.sqlite", change)(folder)


def _another_plan(folder: Path) -> None:
    """Change the plan, and its hash in the index."""
    edit("plan.json", _plan_external, sealed=False)(folder)
    _note_plan(folder)


def _of_another_plan(folder: Path) -> None:
    run = min((folder / "runs").iterdir())
    edit("given.json", lambda told: told.update(plan_sha256="0" * 64), sealed=False)(run)
    seal_run(run)
    reseal(folder)


def _no_calibration(plan: Any) -> None:
    plan["experiment"]["external"]["targets"][1]["observed"] = 11.0


def _no_licence(plan: Any) -> None:
    del plan["experiment"]["external"]["targets"][0]["licence"]


def _limits(folder: Path) -> None:
    for path in [folder, *(folder / "runs").iterdir()]:
        (path / "LIMITS.md").write_text("# Limits\n\nNone worth mentioning.\n")
    reseal(folder)


def _limits_of_the_experiment(folder: Path) -> None:
    (folder / "LIMITS.md").write_text("# Limits\n\nNone worth mentioning.\n")
    reseal(folder)


def _no_fallbacks(tables: Any) -> None:
    for row in tables["decisions"]:
        row |= {"outcome": "accepted", "decisions": row["decisions"] + 1}


def _no_exclusions(folder: Path) -> None:
    """Take exclusions out of every run, and out of the plan's hashes."""
    for run in (folder / "runs").iterdir():
        edit("scenario.json", lambda told: told.update(exclusions=["Nothing."]), sealed=False)(run)
        seal_run(run)
    plan = json.loads((folder / "plan.json").read_text())
    for one in plan["conditions"]:
        run = folder / "runs" / f"{one['slug']}.s1"
        one["scenario_sha256"] = scenario_hash(load_scenario(run / "scenario.json"))
    (folder / "plan.json").write_text(json.dumps(plan, indent=2, ensure_ascii=False) + "\n")
    _note_plan(folder)


def _run_alone(folder: Path) -> None:
    """Edit a run and make its own lists fit, but not those of the experiment."""
    run = min((folder / "runs").iterdir())
    with closing(sqlite3.connect(run / "run.sqlite")) as connection, connection:
        connection.execute("UPDATE posts SET text = 'pie' WHERE kind = 'Household'")
    seal_run(run)


def _crate(crate: Any) -> None:
    for entity in crate["@graph"]:
        if entity.get("name") == "econsim-mesa":
            entity["softwareVersion"] = "9.9.9 (commit 0)"


def _unfinished(folder: Path) -> None:
    """Call claims unfinished, so that nobody looks at them."""
    edit(CLAIMS, _claim(4), sealed=False)(folder)
    (folder / "deriving.sha256").write_text(f"{'0' * 64}  {CLAIMS}\n")


DOCTORED: dict[str, Doctor] = {
    "run of another condition": _another_condition,
    "one run as several seeds, lists fit": _same_run_twice,
    "band widened, index has the new plan's hash": _another_plan,
    "run of another plan": _of_another_plan,
    "observation of a target changed": edit("plan.json", _no_calibration),
    "licence of a target removed": edit("plan.json", _no_licence),
    "limits weakened everywhere": _limits,
    "limits weakened in the experiment": _limits_of_the_experiment,
    "fallbacks counted as accepted": edit("tables.json", _no_fallbacks),
    "exclusions removed from runs, plan and index": _no_exclusions,
    "one run edited, its own lists fit": _run_alone,
    "software replaced in the crate": edit("ro-crate-metadata.json", _crate),
    "claims edited and called unfinished": _unfinished,
    "experiment of another name": edit(
        "plan.json", lambda plan: plan["experiment"].update(name="other")
    ),
    "tables say inverted U": edit("tables.json", all_holds, sealed=False),
    "tables say inverted U, lists fit": edit("tables.json", all_holds),
    "tables and index changed alike": _tables_and_index,
    "index changed, lists fit": sql("experiment.sqlite", "UPDATE totals SET value = value * 2"),
    "days in the index changed": sql("experiment.sqlite", "UPDATE daily SET value = value + 1"),
    "claims edited": edit(CLAIMS, _claim(3), sealed=False),
    "claims edited, line of the list fits": edit(CLAIMS, _claim(2)),
    "claim 3 edited, line of the list fits": edit(CLAIMS, _claim(3)),
    "report edited, line of the list fits": put(REPORT, "not supported</span>", "supported</span>"),
    "report edited": put(REPORT, "Four claims", "Five claims", sealed=False),
    "plan newer than the runs": sql(
        "experiment.sqlite", "UPDATE meta SET value = '2999-01-01' WHERE key = 'planned'"
    ),
    "band changed after the runs": edit("plan.json", _plan_external),
    "plan without a rival": edit(
        "plan.json", lambda plan: plan["experiment"]["plan"]["nulls"].pop("random")
    ),
    "plan calls rivals the full model": edit(
        "plan.json", lambda plan: plan["experiment"]["plan"].update(full={"arm": "random"})
    ),
    "missing replicate": _missing_run,
    "missing replicate, lists fit": _missing_run_sealed,
    "missing replicate, index and lists fit": _missing_run_unknown,
    "sales of runs changed": sql("runs/*/run.sqlite", "UPDATE sales SET quantity = quantity + 1"),
    "decider of runs changed": sql(
        "runs/*/run.sqlite", "UPDATE decisions SET decider = 'llm' WHERE kind = 'Household'"
    ),
    "a post invented": sql(
        "runs/*/run.sqlite", "UPDATE posts SET text = 'pie pie pie' WHERE kind = 'Household'"
    ),
    "decisions deleted": sql("runs/*/run.sqlite", "DELETE FROM decisions WHERE step = 3"),
    "run began before the plan": sql(
        "runs/*/run.sqlite", "UPDATE meta SET value = '1999-01-01' WHERE key = 'started'"
    ),
    "exclusions of a run shortened": _first_run(
        "scenario.json", lambda told: told.update(exclusions=["Nothing is left out."])
    ),
    "seed of a run changed": _first_run("scenario.json", lambda told: told.update(seed=99)),
    "summary of a run changed": _first_run("summary.json", lambda told: told.update(steps=49)),
    "a file added": _added,
    "derived from another bundle": _other_bundle,
    "checks edited": edit(
        "coherence.json", lambda told: told["rows"][0].update(status="void"), sealed=False
    ),
}


@pytest.mark.parametrize("name", DOCTORED)
def test_a_doctored_bundle_neither_verifies_nor_shows_more(
    name: str, made_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_check, "is_of_this_code", lambda made_with: True)  # also where edited
    folder = tmp_path / "copy"
    shutil.copytree(made_study, folder)
    DOCTORED[name](folder)
    verdict = verify(folder)
    assert verdict.code != 0
    known = [one for one in verdict.findings if one.where not in (CLAIMS, REPORT)]
    try:
        found = claims_of(read_subject(folder, known))
    except EconSimError:
        return
    derived = {CLAIMS, REPORT, "derived.sha256", "deriving.sha256"}
    derived_only = {one.where for one in verdict.findings} <= derived
    assert found[2].status != "supported"
    assert found[3].status != "supported" or derived_only


def test_what_was_not_doctored_is_as_computed(made_study: Path) -> None:
    told = json.loads((made_study / CLAIMS).read_text())
    found = claims(made_study)
    assert [one["status"] for one in told["claims"]] == [one.status for one in found]
    statuses = [one.status for one in found]
    assert statuses == ["supported", "supported", "not supported", "supported"], found[1]
    rival = next(test for test in found[2].tests if "decided by a language model" in test.test)
    assert rival.holds is False
    assert "It fails at: households decided by a language model" in found[2].words


def subject_of(folder: Path, change: Callable[[Any], None] = lambda told: None) -> Subject:
    """Return what is claimed about, with its tables as if all patterns held."""
    subject = read_subject(folder, ())
    told = copy.deepcopy(json.loads((folder / "tables.json").read_text()))
    all_holds(told)
    change(told)
    decisions = {"llm": {"accepted": 100}}
    table = coherent(scenario_hash(subject.scenario), "llm")
    return subject._replace(tables=told, decisions=decisions, coherence=table)


def with_external(subject: Subject, **changes: Any) -> Subject:
    """Return a subject whose plan declares other external evidence."""
    assert subject.made is not None
    external = External.model_validate_json(json.dumps({**EXTERNAL, **changes}))
    design = subject.made.design
    experiment = design.experiment.model_copy(update={"external": external})
    made = subject.made._replace(design=design._replace(experiment=experiment))
    return subject._replace(made=made)


def test_there_is_a_path_to_each_claim(made_study: Path) -> None:
    found = claims_of(subject_of(made_study))
    assert [one.status for one in found] == ["supported"] * 4, found[2].words


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
        (_row("curves", "random", verdict="inverted U", b1_low=0.5), "rival: frozen stress"),
        (_row("curves", "random", why="no posts"), "rival: no memory"),
    ],
)
def test_claim_3_needs_every_pattern_and_no_rival_that_has_them_all(
    change: Callable[[Any], None], words: str, made_study: Path
) -> None:
    third = claims_of(subject_of(made_study, change))[2]
    assert third.status != "supported"
    assert any(words in test.test and not test.holds for test in third.tests)


def test_claim_3_needs_a_plan_that_is_sure_enough(made_study: Path) -> None:
    """Verdicts follow the plan's confidence; with 80 % one null world in five would show some."""
    subject = subject_of(made_study)
    assert subject.made is not None
    design = subject.made.design
    for confidence, status in ((0.8, "not supported"), (0.99, "supported")):
        plan = design.experiment.plan.model_copy(update={"confidence": confidence})
        experiment = design.experiment.model_copy(update={"plan": plan})
        made = subject.made._replace(design=design._replace(experiment=experiment))
        third = claims_of(subject._replace(made=made))[2]
        assert third.status == status
        assert ("confidence of the plan" in third.words) == (confidence < 0.95)


@pytest.mark.parametrize(
    "changes",
    [
        {"targets": EXTERNAL["targets"][:2]},
        {"targets": [TARGET] * 3},
        {"targets": [{**one, "used_in_calibration": True} for one in EXTERNAL["targets"]]},
        {"targets": [{**one, "source": USED} for one in EXTERNAL["targets"]]},
        {"targets": [{**one, "source": A_TAIL} for one in EXTERNAL["targets"]]},
        {"targets": [{**one, "low": 1e5} for one in EXTERNAL["targets"]]},
        {"targets": [{**one, "naive": 10.0} for one in EXTERNAL["targets"]]},
        {"targets": [{**one, "measure": "unheard of"} for one in EXTERNAL["targets"]]},
        {"reviewer": None},
    ],
)
def test_claim_4_needs_everything(changes: dict[str, Any], made_study: Path) -> None:
    fourth = claims_of(with_external(subject_of(made_study), **changes))[3]
    assert fourth.status != "supported"
    assert "must not be used to justify consequential action" in fourth.words


@pytest.mark.parametrize("gap", ["source", "licence", "used_in_calibration", "observed"])
def test_a_target_without_its_origin_is_no_plan(gap: str) -> None:
    target = {key: value for key, value in TARGET.items() if key != gap}
    with pytest.raises(ValidationError):
        External.model_validate_json(json.dumps({**EXTERNAL, "targets": [target]}))


def test_a_control_that_passes_makes_checks_void(made_study: Path) -> None:
    subject = subject_of(made_study)
    table = coherent(scenario_hash(subject.scenario), "llm", control_passes=True)
    found = claims_of(subject._replace(coherence=table))
    assert found[1].status == "open"
    assert found[3].status != "supported"


@pytest.mark.parametrize("what", ["scenario", "decider"])
def test_checks_of_something_else_show_nothing(what: str, made_study: Path) -> None:
    subject = subject_of(made_study)
    sha = scenario_hash(subject.scenario) if what == "decider" else "0" * 64
    other = coherent(sha, "random" if what == "decider" else "llm")
    assert claims_of(subject._replace(coherence=other))[1].status == "open"


def test_a_single_run_says_that_no_ablation_is_attached(
    made_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(made_run, folder)
    assert main(["report", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "no ablation attached" in shown
    assert DEFAULT in shown
    told = json.loads((folder / CLAIMS).read_text())["claims"]
    assert [one["status"] for one in told] == ["supported", "open", "open", "open"]
    assert told[3]["words"] == DEFAULT
    assert verify(folder).code == 0
    assert main(["report", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["claims"] == told


def test_an_interrupted_run_did_not_run_as_described(half_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "half"
    shutil.copytree(half_run, folder)
    assert claims(folder)[0].status == "not supported"
