"""Check that plan, runs, index and tables of an experiment agree, when every byte is as listed.

The index and the tables are made anew from the runs alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.content_check import MOST, guarded, holds, unreadable
from econsim_mesa.experiment.conditions import Condition, run_id
from econsim_mesa.experiment.crate import experiment_crate
from econsim_mesa.experiment.finalize import tables_text
from econsim_mesa.experiment.folder import TABLES, ExperimentFolder, read_experiment
from econsim_mesa.experiment.index import meta_of
from econsim_mesa.experiment.measures import RunMeasures, measure
from econsim_mesa.experiment.plan import OPERATIONS, plan_hash, plan_text, scenario_hash
from econsim_mesa.runs.bundle.crate import CRATE
from econsim_mesa.runs.bundle.documents import DOCUMENTS
from econsim_mesa.runs.bundle.findings import Finding, incomplete, tampered
from econsim_mesa.runs.bundle.manifest import MANIFEST, parse, read_list
from econsim_mesa.runs.bundle.run_request import REQUEST, read_request
from econsim_mesa.runs.folders import INDEX, PLAN
from econsim_mesa.runs.reader import load_run
from econsim_mesa.runs.summary import summarize
from econsim_mesa.sqlite import connect

_RELATIVE = 1e-9
"""How far numbers may differ that another machine computes from the same records."""


def check_experiment(folder: Path) -> Iterator[Finding]:
    """Yield where the parts of an experiment disagree. Its runs must be sound by themselves."""
    try:
        _refuse_strange(folder)
        experiment = read_experiment(folder)
    except Exception as error:  # whatever a file that somebody made holds, it is a finding
        yield unreadable(PLAN, error, next((folder / "runs").glob("*"), None))
        return
    if len(list(_all(experiment))) != len(experiment.measured) + len(experiment.unfinished):
        yield tampered(INDEX, "does not hold the runs of the plan")
        return
    for run, status, message in experiment.unfinished:
        yield incomplete(f"runs/{run}", f"{status}{': ' if message else ''}{message}")
    yield from guarded(PLAN, lambda: _check_plan(experiment))
    yield from guarded(INDEX, lambda: _check_runs(experiment))
    if experiment.current:
        yield from guarded(TABLES, lambda: _check_tables(experiment))
    else:
        yield incomplete(
            f"{INDEX} and {TABLES}",
            "were made by the rules of an earlier version, and cannot be checked by this one; to "
            "have them made anew from the runs, go on with the experiment (econsim experiment)",
        )
    yield from guarded(CRATE, lambda: _check_documents(experiment))
    yield from guarded(CRATE, lambda: _check_crate(experiment))


def differs(a: Any, b: Any) -> str | None:
    """Return where two JSON values differ, or None. Numbers may differ in their last digits.

    >>> differs({"a": [1.0, None]}, {"a": [1.0 + 1e-13, None]})
    >>> differs({"a": [1.0, None]}, {"a": [1.0, 0.0]})
    '.a.1'
    """
    if isinstance(a, Mapping) and isinstance(b, Mapping) and list(a) == list(b):
        differences = ((key, differs(a[key], b[key])) for key in a)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        differences = (
            (number, differs(*pair)) for number, pair in enumerate(zip(a, b, strict=True))
        )
    elif _is_number(a) and _is_number(b):
        return None if math.isclose(a, b, rel_tol=_RELATIVE, abs_tol=_RELATIVE) else ""
    else:
        return None if type(a) is type(b) and a == b else ""
    return next((f".{key}{rest}" for key, rest in differences if rest is not None), None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_strange(folder: Path) -> None:
    """Refuse a plan that is too large to read, and an index that does more than hold rows.

    Raises ``BadInput``.
    """
    if (folder / PLAN).stat().st_size > MOST:
        raise BadInput(f"{PLAN} is larger than a plan can be")
    with closing(connect(folder / INDEX, immutable=True)) as connection:
        for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
            columns = connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,))
            plain = kind == "table" and not str(sql).startswith("CREATE VIRTUAL")
            if sql is not None and not (plain and not any(hidden for (hidden,) in columns)):
                raise BadInput(f"{INDEX} holds {name!r}, which econsim does not make")


def _check_plan(experiment: ExperimentFolder) -> Iterator[Finding]:
    """Check that the plan is in canonical form, in the index, and older than the runs."""
    text = (experiment.folder / PLAN).read_text(encoding="utf-8")
    if plan_text(experiment.design) != text:
        yield tampered(PLAN, "is not the plan that its experiment and the runs' scenarios give")
    meta = meta_of(experiment.folder)
    if meta.get("plan_sha256") != plan_hash(text):
        yield tampered(PLAN, "is not the plan of which the index has the hash")
    for condition, seed in _all(experiment):
        run = run_id(condition, seed)
        if (
            run in experiment.measured
            and load_run(_folder(experiment, run)).meta["started"] < meta["planned"]
        ):
            yield tampered(PLAN, f"is newer than the run {run}")


def _check_runs(experiment: ExperimentFolder) -> Iterator[Finding]:
    """Check that every run has the plan's scenario and seed, and the index its measures."""
    design = experiment.design
    hashes = [scenario_hash(scenario) for scenario in design.scenarios]
    for condition, seed in _all(experiment):
        name = run_id(condition, seed)
        if name not in experiment.measured:
            continue
        run = load_run(_folder(experiment, name))
        if "parent" in run.meta:
            yield tampered(f"runs/{name}", "is a fork of another run, no draw of its own")
        if run.scenario.seed != seed or scenario_hash(run.scenario) != hashes[condition.number]:
            yield tampered(f"runs/{name}", "has not the scenario and seed that the plan gives it")
        asked = _planned({**condition.settings, "seed": seed})
        if _asked(_folder(experiment, name)) != (experiment.plan, asked):
            yield tampered(f"runs/{name}/{REQUEST}", "does not say that it was made for this plan")
        if not experiment.current:
            continue
        measured = measure(run, summarize(run), design.experiment.plan)
        if not _equal_measures(measured, experiment.measured[name]):
            yield tampered(INDEX, f"the measures of {name} are not what its records give")


def _check_tables(experiment: ExperimentFolder) -> Iterator[Finding]:
    from econsim_mesa.experiment.tables import tables

    path = experiment.folder / TABLES
    text = tables_text(tables(experiment.design, experiment.measured))
    if holds(path, text):
        return
    if path.stat().st_size > 2 * len(text.encode()):
        yield tampered(TABLES, "is longer than what the runs give")
        return
    where = differs(json.loads(text), json.loads(path.read_bytes()))
    if where is not None:
        yield tampered(TABLES, f"is not what the runs give, at ${where}")


def _check_crate(experiment: ExperimentFolder) -> Iterator[Finding]:
    """Make the crate anew from what is listed, so that all its links resolve."""
    listed = parse(read_list(experiment.folder / MANIFEST), MANIFEST)
    listed.pop(CRATE, None)
    if not holds(experiment.folder / CRATE, experiment_crate(experiment, listed)):
        yield tampered(CRATE, "is not what the folder gives")


def _all(experiment: ExperimentFolder) -> Iterator[tuple[Condition, int]]:
    seeds = experiment.design.experiment.seeds
    return ((condition, seed) for condition in experiment.design.conditions for seed in seeds)


def _folder(experiment: ExperimentFolder, run: str) -> Path:
    return experiment.folder / "runs" / run


def _check_documents(experiment: ExperimentFolder) -> Iterator[Finding]:
    """Check that the documents are those of the runs, which are compared with the code."""
    for name in DOCUMENTS:
        own = (experiment.folder / name).read_bytes()
        if not any(
            (_folder(experiment, run) / name).read_bytes() == own for run in experiment.measured
        ):
            yield tampered(name, "is not that of any of the runs")


def _asked(folder: Path) -> tuple[object, object]:
    """Return the hash of the plan that a run was made for, and the settings it was given."""
    request = read_request(folder)
    return (None, None) if request is None else (request.plan_sha256, _planned(request.changes))


def _planned(settings: Mapping[str, object]) -> dict[str, object]:
    """Return settings without those that a plan leaves open."""
    free = {f"llm.{name}" for name in OPERATIONS}
    return {path: value for path, value in settings.items() if path not in free}


def _equal_measures(a: RunMeasures, b: RunMeasures) -> bool:
    """Return whether measures agree; decisions are counts, so they must be equal."""
    return a.decisions == b.decisions and differs([a.days, a.total], [b.days, b.total]) is None
