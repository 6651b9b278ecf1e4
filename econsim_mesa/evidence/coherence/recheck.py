"""Make checks again: their table must follow from the town, the seeds and the answers.

This finds numbers that somebody wrote by hand, however plausible they are; nothing less does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.coherence.check_runner import check_all
from econsim_mesa.evidence.coherence.check_table import CheckResult, CheckTable
from econsim_mesa.evidence.coherence.estimates import Sample
from econsim_mesa.evidence.coherence.recorded_answers import ANSWERS, RecordedDecider
from econsim_mesa.experiment.plan import scenario_hash
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.decider_traits import is_embedded

_TOLERANCE = 1e-9
"""How far numbers may differ that another machine computes."""


def can_recheck(table: CheckTable, folder: Path) -> bool:
    """Return whether checks can be made again: by an embedded decider, or from its answers."""
    return is_embedded(table.decider) or (folder / ANSWERS).is_file()


def recheck(
    folder: Path,
    table: CheckTable,
    scenarios: Sequence[Scenario],
    on_progress: Callable[[str], None],
) -> Iterator[str]:
    """Make the checks of a table again, and yield in words the first difference of each check.

    A table is passed over if its town is none of ``scenarios``, or if it cannot be made again.

    Args:
        folder: The folder of the table and of the recorded answers.
        table: The table.
        scenarios: The scenarios of the folder.
        on_progress: Called with the name of the check that comes next.

    Raises:
        BadInput: The recorded answers are not those that the checks ask for, or the table's
            decider is not the scenario's.
    """
    matching = (one for one in scenarios if scenario_hash(one) == table.scenario_sha256)
    scenario = next(matching, None)
    if scenario is None or not can_recheck(table, folder):
        return
    if (scenario.agents.Household.decider or scenario.decider) != table.decider:
        raise BadInput(f"the checks are said to be of {table.decider}, who does not decide here")
    recorded = None
    if not is_embedded(table.decider):
        recorded = RecordedDecider(folder / ANSWERS, table.decider)
    again = check_all(
        scenario,
        table.seeds,
        only=[row.check for row in table.rows],
        factory=recorded,
        watcher=lambda progress: on_progress(progress.text),
    )
    if recorded is not None:
        recorded.refuse_rest()
    rows = {row.check: row for row in again.rows}
    for row in table.rows:
        difference = _difference(table.seeds, row, rows[row.check])
        if difference is not None:
            yield f"{row.check}: {difference}"


def _difference(seeds: Sequence[int], before: CheckResult, now: CheckResult) -> str | None:
    """Return in words where two results of a check differ first; None: nowhere."""
    pairs = (
        ("", before.samples, now.samples),
        ("the random agent, ", before.control_samples, now.control_samples),
    )
    for who, recorded, made in pairs:
        if len(recorded) != len(made):
            return f"{who}numbers of {len(recorded)} seeds recorded, of {len(made)} made"
        for seed, a, b in zip(seeds, recorded, made, strict=False):
            if not _close(a, b):
                return f"{who}seed {seed}: recorded {[*a]}, made {[*b]}"
    if before.status == now.status:
        return None
    return f"recorded {before.status!r}, made {now.status!r}"


def _close(a: Sample, b: Sample) -> bool:
    """Return whether numbers are equal, but for last digits."""
    return len(a) == len(b) and all(
        x == y
        if x is None or y is None
        else math.isclose(x, y, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
        for x, y in zip(a, b, strict=True)
    )
