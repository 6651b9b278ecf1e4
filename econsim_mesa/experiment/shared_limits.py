"""The limits on calls of language models that all runs of an experiment share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.llm.budget import Account, Caps, Usage
from econsim_mesa.llm.pool import Pool
from econsim_mesa.llm.slots import LocalSlots
from econsim_mesa.runs.call_log import spent_on
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.society.records import Call

_CAPS = ("max_calls", "max_tokens", "max_cost")


class SharedLimits(NamedTuple):
    """Limits on all runs together: calls in flight and caps. ``spent`` is the usage so far."""

    max_concurrency: int
    caps: Caps
    spent: Usage


def shared_limits(
    scenarios: Sequence[Scenario],
    operations: Mapping[str, Any],
    runs: Iterable[tuple[Scenario, Path]],
) -> SharedLimits:
    """Return the limits of an experiment.

    Args:
        scenarios: Those that call a model; the largest ``max_concurrency`` of them counts.
        operations: Fields of ``llm``, by name; caps among them hold for all runs together.
        runs: Scenario and folder of each run, whose usage so far is counted.

    Raises:
        BadInput: A scenario names no model, or a cap on cost lacks a price.
    """
    for scenario in scenarios:
        if scenario.llm.model is None:
            raise BadInput(
                f"{scenario.name}: no model is chosen: set llm.model, or give --model NAME"
            )
    own_caps = {name: operations[name] for name in _CAPS if name in operations}
    caps = Caps.of(LlmSpec.model_validate(own_caps))
    spent = Usage()
    for scenario, folder in runs:
        spent = spent.plus(_spent(scenario, folder))
    return SharedLimits(max(scenario.llm.max_concurrency for scenario in scenarios), caps, spent)


def open_pool(scenario: Scenario) -> Pool:
    """Return a pool in this process for several models of one scenario, whose caps hold for all.

    Raises ``BadInput`` if no model is chosen, or a cap on cost lacks a price.
    """
    limits = shared_limits([scenario], scenario.llm.model_dump(mode="json"), ())
    return Pool(LocalSlots(limits.max_concurrency), Account(limits.caps, limits.spent))


def _spent(scenario: Scenario, folder: Path) -> Usage:
    """Return what a run has used; nothing if it has not begun."""
    try:
        calls = [Call(*row) for row in load_run(folder).rows("calls")]
    except EconSimError:
        return Usage()
    return spent_on(calls, scenario.llm)
