"""The crate of a Mesa model's run: parameters, how decisions ended, and who answered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from econsim_mesa.runs.bundle.crate import CreateAction, Entity, crate_text, file_id, property_value
from econsim_mesa.runs.bundle.environment import read_environments
from econsim_mesa.runs.bundle.run_crate import code_of
from econsim_mesa.runs.store import DATABASE

if TYPE_CHECKING:
    from econsim_mesa.toolkit.runs import ModelRun


def model_crate(run: ModelRun, hashes: Mapping[str, str]) -> str:
    """Return the crate of a run. ``hashes`` has the SHA-256 of each file but the crate."""
    made_with = read_environments(run.folder)
    facts = list(_facts(run))
    made = CreateAction(
        name=f"A run of the Mesa model {run.model_name}",
        description=(
            f"{run.steps} of {run.planned_steps} steps of the Mesa model {run.model_name}, some of "
            "whose agents were decided for by a language model. A simulation: nothing in it is "
            "evidence about a real place."
        ),
        start=run.meta["started"],
        end=run.meta.get("finished", run.meta["started"]),
        error=None if run.status == "finished" else run.status,
        objects=[*(file_id(name) for name in sorted(hashes) if name != DATABASE)],
        results=[file_id(DATABASE), *(fact["@id"] for fact in facts)],
        by=(made_with[-1]["made_by"][0], made_with[-1]["made_by"][1]),
        software=code_of(made_with[-1]),
    )
    return crate_text(run.folder, made, hashes, facts, {})


def _facts(run: ModelRun) -> Iterator[Entity]:
    """Yield the parameters, how decisions ended, and which models answered."""
    for name, value in run.parameters.items():
        yield property_value(f"#parameter-{name}", name, json.dumps(value), "Of the model's class")
    counted = "SELECT outcome, count(*) FROM decisions GROUP BY outcome ORDER BY outcome"
    for outcome, count in run.select(counted):
        yield property_value(f"#decisions-{outcome}", f"decisions {outcome}", str(count))
    answered = "SELECT DISTINCT model FROM calls ORDER BY model"
    for number, (name,) in enumerate(run.select(answered), 1):
        yield property_value(f"#llm-{number}", "model as the server names it", name)
