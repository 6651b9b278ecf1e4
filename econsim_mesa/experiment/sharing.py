"""What runs that call a language model share: one pool of slots and one budget for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from econsim_mesa.errors import BadInput, EconSimError
from econsim_mesa.llm.budget import Caps, Usage
from econsim_mesa.llm.pool import Pool
from econsim_mesa.runs.call_log import spent_on
from econsim_mesa.runs.reader import load_run
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.society.records import Call


class Terms(NamedTuple):
    """What all runs together may use: slots and caps, and what was spent before."""

    max_concurrency: int
    caps: Caps
    spent: Usage


def open_pool(
    scenarios: Sequence[Scenario],
    operations: Mapping[str, Any],
    runs: Iterable[tuple[Scenario, Path]],
) -> Pool:
    """Return the pool of runs in this process; see ``terms_of``."""
    return Pool(*terms_of(scenarios, operations, runs))


def terms_of(
    scenarios: Sequence[Scenario],
    operations: Mapping[str, Any],
    runs: Iterable[tuple[Scenario, Path]],
) -> Terms:
    """Return the terms of an experiment, what its ``runs`` have spent already counted.

    Caps in ``operations`` hold for all runs together. Slots are the most that any scenario has.
    Raises ``BadInput``: no model chosen, or a cap on cost without a price.
    """
    for scenario in scenarios:
        if scenario.llm.model is None:
            raise BadInput(
                f"{scenario.name}: no model is chosen: set llm.model, or give --model NAME"
            )
    caps = Caps.of(LlmSpec.model_validate(
        {key: operations[key] for key in ("max_calls", "max_tokens", "max_cost")
         if key in operations}
    ))  # fmt: skip
    spent = Usage()
    for scenario, folder in runs:
        spent = spent.plus(_spent(scenario, folder))
    return Terms(max(scenario.llm.max_concurrency for scenario in scenarios), caps, spent)


def _spent(scenario: Scenario, folder: Path) -> Usage:
    """Return what a run has used, nothing if it has not begun."""
    try:
        calls = [Call(*row) for row in load_run(folder).rows("calls")]
    except EconSimError:
        return Usage()
    return spent_on(calls, scenario.llm)
