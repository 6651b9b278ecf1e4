"""An experiment that was doctored neither verifies nor shows more than it did."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import doctors
import pytest
from doctors import Doctor, all_holds, edit, put, reseal, sql, weaken_limits

from econsim_mesa.errors import EconSimError
from econsim_mesa.evidence.bundle_contents import read_contents
from econsim_mesa.evidence.claims import CLAIMS, claims_of
from econsim_mesa.evidence.report import REPORT
from econsim_mesa.evidence.verify import verify
from econsim_mesa.experiment.external_targets import TARGETS
from econsim_mesa.experiment.plan import plan_hash, scenario_hash
from econsim_mesa.runs.bundle.files import sha256_of
from econsim_mesa.runs.bundle.seal import seal_run
from econsim_mesa.scenario import load_scenario

pytestmark = pytest.mark.soak  # dozens of studies verified


def _claim(number: int) -> Callable[[Any], None]:
    def change(told: Any) -> None:
        told["claims"][number - 1] |= {"status": "supported", "words": "It holds."}

    return change


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
    plan["experiment"]["external"]["place"] = "Shelbyville"


def _band(file: Any) -> None:
    file["targets"][0]["interval"] = [6.0, 15.0]


def _other_targets(folder: Path) -> None:
    """Swap the file of targets, and put the hash of the new one into the plan and the index."""
    edit(TARGETS, _band, sealed=False)(folder)
    digest = sha256_of(folder / TARGETS)
    edit("plan.json", lambda plan: plan["experiment"]["external"].update(sha256=digest),
         sealed=False)(folder)  # fmt: skip
    _note_plan(folder)


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


def _no_licence(file: Any) -> None:
    del file["targets"][0]["licence"]


def _as_fork(folder: Path) -> None:
    """Let a run have begun as a fork of another, with all else as the plan asks."""
    run = min((folder / "runs").iterdir())
    with closing(sqlite3.connect(run / "run.sqlite")) as connection, connection:
        connection.execute("INSERT INTO meta VALUES ('parent', 'an-older-run')")
    seal_run(run)
    reseal(folder)


def _limits_everywhere(folder: Path) -> None:
    for path in [*(folder / "runs").iterdir(), folder]:
        weaken_limits(path)


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
    "another place, index has the new plan's hash": _another_plan,
    "targets swapped, plan and index have the new hash": _other_targets,
    "targets swapped, lists fit": edit(TARGETS, _band),
    "run that is a fork of another": _as_fork,
    "run of another plan": _of_another_plan,
    "licence of a target removed": edit(TARGETS, _no_licence),
    "limits weakened everywhere": _limits_everywhere,
    "limits weakened in the experiment": weaken_limits,
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
    "place changed after the runs": edit("plan.json", _plan_external),
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


@pytest.mark.usefixtures("of_this_code")
@pytest.mark.parametrize("name", DOCTORED)
def test_a_doctored_experiment_neither_verifies_nor_shows_more(
    name: str, made_study: Path, copy_of: Callable[[Path], Path]
) -> None:
    folder = copy_of(made_study)
    DOCTORED[name](folder)
    verdict = verify(folder)
    assert verdict.code != 0
    known = [one for one in verdict.findings if one.where not in (CLAIMS, REPORT)]
    try:
        found = claims_of(read_contents(folder, known))
    except EconSimError:
        return
    assert found[2].status != "supported"
    assert found[3].status == "open"
