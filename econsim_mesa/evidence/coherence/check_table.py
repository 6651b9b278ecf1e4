"""The table of checks: what came of each, judged from the numbers of the seeds, and its file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from econsim_mesa.errors import BadInput, hint
from econsim_mesa.evidence.coherence import body, buying, decisions, movement, posts
from econsim_mesa.evidence.coherence.base import Check
from econsim_mesa.evidence.coherence.estimates import MOST_SEEDS, Judgement, RuleOutcome, Sample
from econsim_mesa.evidence.coherence.recorded_answers import ANSWERS
from econsim_mesa.runs.bundle import deriving
from econsim_mesa.runs.bundle.files import write_whole

CHECKS: dict[str, Check] = {
    kind.name: kind()
    for kind in (
        decisions.Validity,
        decisions.Feasibility,
        buying.PriceResponse,
        buying.StockOutResponse,
        movement.ClosedStoreResponse,
        movement.FasterVehicle,
        posts.News,
        posts.Rumour,
        posts.Framing,
        body.Nights,
        body.HungerDose,
        body.FatigueDose,
        body.StressAblation,
        decisions.PersonaStability,
        decisions.ThoughtAndAction,
        decisions.MemoryTruth,
        buying.Nearness,
    )
}
"""All checks, by name, in the order in which they are shown."""
COHERENCE = "coherence.json"
"""Name of the table's file in a folder."""
CheckStatus = Literal["passed", "failed", "undecided", "void", "not applicable"]
STATUSES: tuple[CheckStatus, ...] = get_args(CheckStatus)


class CheckResult(NamedTuple):
    """What came of a check.

    Attributes:
        check: Name of the check.
        rule: Its rule in words.
        status: Void: passed or undecided, where the random agent passes as well.
        value: The estimate over all seeds; None: there was too little to count.
        low: Lower end of its interval.
        high: Upper end of its interval.
        needs: About how many seeds would decide what is undecided; None: nothing is undecided,
            or more would be needed than anybody would run.
        control_value: The estimate for the random agent.
        control: What came of the random agent; None: it is not put to this check.
        reason: Why the status is what it is, where that needs words.
        samples: The numbers of each seed, from which all else is judged anew.
        control_samples: The random agent's numbers.
    """

    check: str
    rule: str
    status: CheckStatus
    value: float | None
    low: float | None
    high: float | None
    needs: int | None
    control_value: float | None
    control: RuleOutcome | None
    reason: str
    samples: tuple[Sample, ...]
    control_samples: tuple[Sample, ...]


class CheckTable(NamedTuple):
    """All checks of a decider in a town.

    ``scenario_sha256`` is the hash of the scenario without its seed, and without where and how
    fast a model is asked.
    """

    scenario: str
    scenario_sha256: str
    decider: str
    model: str | None
    seeds: tuple[int, ...]
    rows: tuple[CheckResult, ...]

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON holds it."""
        return self._asdict() | {"rows": [row._asdict() for row in self.rows]}


def checks_named(names: Iterable[str]) -> dict[str, Check]:
    """Return the checks of some names, or all if there are none.

    Raises ``BadInput`` for an unknown name.
    """
    wanted = list(names)
    for name in wanted:
        if name not in CHECKS:
            raise BadInput(f"no check is called {name!r}; {hint(name, list(CHECKS))}")
    return {name: check for name, check in CHECKS.items() if not wanted or name in wanted}


def judge(
    check: Check, samples: Sequence[Sample], control_samples: Sequence[Sample], reason: str
) -> CheckResult:
    """Return what came of a check.

    Args:
        check: The check.
        samples: Its numbers, by seed.
        control_samples: The random agent's numbers, by seed.
        reason: Why the check cannot be made; empty: it can.
    """
    if reason:
        return CheckResult(
            check=check.name,
            rule=check.rule,
            status="not applicable",
            value=None,
            low=None,
            high=None,
            needs=None,
            control_value=None,
            control=None,
            reason=reason,
            samples=(),
            control_samples=(),
        )
    judgement = check.judge(samples)
    control = check.judge(control_samples) if check.controlled else None
    status, why = _status(check, judgement, control)
    return CheckResult(
        check=check.name,
        rule=check.rule,
        status=status,
        value=judgement.value,
        low=judgement.low,
        high=judgement.high,
        needs=judgement.seeds,
        control_value=None if control is None else control.value,
        control=None if control is None else control.outcome,
        reason=why,
        samples=tuple(map(tuple, samples)),
        control_samples=tuple(map(tuple, control_samples)) if check.controlled else (),
    )


def _status(
    check: Check, judgement: Judgement, control: Judgement | None
) -> tuple[CheckStatus, str]:
    """Return the status and its reason. What failed stays failed, whatever the control did."""
    if judgement.value is None:
        seeds = judgement.seeds
        enough = f"; about {seeds:,} seeds would give enough" if seeds else ""
        return "not applicable", f"too few cases to count{enough}"
    if judgement.outcome != "failed" and control is not None and control.outcome == "passed":
        return "void", "the random agent passes as well"
    if judgement.outcome == "undecided":
        return "undecided", _what_would_decide(judgement)
    reason = "" if check.controlled else "no control: a random agent cannot fail it"
    return judgement.outcome, reason


def _what_would_decide(judgement: Judgement) -> str:
    if judgement.low is None:
        return "one number has no interval: more seeds are needed"
    if judgement.seeds is None:
        return f"the value lies at the threshold: even {MOST_SEEDS:,} seeds would hardly decide"
    return f"needs about {judgement.seeds:,} seeds"


def table_of(content: Mapping[str, Any]) -> CheckTable:
    """Return a table from JSON, with every status judged anew from the numbers of the seeds.

    Raises ``BadInput`` for what is no such table.
    """
    try:
        return CheckTable(
            scenario=str(content["scenario"]),
            scenario_sha256=str(content["scenario_sha256"]),
            decider=str(content["decider"]),
            model=content["model"],
            seeds=tuple(int(seed) for seed in content["seeds"]),
            rows=tuple(_result_of(row) for row in content["rows"]),
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInput(f"no table of coherence checks: {error!r}") from error


def _result_of(row: Mapping[str, Any]) -> CheckResult:
    check = checks_named([str(row["check"])])[str(row["check"])]
    reason = str(row["reason"]) if row["status"] == "not applicable" else ""
    return judge(check, row["samples"], row["control_samples"], "" if row["samples"] else reason)


def write_table(folder: Path, table: CheckTable, answers: str | None = None) -> Path:
    """Write a table into the folder of a run or an experiment, and return its file.

    ``answers`` are the recorded ones of a decider that cannot be asked again.
    """
    path = folder / COHERENCE
    text = json.dumps(table.to_dict(), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with deriving(folder, COHERENCE, ANSWERS):
        (folder / ANSWERS).unlink(missing_ok=True)
        if answers is not None:
            write_whole(folder / ANSWERS, answers)
        write_whole(path, text)
    return path
