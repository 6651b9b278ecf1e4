"""Making checks again: a table of checks must follow from the town, the seeds and the answers.

Numbers that somebody wrote by hand, however plausible, are found like this and by nothing less.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from econsim_mesa.errors import BadInput
from econsim_mesa.evidence.coherence.answers import ANSWERS, GivenBack
from econsim_mesa.evidence.coherence.check import EMBEDDED, Sample
from econsim_mesa.evidence.coherence.session import Row, Table, check_all
from econsim_mesa.experiment.plan import scenario_hash
from econsim_mesa.scenario import Scenario

_CLOSE = 1e-9
Watch = Callable[[str], None]


def can_be_made_again(table: Table, folder: Path) -> bool:
    """Whether whoever is checked needs nobody, or left his answers."""
    return table.decider in EMBEDDED or (folder / ANSWERS).is_file()


def made_again(
    folder: Path, table: Table, scenarios: Sequence[Scenario], watch: Watch
) -> Iterator[str]:
    """Make the checks of a table again; yield in words the first difference of each check.

    Nothing is said of checks of a town that is none of ``scenarios``, or that cannot be made
    again. Raises ``BadInput``: the answers kept are not those that the checks ask for.
    """
    town = next((one for one in scenarios if scenario_hash(one) == table.scenario_sha256), None)
    if town is None or not can_be_made_again(table, folder):
        return
    if (town.agents.Household.decider or town.decider) != table.decider:
        raise BadInput(f"the checks are said to be of {table.decider}, who does not decide here")
    back = None
    if table.decider not in EMBEDDED:
        back = GivenBack(folder / ANSWERS, table.decider)
    names = [row.check for row in table.rows]
    again = check_all(
        town, table.seeds, only=names, subject=back, watcher=lambda progress: watch(progress.text)
    )
    if back is not None:
        back.refuse_rest()
    rows = {row.check: row for row in again.rows}
    for row in table.rows:
        words = _difference(table.seeds, row, rows[row.check])
        if words is not None:
            yield f"{row.check}: {words}"


def _difference(seeds: Sequence[int], was: Row, now: Row) -> str | None:
    pairs = (("", was.samples, now.samples),
             ("the random agent, ", was.control_samples, now.control_samples))  # fmt: skip
    for who, told, made in pairs:
        if len(told) != len(made):
            return f"{who}numbers of {len(told)} seeds recorded, of {len(made)} made"
        for seed, one, other in zip(seeds, told, made, strict=False):
            if not _same(one, other):
                return f"{who}seed {seed}: recorded {[*one]}, made {[*other]}"
    return None if was.status == now.status else f"recorded {was.status!r}, made {now.status!r}"


def _same(a: Sample, b: Sample) -> bool:
    """Whether numbers are equal, but for last digits that another machine computes otherwise."""
    return len(a) == len(b) and all(
        one == other
        if one is None or other is None
        else abs(one - other) <= _CLOSE * max(1.0, abs(other))
        for one, other in zip(a, b, strict=True)
    )
