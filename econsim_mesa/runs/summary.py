"""The summary of a run: who sold, posted, suffered and failed at what, a day at a time.

Offline heat of a store is its sales: units and revenue. Online heat of a keyword is the number
of household posts that match it as a word; posts by stores, by the government and by scripted
accounts are counted apart. Stress is each kind's own level, the mean over the households and
steps of a day.

It is a function of the records alone, so that whoever has the run finds the same numbers.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from econsim_mesa.domains.economy.measures import REVENUE, UNITS
from econsim_mesa.domains.social.measures import (
    GOVERNMENT_POSTS,
    HOUSEHOLD_POSTS,
    KEYWORD_POSTS,
    SCRIPTED_POSTS,
    STORE_POSTS,
)
from econsim_mesa.llm.messages import Status
from econsim_mesa.notebook import counted
from econsim_mesa.runs.bundle.manifest import MANIFEST
from econsim_mesa.runs.model_versions import ServedModel, served_models
from econsim_mesa.runs.reader import Run
from econsim_mesa.runs.step_reader import measured_days
from econsim_mesa.runs.token_counts import doubts
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.actors import StoreSpec
from econsim_mesa.scenario.decider_traits import recorded_traits
from econsim_mesa.scenario.registry import is_built_in, title
from econsim_mesa.society.measures import REJECTED, STRESS, Measure, Tally
from econsim_mesa.society.records import REPAIR_CALL, Call

SUMMARY = "summary.json"
"""Name of its file in a run's folder."""

NOBODY = "nobody: a language model was asked, and no answer came that could be used"
"""Who decided where nobody did, in words."""
KEYS_OF_LATER_CODE = ("actions",)
"""Keys of the file that runs do not have which were made before there were such keys."""
_USABLE = ("accepted", "repaired")
_MANY_REPAIRS = 5


SUMMED_UP = (
    UNITS,
    REVENUE,
    HOUSEHOLD_POSTS,
    KEYWORD_POSTS,
    STORE_POSTS,
    GOVERNMENT_POSTS,
    SCRIPTED_POSTS,
    STRESS,
    REJECTED,
)
"""The measures that a summary is made of."""


@dataclass(frozen=True, slots=True)
class Sales:
    """Sales of one store."""

    units: int | float
    """Whole items, all kinds of goods together; a float only where one of them has decimals."""
    revenue: int
    """Smallest currency units, tax included."""


@dataclass(frozen=True, slots=True)
class PostCounts:
    """Posts, by who wrote them."""

    households: int
    keywords: dict[str, int]
    """Household posts that match each keyword of the scenario."""
    stores: int
    government: int
    scripted: int


@dataclass(frozen=True, slots=True)
class Period:
    """What happened in one day, or in all of them."""

    period: str
    """ISO date, or ``total``."""
    steps: int
    stores: dict[str, Sales]
    posts: PostCounts
    stress: dict[str, float | None]
    """Mean own level of each stressor, 0 to 100; None where there was no step."""
    rejected_actions: int


@dataclass(frozen=True, slots=True)
class Attempts:
    """Actions of one verb that households asked for, and how many of them were refused."""

    asked_for: int
    refused: int


@dataclass(frozen=True, slots=True)
class Calls:
    """The calls to a language model and their quality, the past of a fork included."""

    calls: int
    repair_turns: int
    attempts: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    models: tuple[str, ...]
    served: tuple[ServedModel, ...]
    """What answered, in the order of first steps; more than one: it changed within the run."""
    statuses: dict[str, int]
    """How calls ended -> number."""
    faults: dict[str, int]
    """Kind of failed attempt -> number."""
    cost: float | None = None
    """US dollars, as the server tells it; None: it tells none."""
    costed: int = 0
    """Calls for which it tells it."""
    doubts: tuple[str, ...] = ()
    """What is wrong with the tokens that the server counted, in words."""

    @property
    def note_on_form(self) -> str | None:
        """Whether many replies were of no use at first and were paid for twice, in words."""
        first = self.calls - self.repair_turns
        if self.repair_turns < _MANY_REPAIRS or 4 * self.repair_turns < first:
            return None
        return (
            f"{self.repair_turns:,} of {first:,} replies could not be used as they were, and each "
            "was paid for twice: the model is not held to the form that is asked for; another "
            "model, or a server that keeps to a JSON schema, costs less"
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of a run."""

    scenario: str
    title: str
    seed: int
    status: str
    """``finished`` if all steps were made, else ``incomplete``."""
    steps: int
    steps_planned: int
    households: int
    currency: str
    currency_decimals: int
    decided_by: str
    """Who decided for households, in words."""
    decisions: dict[str, dict[str, int]]
    """Decisions for households: decider -> outcome -> number."""
    actions: dict[str, Attempts]
    """What households asked for by any decider but those by formula: verb -> number."""
    calls: Calls | None
    """The calls to a language model; None: there were none."""
    days: tuple[Period, ...]
    total: Period

    @property
    def by_whom(self) -> str:
        """Who decided for households, to follow *by*."""
        return self.decided_by if self.decided_by.startswith(NOBODY) else f"the {self.decided_by}"

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON holds it; levels are rounded there, and nowhere before."""
        content = asdict(self)
        for period in (*content["days"], content["total"]):
            levels = period["stress"].items()
            period["stress"] = {kind: level and round(level, 4) for kind, level in levels}
        return content


def facts_of(run: Run) -> dict[str, object]:
    """Return what a notebook shows of a run, see ``facts_html``; no table is read.

    Who decided and what was sold and posted stand in the summary of a run that is sealed.
    """
    is_sealed = (run.folder / MANIFEST).is_file()
    seal = "sealed" if is_sealed else "not sealed"
    facts: dict[str, object] = {
        "run": f"{run.folder}, {run.meta.get('status', 'running')}, {seal}",
        "scenario": lambda: f"{run.scenario.name}: {run.scenario.title}",
        "seed": run.meta.get("seed", "unknown"),
        "steps": lambda: f"{run.steps:,} of {run.planned_steps:,}",
    }
    if is_sealed:
        facts |= {
            "decided by": lambda: _held(run)["decided_by"],
            "sold": lambda: counted(
                {name: sold["units"] for name, sold in _held(run)["total"]["stores"].items()}
            ),
            "posts": lambda: counted(
                {who: _held(run)["total"]["posts"][who] for who in ("households", "stores")}
            ),
        }
    else:
        facts["decides"] = lambda: ", ".join(sorted(run.scenario.deciders))
    return facts | {"rows": lambda: counted(run.row_counts())}


def _held(run: Run) -> dict[str, Any]:
    """Return the summary that a sealed run holds."""
    summary: dict[str, Any] = json.loads((run.folder / SUMMARY).read_text(encoding="utf-8"))
    return summary


def summarize(run: Run, days: Mapping[str, Tally] | None = None) -> Summary:
    """Return the summary of a run, finished or not, over its whole steps.

    ``days`` are the measures ``SUMMED_UP`` by day, where they are known.
    """
    scenario = run.scenario
    days = measured_days(run, SUMMED_UP) if days is None else days
    steps = Counter(time[:10] for step, time in run.rows("steps") if step >= 0)
    decisions = _decisions(run)
    planned: dict[str, dict[str, int]] = {scenario.agents.Household.decider or scenario.decider: {}}
    return Summary(
        scenario=scenario.name,
        title=scenario.title,
        seed=scenario.seed,
        status="finished" if run.steps >= run.planned_steps else "incomplete",
        steps=run.steps,
        steps_planned=run.planned_steps,
        households=scenario.agents.Household.count,
        currency=scenario.currency.name,
        currency_decimals=scenario.currency.decimals,
        decided_by=who_decided(decisions or planned, scenario),
        decisions=decisions,
        actions=_actions(run, decisions),
        calls=calls_of(run),
        days=tuple(_period(day, steps[day], tally, scenario) for day, tally in days.items()),
        total=_period("total", steps.total(), Tally.over(days.values()), scenario),
    )


def summary_text(summary: Summary, without: Collection[str] = ()) -> str:
    """Return a summary as its file in the folder of a run holds it, without some of its keys."""
    content = {key: value for key, value in summary.to_dict().items() if key not in without}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _decisions(run: Run) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for decider, outcome, count in run.select(
        "SELECT decider, outcome, count(*) FROM decisions WHERE kind = 'Household' "
        "GROUP BY decider, outcome ORDER BY decider, outcome"
    ):
        found.setdefault(decider, {})[outcome] = count
    return found


def _actions(run: Run, deciders: Collection[str]) -> dict[str, Attempts]:
    """Return what households asked for where it was not decided by formula, by verb."""
    named = run.scenario.deciders
    others = [name for name in deciders if not recorded_traits(name, named).by_formula]
    if not others:
        return {}
    rows = run.select(
        "WITH refused AS (SELECT DISTINCT decided, agent, action FROM rejections) "
        "SELECT json_extract(asked.value, '$.do') AS verb, count(*), count(refused.action) "
        "FROM decisions, json_each(decisions.actions) AS asked LEFT JOIN refused "
        "ON refused.decided = decisions.step AND refused.agent = decisions.agent "
        "AND refused.action = asked.key "
        "WHERE kind = 'Household' AND decider IN (SELECT value FROM json_each(?)) "
        "GROUP BY verb ORDER BY verb",
        (json.dumps(others),),
    )
    return {verb: Attempts(asked_for, refused) for verb, asked_for, refused in rows}


def calls_of(run: Run, since: int = 0) -> Calls | None:
    """Return what the table of calls says from a step on; equal in whatever order they came.

    None: no call was made.
    """
    calls = [call for row in run.rows("calls") if (call := Call(*row)).step >= since]
    if not calls:
        return None
    faults = Counter(kind for call in calls for kind in call.faults.split(",") if kind)
    costs = [call.cost for call in calls if call.cost is not None]
    return Calls(
        calls=len(calls),
        repair_turns=sum(call.call == REPAIR_CALL for call in calls),
        attempts=sum(call.attempts for call in calls),
        input_tokens=sum(call.input_tokens or 0 for call in calls),
        output_tokens=sum(call.output_tokens or 0 for call in calls),
        cached_tokens=sum(call.cached_tokens or 0 for call in calls),
        cost=math.fsum(costs) if costs else None,
        costed=len(costs),
        doubts=tuple(doubts(calls, _most_output(run, calls))),
        models=tuple(sorted({call.model for call in calls})),
        served=served_models(run),
        statuses=dict(sorted(Counter(call.status for call in calls).items())),
        faults=dict(sorted(faults.items())),
    )


def _most_output(run: Run, calls: Sequence[Call]) -> int:
    """Return the most tokens of a reply that any settings of a run allowed.

    Once a reply was cut while the model reasoned, longer ones are allowed.
    """
    spec = run.scenario.llm
    specs = [spec]
    for _, kind, content in run.rows("inputs"):
        if kind == "settings":
            changes = json.loads(content)
            lengths = {
                name: changes.get(f"llm.{name}", getattr(specs[-1], name))
                for name in ("max_output_tokens", "max_reasoning_tokens")
            }
            specs.append(specs[-1].model_copy(update=lengths))
    was_cut = any(call.status == Status.truncated for call in calls)
    return max(spec.most_output_tokens if was_cut else spec.max_output_tokens for spec in specs)


def usable(outcomes: Mapping[str, int]) -> int:
    """Return how many decisions are those of the decider itself, of outcome -> number."""
    return sum(outcomes.get(outcome, 0) for outcome in _USABLE)


def who_decided(decisions: Mapping[str, Mapping[str, int]], scenario: Scenario) -> str:
    """Return in words who decided in a run.

    A language model none of whose answers could be used decided nothing.

    Args:
        decisions: Decider -> outcome -> number; who has none yet is about to decide.
        scenario: Of the run. A decider of the user's own is described if it is named there: only
            then everybody who reads the run has it.
    """
    named = scenario.deciders
    kinds = {name: recorded_traits(name, named) for name in decisions}
    silent = [
        name
        for name, outcomes in decisions.items()
        if kinds[name].asks_model and outcomes and not usable(outcomes)
    ]
    heard = [name for name in decisions if name not in silent]
    said_by_writers = {kinds[name].acts_as for name in heard}  # they say what both do
    deciders = [decider_in_words(name, named) for name in heard if name not in said_by_writers]
    return "; ".join([*deciders, *([NOBODY] if silent else [])])


def decider_in_words(decider: str, named: Collection[str]) -> str:
    """Return who decided, to follow *the*; ``named`` are those that the scenario names.

    A decider of the user's own is described by its name, and the line about it if it is named.
    """
    said = recorded_traits(decider, named).in_words
    if is_built_in("decider", decider):
        return said
    about = f": {title('decider', decider).rstrip('.')}" if decider in named else ""
    return f"{decider}{about}{said and f' ({said})'}"


def _period(name: str, steps: int, tally: Tally, scenario: Scenario) -> Period:
    return Period(
        period=name,
        steps=steps,
        stores={
            store: Sales(_units(tally, store, spec, scenario), _whole(tally, REVENUE, store))
            for _, store, spec in scenario.agents.stores()
        },
        posts=PostCounts(
            households=_whole(tally, HOUSEHOLD_POSTS),
            keywords={word: _whole(tally, KEYWORD_POSTS, word) for word in scenario.keywords},
            stores=_whole(tally, STORE_POSTS),
            government=_whole(tally, GOVERNMENT_POSTS),
            scripted=_whole(tally, SCRIPTED_POSTS),
        ),
        stress={kind: tally.value(STRESS, kind) for kind in scenario.stress.stressors},
        rejected_actions=_whole(tally, REJECTED),
    )


def _whole(tally: Tally, measure: Measure, *subject: str) -> int:
    return int(tally.value(measure, *subject) or 0)


def _units(tally: Tally, store: str, spec: StoreSpec, scenario: Scenario) -> int | float:
    """Return the whole items that a store sold; a float where any of its goods has decimals."""
    units = tally.value(UNITS, store) or 0
    return float(units) if any(scenario.items[item].decimals for item in spec.sells) else int(units)
