"""The RO-Crate of an experiment: its plan, hypotheses, sources and runs, in JSON-LD."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from econsim_mesa.experiment.folder import TABLES, ExperimentFolder
from econsim_mesa.experiment.index import meta_of
from econsim_mesa.runs.bundle.crate import (
    CreateAction,
    Entity,
    crate_text,
    file_id,
    property_value,
    refs,
)
from econsim_mesa.runs.bundle.environment import read_environments
from econsim_mesa.runs.bundle.manifest import MANIFEST
from econsim_mesa.runs.bundle.run_crate import code_of, sources_and_exclusions
from econsim_mesa.runs.folders import INDEX, PLAN
from econsim_mesa.runs.reader import load_run


def experiment_crate(experiment: ExperimentFolder, hashes: Mapping[str, str]) -> str:
    """Return the crate as text. ``hashes`` has the SHA-256 of each file but the crate itself."""
    design, folder = experiment.design.experiment, experiment.folder
    runs = {
        name.removesuffix(MANIFEST): hashes[name]
        for name in sorted(hashes)
        if _is_manifest_of_run(name)
    }
    parts = [_run_entity(folder, name, digest) for name, digest in runs.items()]
    hypotheses = list(_hypotheses(experiment))
    sources, exclusions = sources_and_exclusions(experiment.design.scenarios)
    code, made_by, end = _provenance(folder, list(runs))
    planned = len(experiment.measured) + len(experiment.unfinished)
    action = CreateAction(
        name=design.title,
        description=(
            f"The experiment {design.name}: {len(experiment.measured)} of {planned} runs finished "
            f"under the plan {experiment.plan}. A simulation: nothing in it is evidence about a "
            "real place. What is left out stands in LIMITS.md and under excluded."
        ),
        start=meta_of(folder)["planned"],
        end=end,
        error=f"{len(experiment.unfinished)} runs unfinished" if experiment.unfinished else None,
        objects=[file_id(PLAN), *(entity["@id"] for entity in (*hypotheses, *sources))],
        results=[file_id(INDEX), file_id(TABLES), *(entity["@id"] for entity in parts)],
        by=made_by,
        software=code,
    )
    own_files = {name: digest for name, digest in hashes.items() if not _is_manifest_of_run(name)}
    based_on = {"isBasedOn": refs(entity["@id"] for entity in sources)} if sources else {}
    root = {**based_on, "additionalProperty": refs(entity["@id"] for entity in exclusions)}
    entities = [*parts, *hypotheses, *sources, *exclusions]
    return crate_text(folder, action, own_files, entities, root)


def _is_manifest_of_run(name: str) -> bool:
    return name.startswith("runs/") and name.count("/") == 2 and name.endswith(f"/{MANIFEST}")


def _run_entity(folder: Path, name: str, digest: str) -> Entity:
    run = load_run(folder / name)
    return {
        "@id": file_id(name),
        "@type": "Dataset",
        "name": f"Run {Path(name).name}",
        "description": f"Run with seed {run.scenario.seed}, a bundle and crate of its own",
        "identifier": digest,
    }


def _provenance(
    folder: Path, runs: Sequence[str]
) -> tuple[tuple[str, str | None], tuple[str | None, str | None], str]:
    """Return (version, commit) of the code, (author, affiliation), and the end of the last run."""
    if not runs:
        return ("unknown", None), (None, None), meta_of(folder)["planned"]
    end = max(load_run(folder / name).meta.get("finished", "") for name in runs)
    noted = read_environments(folder / runs[0])[-1]
    author, affiliation = noted["made_by"]
    return code_of(noted), (author, affiliation), end


def _hypotheses(experiment: ExperimentFolder) -> Iterator[Entity]:
    for number, hypothesis in enumerate(experiment.design.experiment.hypotheses, 1):
        refuted = f"Expected: {hypothesis.expected}. Refuted by: {hypothesis.refuted_by}"
        identifier = f"#hypothesis-{number}"
        yield property_value(identifier, "hypothesis", hypothesis.statement, refuted)
