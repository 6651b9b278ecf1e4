"""What answered in a run, or in all runs of an experiment, from their summaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.runs.model_versions import Served, change
from econsim_mesa.runs.summary import SUMMARY
from econsim_mesa.scenario.read import parse_json


class Answering(NamedTuple):
    """What answered: ``once`` each, over all runs; ``changes`` says where it changed.

    The steps of one that answered in several runs are the first and the last in any of them.
    """

    once: tuple[Served, ...]
    changes: tuple[str, ...]


def answering(folder: Path, runs: Sequence[str] = ()) -> Answering:
    """Return what answered in a run, or in runs of an experiment, named by their folders there."""
    found = {run: list(_read(folder / run / SUMMARY)) for run in runs or ("",)}
    once: dict[tuple[str, str, str], Served] = {}
    for one in (one for some in found.values() for one in some):
        key = one.model, one.revision, one.server
        once[key] = _joined(once[key], one) if key in once else one
    return Answering(tuple(once.values()), tuple(_changes(found, list(once))))


def _joined(a: Served, b: Served) -> Served:
    calls, first = a.calls + b.calls, min(a.first_step, b.first_step)
    return Served(a.model, a.revision, a.server, calls, first, max(a.last_step, b.last_step))


def _changes(
    found: Mapping[str, Sequence[Served]], keys: Sequence[tuple[str, str, str]]
) -> Iterator[str]:
    """Say within which runs it changed, and which models were not the same in all runs."""
    within = {run: words for run, some in found.items() if (words := change(some)) is not None}
    yield from (f"{run}: {words}".removeprefix(": ") for run, words in within.items())
    names = [model for model, _, _ in keys]
    for model in dict.fromkeys(names):
        if names.count(model) > 1 and len(found) > 1:
            yield f"{model} was not the same in all runs: {names.count(model)} revisions or servers"


def _read(path: Path) -> Iterator[Served]:
    if not path.is_file():
        return
    held = parse_json(path.read_text(encoding="utf-8"), path.name)
    calls: Any = held.get("calls") if isinstance(held, dict) else None
    yield from (Served(**one) for one in (calls or {}).get("served", ()))
