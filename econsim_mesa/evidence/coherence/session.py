"""A session: all checks over some seeds, with the random agent as the control that must fail."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from econsim_mesa.errors import BadInput, hint
from econsim_mesa.evidence.coherence import body, economy, places, replies, talk
from econsim_mesa.evidence.coherence.answers import ANSWERS
from econsim_mesa.evidence.coherence.check import (
    MOST_SEEDS,
    Check,
    Judged,
    Outcome,
    Sample,
)
from econsim_mesa.evidence.coherence.lab import Lab, Subject
from econsim_mesa.evidence.coherence.stages import Stages
from econsim_mesa.experiment.plan import scenario_hash
from econsim_mesa.runs.bundle import deriving
from econsim_mesa.runs.bundle.files import write_whole
from econsim_mesa.runs.loop import Progress, Watcher, unwatched
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.registry import lookup

CHECKS: dict[str, Check] = {
    kind.name: kind()
    for kind in (
        replies.Validity,
        replies.Feasibility,
        economy.PriceResponse,
        economy.StockOut,
        places.KeepOut,
        places.FasterVehicle,
        talk.News,
        talk.Rumour,
        talk.Framing,
        body.Nights,
        body.HungerDose,
        body.FatigueDose,
        body.StressAblation,
        replies.PersonaStability,
        replies.ThoughtAndAction,
        replies.MemoryTruth,
        economy.Nearness,
    )
}
"""All checks, by name, in the order in which they are shown."""
COHERENCE = "coherence.json"
"""Name of its file in a folder."""
CONTROL = "random"
FEWEST_SEEDS = 3
Status = Literal["passed", "failed", "undecided", "void", "not applicable"]
STATUSES: tuple[Status, ...] = get_args(Status)


class Row(NamedTuple):
    """A check and what came of it.

    ``needs`` is about how many seeds would decide what is undecided; None: nothing is, or more
    than anybody would run. ``control`` is what came of the random agent's numbers; None: it is
    not put to this check. ``samples`` and ``control_samples`` have the numbers of each seed, from
    which all else is judged anew.
    """

    check: str
    rule: str
    status: Status
    value: float | None
    low: float | None
    high: float | None
    needs: int | None
    control_value: float | None
    control: Outcome | None
    reason: str
    samples: tuple[Sample, ...]
    control_samples: tuple[Sample, ...]


class Table(NamedTuple):
    """All checks of a decider in a town."""

    scenario: str
    scenario_sha256: str
    """Of the scenario without its seed and without where and how fast a model is asked."""
    decider: str
    model: str | None
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON holds it."""
        return self._asdict() | {"rows": [row._asdict() for row in self.rows]}


def check_all(
    scenario: Scenario,
    seeds: Sequence[int],
    *,
    only: Iterable[str] = (),
    subject: Subject | None = None,
    watcher: Watcher = unwatched,
) -> Table:
    """Return all checks of the decider of a scenario's households.

    ``only`` names some checks. ``subject`` makes the decider, in place of the one that has its
    name in the scenario. ``watcher`` is told how many parts are done, and which comes. Raises
    ``BadInput`` for fewer than three seeds or an unknown check.
    """
    if len(seeds) < FEWEST_SEEDS:
        raise BadInput(f"too few seeds for an interval: {len(seeds)}; give {FEWEST_SEEDS} or more")
    checks = chosen(only)
    decider = scenario.agents.Household.decider or scenario.decider
    reasons = {name: one.reason_against(scenario, decider) for name, one in checks.items()}
    deciders = list(dict.fromkeys((decider, CONTROL)))
    asked = [(one, who) for name, one in checks.items() if not reasons[name]
             for who in deciders if one.controlled or who == decider]  # fmt: skip
    found: dict[tuple[str, str], list[Sample]] = {}
    total, done = len(seeds) * len(asked), 0
    for seed in seeds:
        subjects = {who: subject_called(who) for who in deciders}
        lab = Lab(Stages(scenario, seed), {**subjects, decider: subject or subjects[decider]})
        for one, lab.who in asked:
            part = f"{one.name}, {lab.who}, seed {seed}"
            watcher(Progress(done, total, f"{done} of {total} checks; {part}"))
            found.setdefault((lab.who, one.name), []).append(one.sample(lab))
            done += 1
    watcher(Progress(done, total, f"{done} of {total} checks"))
    rows = [
        judge(one, found.get((decider, name), ()), found.get((CONTROL, name), ()), reasons[name])
        for name, one in checks.items()
    ]
    model = scenario.llm.model if decider == "llm" else None
    return Table(scenario.name, scenario_hash(scenario), decider, model, tuple(seeds), tuple(rows))


def chosen(only: Iterable[str]) -> dict[str, Check]:
    """Return the checks of some names; of none: all. Raises ``BadInput``."""
    names = list(only)
    for name in names:
        if name not in CHECKS:
            raise BadInput(f"no check is called {name!r}; {hint(name, list(CHECKS))}")
    return {name: one for name, one in CHECKS.items() if not names or name in names}


def judge(check: Check, samples: Sequence[Sample], control: Sequence[Sample], reason: str) -> Row:
    """Return a row; ``reason`` says why the check cannot be made, empty if it can.

    Void: passed, or undecided, where the random agent passes as well. Failed stays failed.
    """
    if reason:
        return Row(check.name, check.rule, "not applicable", None, None, None, None, None, None,
                   reason, (), ())  # fmt: skip
    found = check.judge(samples)
    other = check.judge(control) if check.controlled else None
    status, why = _status(check, found, other)
    return Row(
        check=check.name,
        rule=check.rule,
        status=status,
        value=found.value,
        low=found.low,
        high=found.high,
        needs=found.seeds,
        control_value=None if other is None else other.value,
        control=None if other is None else other.outcome,
        reason=why,
        samples=tuple(map(tuple, samples)),
        control_samples=tuple(map(tuple, control)) if check.controlled else (),
    )


def _status(check: Check, found: Judged, control: Judged | None) -> tuple[Status, str]:
    if found.value is None:
        enough = f"; about {found.seeds:,} seeds would give enough" if found.seeds else ""
        return "not applicable", f"too few cases to count{enough}"
    if found.outcome != "failed" and control is not None and control.outcome == "passed":
        return "void", "the random agent passes as well"
    if found.outcome == "undecided":
        return "undecided", _needed(found)
    return found.outcome, "" if check.controlled else "no control: a random agent cannot fail it"


def _needed(found: Judged) -> str:
    """Return what it would take to decide what is undecided."""
    if found.low is None:
        return "one number has no interval: more seeds are needed"
    if found.seeds is None:
        return f"the value lies at the threshold: even {MOST_SEEDS:,} seeds would hardly decide"
    return f"needs about {found.seeds:,} seeds"


def table_of(told: Mapping[str, Any]) -> Table:
    """Return a table from JSON, every status judged anew from the numbers of the seeds.

    Raises ``BadInput``: it is not such a table.
    """
    try:
        rows = [_row_of(row) for row in told["rows"]]
        return Table(
            scenario=str(told["scenario"]),
            scenario_sha256=str(told["scenario_sha256"]),
            decider=str(told["decider"]),
            model=told["model"],
            seeds=tuple(int(seed) for seed in told["seeds"]),
            rows=tuple(rows),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInput(f"no table of coherence checks: {error!r}") from error


def write_table(folder: Path, table: Table, answers: str | None = None) -> Path:
    """Write a table into the folder of a run or an experiment; return the file.

    ``answers`` are those that were kept of a decider who cannot be asked again.
    """
    path = folder / COHERENCE
    text = json.dumps(table.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with deriving(folder, COHERENCE, ANSWERS):
        (folder / ANSWERS).unlink(missing_ok=True)
        if answers is not None:
            write_whole(folder / ANSWERS, answers)
        write_whole(path, text)
    return path


def _row_of(row: Mapping[str, Any]) -> Row:
    check = chosen([str(row["check"])])[str(row["check"])]
    reason = str(row["reason"]) if row["status"] == "not applicable" else ""
    return judge(check, row["samples"], row["control_samples"], "" if row["samples"] else reason)


def subject_called(name: str) -> Subject:
    """Return what makes the decider of a name."""
    return lambda scenario: lookup("decider", name)(scenario)
