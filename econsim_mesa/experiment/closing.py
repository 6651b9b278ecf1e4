"""Closing an experiment: its tables are written, and its folder becomes a bundle.

The manifest lists plan, index and tables, and of each run the bundle's id: a run is checked as a
bundle of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.damage import damage_of
from econsim_mesa.experiment.folder import Made as Experiment
from econsim_mesa.experiment.folder import load_made
from econsim_mesa.experiment.index import INDEX, meta_of
from econsim_mesa.experiment.plan import PLAN
from econsim_mesa.runs.bundle.crate import Entity, Made, crate_text, file_id, property_value, refs
from econsim_mesa.runs.bundle.documents import write_documents
from econsim_mesa.runs.bundle.environment import ENVIRONMENT
from econsim_mesa.runs.bundle.manifest import MANIFEST, bundle_id
from econsim_mesa.runs.bundle.run_crate import code_of, sources_and_exclusions
from econsim_mesa.runs.bundle.seal import is_sealed, seal, unseal
from econsim_mesa.runs.reader import load_run

TABLES = "tables.json"
"""Name of the file of an experiment's tables."""

Tables = Mapping[str, Sequence[Mapping[str, Any]]]


def close_experiment(folder: Path, tables: Tables) -> str | None:
    """Write the tables and seal the folder; return the bundle's id.

    None: a run is not sealed, which goes on or was killed, or is not what was sealed, or a
    condition has no run yet; the experiment goes on first. A folder that is sealed with these
    tables stays as it is.
    """
    text = tables_text(tables)
    path = folder / TABLES
    if is_sealed(folder) and path.is_file() and path.read_bytes() == text.encode():
        return bundle_id(folder)
    if not all(is_sealed(run) and not damage_of(run) for run in run_folders(folder)):
        return None
    try:
        made = load_made(folder)
    except BadInput:
        return None
    unseal(folder)
    path.write_text(text, encoding="utf-8", newline="\n")
    write_documents(folder)
    return seal(folder, lambda hashes: experiment_crate(made, hashes))


def run_folders(folder: Path) -> list[Path]:
    """Return the folders of all runs that were begun, in the order of their names."""
    runs = folder / "runs"
    return sorted(path for path in runs.iterdir() if path.is_dir()) if runs.is_dir() else []


def tables_text(tables: Tables) -> str:
    """Return tables as their file holds them."""
    return json.dumps(tables, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def experiment_crate(experiment: Experiment, hashes: Mapping[str, str]) -> str:
    """Return the crate of an experiment; ``hashes`` are those of its files but the crate."""
    design, folder = experiment.design.experiment, experiment.folder
    runs = {name.removesuffix(MANIFEST): hashes[name] for name in sorted(hashes) if _is_run(name)}
    parts = [_part(folder, name, digest) for name, digest in runs.items()]
    hypotheses = list(_hypotheses(experiment))
    sources, exclusions = sources_and_exclusions(experiment.design.scenarios)
    code, by, end = _made_with(folder, list(runs))
    planned = len(experiment.measured) + len(experiment.unfinished)
    made = Made(
        name=design.title,
        description=(
            f"The experiment {design.name}: {len(experiment.measured)} of {planned} runs finished "
            f"under the plan {experiment.plan}. A simulation: nothing in it is evidence about a "
            "real place. What is left out stands in LIMITS.md and under excluded."
        ),
        start=meta_of(folder)["planned"],
        end=end,
        error=f"{len(experiment.unfinished)} runs unfinished" if experiment.unfinished else None,
        objects=[file_id(PLAN), *(one["@id"] for one in (*hypotheses, *sources))],
        results=[file_id(INDEX), file_id(TABLES), *(one["@id"] for one in parts)],
        by=by,
        software=code,
    )
    own = {name: digest for name, digest in hashes.items() if not _is_run(name)}
    based_on = {"isBasedOn": refs(one["@id"] for one in sources)} if sources else {}
    root = {**based_on, "additionalProperty": refs(one["@id"] for one in exclusions)}
    return crate_text(folder, made, own, [*parts, *hypotheses, *sources, *exclusions], root)


def _is_run(name: str) -> bool:
    return name.startswith("runs/") and name.count("/") == 2 and name.endswith(f"/{MANIFEST}")


def _part(folder: Path, name: str, digest: str) -> Entity:
    run = load_run(folder / name)
    return {
        "@id": file_id(name),
        "@type": "Dataset",
        "name": f"Run {Path(name).name}",
        "description": f"Run with seed {run.scenario.seed}, a bundle and crate of its own",
        "identifier": digest,
    }


def _made_with(
    folder: Path, runs: Sequence[str]
) -> tuple[tuple[str, str | None], tuple[str | None, str | None], str]:
    """Return (version, commit) of the code, who made it, and when the last run ended."""
    ends = [load_run(folder / name).meta.get("finished", "") for name in runs]
    if not runs:
        return ("unknown", None), (None, None), meta_of(folder)["planned"]
    noted = json.loads((folder / runs[0] / ENVIRONMENT).read_text(encoding="utf-8"))[-1]
    return code_of(noted), tuple(noted["made_by"]), max(ends)


def _hypotheses(experiment: Experiment) -> Iterator[Entity]:
    for number, one in enumerate(experiment.design.experiment.hypotheses, 1):
        refuted = f"Expected: {one.expected}. Refuted by: {one.refuted_by}"
        yield property_value(f"#hypothesis-{number}", "hypothesis", one.statement, refuted)
