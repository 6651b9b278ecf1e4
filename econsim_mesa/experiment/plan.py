"""The plan: the runs and their analysis, written and hashed before the first run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.external_targets import TARGETS
from econsim_mesa.experiment.load import Design
from econsim_mesa.experiment.types import AnalysisPlan
from econsim_mesa.llm.ready import asks_model
from econsim_mesa.runs.bundle.files import write_whole
from econsim_mesa.runs.folders import PLAN
from econsim_mesa.scenario import Scenario, load_scenario, to_json

LOCK, WORKERS_LOCK = ".lock", ".workers.lock"
"""Names of the empty files that processes lock in an experiment's folder."""
OPERATIONS = (
    "base_url",
    "client",
    "max_concurrency",
    "requests_per_minute",
    "tokens_per_minute",
    "max_calls",
    "max_tokens",
    "max_cost",
    "prices",
    "timeout_seconds",
    "deadline_seconds",
    "max_attempts",
    "breaker",
    "breaker_seconds",
)
"""Fields of ``llm`` that say where and how fast calls are made, not what is asked. The same plan
may go on with other values of them."""


def plan_text(design: Design) -> str:
    """Return the plan as JSON: the experiment and a hash of each condition's scenario.

    Keys keep their order in the experiment's file, which determines the order and the names of
    conditions: factors and arms in another order are another plan.
    """
    experiment = design.experiment
    dump = experiment.model_dump(mode="json", exclude={"schema_", "designs"})
    if dump["plan"]["study"] == AnalysisPlan.model_fields["study"].default:
        del dump["plan"]["study"]  # plans have the hash that they had before there was a choice
    content = {
        "format": 1,
        "experiment": dump,
        "seeds": {"first": experiment.seeds[0], "last": experiment.seeds[-1]},
        "conditions": [
            {
                "slug": condition.slug,
                "scenario": scenario.name,
                "levels": dict(condition.levels),
                "settings": dict(condition.settings),
                "scenario_sha256": scenario_hash(scenario),
            }
            for condition, scenario in zip(design.conditions, design.scenarios, strict=True)
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def plan_hash(text: str) -> str:
    """Return the SHA-256 of a plan, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def scenario_hash(scenario: Scenario) -> str:
    """Return the SHA-256 of a resolved scenario without the fields that do not change its results.

    These are the seed, the settings of its DataCollector, and of those of language models all
    where none is asked, ``OPERATIONS`` elsewhere.
    """
    content = json.loads(to_json(scenario))
    del content["seed"], content["collect"]
    if asks_model(scenario):
        for name in OPERATIONS:
            del content["llm"][name]
    else:
        del content["llm"]
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def with_operations(
    scenarios: Sequence[Scenario], operations: Mapping[str, object]
) -> list[Scenario]:
    """Return the scenarios, with ``operations`` as fields of ``llm`` in those that call a model."""
    settings = operation_settings(operations)
    return [
        load_scenario(scenario, set=settings) if asks_model(scenario) else scenario
        for scenario in scenarios
    ]


def operation_settings(operations: Mapping[str, object]) -> dict[str, object]:
    """Return fields of ``llm`` as settings of a scenario."""
    return {f"llm.{name}": value for name, value in operations.items()}


def fix_plan(folder: Path, text: str, targets: str | None = None) -> bool:
    """Write the plan into a new or empty folder; return whether the folder had it already.

    Args:
        folder: The folder of the experiment.
        text: The plan.
        targets: Text of the file of targets that the plan names; None: it names none.

    Raises:
        BadInput: The folder holds another plan or something else, or cannot be used.
    """
    path = folder / PLAN
    try:
        if path.is_file():
            if path.read_bytes() == text.encode():
                return True
            raise BadInput(
                f"{folder} holds an experiment with another plan (see {path}), and a plan is "
                "fixed before its first run; give another --out, or the same settings, or "
                "--overwrite (overwrite=True) to delete the other one with its runs"
            )
        own_files = {LOCK, WORKERS_LOCK, TARGETS}
        if folder.exists() and any(path.name not in own_files for path in folder.iterdir()):
            raise BadInput(f"the folder {folder} is not empty and holds no experiment")
        folder.mkdir(parents=True, exist_ok=True)
        if targets is not None:
            write_whole(folder / TARGETS, targets)
        write_whole(path, text)
    except OSError as error:
        raise BadInput(f"cannot use the folder {folder}: {error}; give another --out") from error
    return False
