"""What runs cost: an estimate before the first call to a language model, and what calls cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.numbers import magnitude
from econsim_mesa.scenario.registry import WRITER
from econsim_mesa.society.action import HOUSEHOLD

if TYPE_CHECKING:
    from econsim_mesa.runs.reader import Run
    from econsim_mesa.scenario import Scenario
    from econsim_mesa.scenario.llm import LlmSpec
    from econsim_mesa.society.model import EconModel

CHARACTERS_PER_TOKEN = (3.3, 4.5)
"""English prose with numbers, between which most vocabularies lie."""
BRIEF, TALKATIVE = 90, 350
"""Tokens of a reply, as models that do not reason write it; one that reasons may use all that
``llm.max_output_tokens`` allows."""
_BASE_MEGABYTES = 135
_KILOBYTES_A_HOUSEHOLD = 34
_KILOBYTES_A_HOUSEHOLD_STEP = 0.1
"""Peak memory measured at 30, 1,000 and 10,000 households over 48 steps, rounded up; what grows
with steps is the rows of households in Mesa's DataCollector."""
_DISK_BYTES_A_HOUSEHOLD_STEP = 260
_TRIAL_DAYS, _TRIAL_HOUSEHOLDS = 3, 100
"""Of the trial that tells how often households post: a second."""


class Range(NamedTuple):
    """A figure that is known within limits."""

    low: float
    high: float

    def times(self, factor: float) -> Range:
        """Return the range of so many times the figure."""
        return Range(self.low * factor, self.high * factor)

    def plus(self, other: Range) -> Range:
        """Return the range of the sum of two figures."""
        return Range(self.low + other.low, self.high + other.high)


class Need(NamedTuple):
    """An estimate of what runs need.

    Attributes:
        calls: Calls to a language model at most, repair turns not counted; those for posts that it
            writes while the embedded decider acts are estimated.
        input_tokens: Tokens of the prompts of all calls.
        output_tokens: Tokens of their replies.
        cost: US dollars; None where calls have no known price.
        disk_megabytes: Size of the folders.
        posts: Calls among them for such posts.
    """

    calls: int
    input_tokens: Range
    output_tokens: Range
    cost: Range | None
    disk_megabytes: float
    posts: int = 0

    def plus(self, other: Need) -> Need:
        """Return what two kinds of runs need together."""
        costs = self.cost, other.cost
        return Need(
            self.calls + other.calls,
            self.input_tokens.plus(other.input_tokens),
            self.output_tokens.plus(other.output_tokens),
            None if costs[0] is None or costs[1] is None else costs[0].plus(costs[1]),
            self.disk_megabytes + other.disk_megabytes,
            self.posts + other.posts,
        )

    def times(self, runs: int) -> Need:
        """Return what so many such runs need."""
        return Need(
            self.calls * runs,
            self.input_tokens.times(runs),
            self.output_tokens.times(runs),
            None if self.cost is None else self.cost.times(runs),
            self.disk_megabytes * runs,
            self.posts * runs,
        )

    def to_dict(self) -> dict[str, object]:
        """Return it for JSON."""
        return {
            name: part._asdict() if isinstance(part, Range) else part
            for name, part in self._asdict().items()
        }

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield the name and the words of each part."""
        if self.calls:
            about = "about" if self.posts else "at most"
            yield "calls", f"{about} {self.calls:,} (repair turns not counted)"
            filled = " (at the most, each reply fills llm.max_output_tokens)"
            for name, some, at_most in (
                ("input", self.input_tokens, ""),
                ("output", self.output_tokens, filled),
            ):
                words = f"{magnitude(some.low)} to {magnitude(some.high)}"
                yield f"{name} tokens", words + at_most
        cost = "unknown: set llm.prices"
        if not self.calls:
            cost = "none: no language model decides"
        elif self.cost is not None:
            cost = f"${self.cost.low:,.2f} to ${self.cost.high:,.2f}"
        yield "cost", cost
        yield "disk", f"about {self.disk_megabytes:,.0f} MB"


_FREE = Range(0, 0)


def need_of_all(scenarios: Sequence[Scenario], seeds: Sequence[int]) -> Need:
    """Return what runs of all scenarios with all seeds would need; see ``need_of``."""
    from econsim_mesa.llm.ready import asks_model

    total = Need(0, _FREE, _FREE, _FREE, 0)
    for scenario in scenarios:
        if asks_model(scenario):
            from econsim_mesa.society.model import EconModel  # takes a second

            need = need_of(EconModel(scenario, seed=seeds[0]))
        else:
            need = Need(0, _FREE, _FREE, _FREE, _records_megabytes(scenario))
        total = total.plus(need.times(len(seeds)))
    return total


def memory_megabytes(scenario: Scenario) -> float:
    """Return the peak memory of a run."""
    households = scenario.agents.Household.count
    rows = scenario.steps / scenario.collect.steps_between_rows(households)
    each = _KILOBYTES_A_HOUSEHOLD + _KILOBYTES_A_HOUSEHOLD_STEP * rows
    return _BASE_MEGABYTES + households * each / 1000


def _records_megabytes(scenario: Scenario) -> float:
    """Return the megabytes of a run's records, calls apart."""
    households = scenario.agents.Household.count
    return _DISK_BYTES_A_HOUSEHOLD_STEP * households * scenario.steps / 1e6


def need_of(model: EconModel) -> Need:
    """Return what a run would need if all its agents were asked in every step.

    The prompts are those of step 0; at the most with memory and timeline as full as they may be,
    and with the schema of the reply, which providers count as a part of the prompt.
    """
    scenario, who = model.config, model.town.roster
    asked, writing = _agents_of(model, "llm"), _agents_of(model, WRITER)
    summing_up = sum(agent < who.households for agent in asked)
    decisions, summaries = len(asked) * scenario.steps, summing_up * _summaries(scenario)
    posts = _posts(scenario, len(writing)) if writing else 0
    calls = decisions + summaries + posts
    disk = _records_megabytes(scenario)
    if not calls:
        return Need(0, _FREE, _FREE, _FREE, disk)
    decision, constant = _lengths(model, (asked or writing)[0])
    each = _summary_lengths(scenario)
    low, high = CHARACTERS_PER_TOKEN
    whole = decisions + posts  # a prompt for a post is as long as one for a decision
    tokens = Range(
        (decision.low * whole + each.low * summaries) / high,
        (decision.high * whole + each.high * summaries) / low,
    )
    most = scenario.llm.max_output_tokens
    output = Range(min(BRIEF, most), most).times(calls)
    cost = _cost(scenario.llm, tokens, output, constant / high * whole)
    written = (decision.high - constant) * whole + each.high * summaries
    disk += (written + high * calls * min(TALKATIVE, most)) / 1e6
    return Need(calls, tokens, output, cost, disk, posts)


def _agents_of(model: EconModel, decider: str) -> list[int]:
    """Return the numbers of the agents for which a decider decides."""
    return [
        int(n) for part, agents in model.scheduler.parts if part.name == decider for n in agents
    ]


def _posts(scenario: Scenario, households: int) -> int:
    """Return about how many posts households will write of whom the embedded decider decides.

    A trial tells how often they do: some of them live for some days, and write their own words.
    """
    from econsim_mesa.scenario import load_scenario
    from econsim_mesa.society.model import EconModel
    from econsim_mesa.society.scheduler import decider_for_all

    some = min(scenario.agents.Household.count, _TRIAL_HOUSEHOLDS)
    steps = min(scenario.steps, _TRIAL_DAYS * scenario.clock.clock().steps_per_day)
    changes = {**decider_for_all("utility"), "agents.Household.count": some}
    model, written = EconModel(load_scenario(scenario, set=changes), seed=scenario.seed), 0
    for _ in range(steps):
        model.step()
        written += sum(post.kind == HOUSEHOLD for post in model.town.records["posts"])
    return round(written / (steps * some) * households * scenario.steps)


def _lengths(model: EconModel, agent: int) -> tuple[Range, int]:
    """Return the characters of a prompt, and of the part that is the same for all."""
    from econsim_mesa.llm.messages import ReplySchema
    from econsim_mesa.prompts import render
    from econsim_mesa.prompts.reply_form import ReplyForm
    from econsim_mesa.society.requests import Request
    from econsim_mesa.society.view import observe

    town, scenario = model.town, model.config
    town.begin(0)
    prompt = render(Request(observe(town), agent, town.roster.kinds[agent]))
    first = len(prompt.system) + len(prompt.user)
    posts = 100 * (scenario.social.timeline.posts + scenario.social.discovery)
    schema = len(ReplySchema(ReplyForm(town.roster.kinds[agent], scenario).schema).text)
    return Range(first, first + scenario.memory.characters + posts + schema), len(prompt.system)


def _summaries(scenario: Scenario) -> int:
    """Return how often a household writes down what matters to it."""
    spec = scenario.llm.summaries
    return 0 if spec is None else (scenario.steps - 1) // spec.every


def _summary_lengths(scenario: Scenario) -> Range:
    """Return the characters of a prompt for a summary."""
    from econsim_mesa.deciders.summaries import RECALLED, SUMMARY_SCHEMA
    from econsim_mesa.prompts import template_of
    from econsim_mesa.prompts.system import summary_prompt

    least = len(summary_prompt(scenario, template_of(scenario)))
    schema = len(SUMMARY_SCHEMA.text)
    return Range(least, least + RECALLED * scenario.memory.characters + schema)


def _cost(spec: LlmSpec, tokens: Range, output: Range, cached: float) -> Range | None:
    """Return US dollars; the least if so many tokens are cached. None: no price is known."""
    from econsim_mesa.llm.budget import PICO, Rates

    if spec.model not in spec.prices:
        return None
    rates = Rates.of(spec)
    return Range(
        rates.cost(int(tokens.low), int(output.low), int(cached)) / PICO,
        rates.cost(int(tokens.high), int(output.high)) / PICO,
    )


def cost_of(run: Run, spec: LlmSpec) -> Range | None:
    """Return the US dollars that the calls of a run cost, at the least and at the most.

    What a fork copied from its parent was paid there, and is left out. None: there were no calls,
    or no price is known.
    """
    from econsim_mesa.runs.call_log import spent_on
    from econsim_mesa.society.records import Call

    calls = [call for row in run.rows("calls") if (call := Call(*row)).step >= run.forked_at]
    if not calls or spec.model not in spec.prices:
        return None
    usage = spent_on(calls, spec)
    return Range(usage.cost, usage.most_cost)
