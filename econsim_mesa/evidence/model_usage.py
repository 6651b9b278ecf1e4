"""Which models answered in a run, or in all runs of an experiment, from their summaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.runs.model_versions import ServedModel, describe_change
from econsim_mesa.runs.summary import SUMMARY
from econsim_mesa.scenario.read import parse_json


class ModelUsage(NamedTuple):
    """Which models answered.

    Attributes:
        models: Each revision of a model on a server once, with its calls over all runs. Its steps
            are the first and the last in any run.
        changes: In words, where a model was replaced while it was asked.
    """

    models: tuple[ServedModel, ...]
    changes: tuple[str, ...]


def model_usage(folder: Path, runs: Sequence[str] = ()) -> ModelUsage:
    """Return which models answered in a run, or in runs of an experiment.

    Args:
        folder: The folder of the run or the experiment.
        runs: The runs of an experiment, named by their folders there.
    """
    by_run = {run: list(_read(folder / run / SUMMARY)) for run in runs or ("",)}
    models: dict[tuple[str, str, str], ServedModel] = {}
    for model in (model for models_of_run in by_run.values() for model in models_of_run):
        key = model.model, model.revision, model.server
        models[key] = _joined(models[key], model) if key in models else model
    return ModelUsage(tuple(models.values()), tuple(_changes(by_run, list(models))))


def _joined(a: ServedModel, b: ServedModel) -> ServedModel:
    return ServedModel(
        model=a.model,
        revision=a.revision,
        server=a.server,
        calls=a.calls + b.calls,
        first_step=min(a.first_step, b.first_step),
        last_step=max(a.last_step, b.last_step),
    )


def _changes(
    by_run: Mapping[str, Sequence[ServedModel]], keys: Sequence[tuple[str, str, str]]
) -> Iterator[str]:
    """Say within which runs a model changed, and which models were not the same in all runs."""
    for run, models in by_run.items():
        text = describe_change(models)
        if text is not None:
            yield f"{run}: {text}" if run else text
    names = [name for name, _, _ in keys]
    for name in dict.fromkeys(names):
        if names.count(name) > 1 and len(by_run) > 1:
            yield f"{name} was not the same in all runs: {names.count(name)} revisions or servers"


def _read(path: Path) -> Iterator[ServedModel]:
    """Yield the models that a summary lists; one that is missing lists none."""
    if not path.is_file():
        return
    summary = parse_json(path.read_text(encoding="utf-8"), path.name)
    calls: Any = summary.get("calls") if isinstance(summary, dict) else None
    yield from (ServedModel(**model) for model in (calls or {}).get("served", ()))
