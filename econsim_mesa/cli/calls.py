"""What the calls to a language model cost: so far, and before the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from econsim_mesa.model import EconModel
    from econsim_mesa.records import Run
    from econsim_mesa.scenario import Scenario
    from econsim_mesa.scenario.llm import LlmSpec

CHARACTERS_PER_TOKEN = (3.3, 4.5)
"""English prose with numbers, between which most vocabularies lie."""
OUTPUT_TOKENS = (90, 350)
"""Tokens of a reply, as models of different talkativeness write it."""
_BASE_MEGABYTES = 135
_KILOBYTES_A_HOUSEHOLD = 34
_KILOBYTES_A_HOUSEHOLD_STEP = 0.1
"""Peak memory measured at 30, 1,000 and 10,000 households over 48 steps, rounded up; what grows
with steps is what Mesa's DataCollector keeps of every agent."""
_DISK_BYTES_A_HOUSEHOLD_STEP = 260


class Interval(NamedTuple):
    """A low and a high figure."""

    low: float
    high: float

    def times(self, factor: float) -> Interval:
        """Return both figures times a factor."""
        return Interval(self.low * factor, self.high * factor)


class Estimate(NamedTuple):
    """What a run will need before its first call; ``cost`` is None where no price is known."""

    calls: int
    input_tokens: Interval
    output_tokens: Interval
    cost: Interval | None
    memory_megabytes: float
    disk_megabytes: float


def estimate(model: EconModel) -> Estimate:
    """Return what a run would need if everybody asked were awake at every step.

    The prompts are those of step 0; at the most with memory and timeline as full as they may be,
    and with the schema of the reply, which providers count as a part of the prompt.
    """
    scenario, who = model.config, model.town.who
    asked = [
        int(agent)
        for decider, agents in model.scheduler.parts
        if decider.name == "llm"
        for agent in agents
    ]
    writing = sum(agent < who.households for agent in asked)
    decisions, summaries = len(asked) * scenario.steps, writing * _summaries(scenario)
    calls = decisions + summaries
    per_household = _KILOBYTES_A_HOUSEHOLD + _KILOBYTES_A_HOUSEHOLD_STEP * scenario.steps
    memory = _BASE_MEGABYTES + who.households * per_household / 1000
    disk = _DISK_BYTES_A_HOUSEHOLD_STEP * who.households * scenario.steps / 1e6
    if not calls:
        return Estimate(0, Interval(0, 0), Interval(0, 0), None, memory, disk)
    decision, constant = _lengths(model, asked[0])
    each = _summary_lengths(scenario)
    low, high = CHARACTERS_PER_TOKEN
    tokens = Interval(
        (decision.low * decisions + each.low * summaries) / high,
        (decision.high * decisions + each.high * summaries) / low,
    )
    output = Interval(*OUTPUT_TOKENS).times(calls)
    cost = _cost(scenario.llm, tokens, output, constant / high * decisions)
    written = (decision.high - constant) * decisions + each.high * summaries
    disk += (written + high * output.high) / 1e6
    return Estimate(calls, tokens, output, cost, memory, disk)


def _lengths(model: EconModel, agent: int) -> tuple[Interval, int]:
    """Return the characters of a prompt, and of the part that is the same for all."""
    from econsim_mesa.decision.replies import strict_schema
    from econsim_mesa.llm.messages import schema_text
    from econsim_mesa.observation import Request, observe
    from econsim_mesa.prompts import render

    town, scenario = model.town, model.config
    town.begin(0)
    prompt = render(Request(observe(town), agent, town.who.kinds[agent]))
    first = len(prompt.system) + len(prompt.user)
    posts = 100 * (scenario.social.timeline.posts + scenario.social.discovery)
    schema = len(schema_text(strict_schema(town.who.kinds[agent])[1]))
    return Interval(first, first + scenario.memory.characters + posts + schema), len(prompt.system)


def _summaries(scenario: Scenario) -> int:
    """Return how often a household writes down what matters to it."""
    spec = scenario.llm.summaries
    return 0 if spec is None else (scenario.steps - 1) // spec.every


def _summary_lengths(scenario: Scenario) -> Interval:
    """Return the characters of a prompt for a summary."""
    from econsim_mesa.decision.summaries import RECALLED, summary_schema
    from econsim_mesa.llm.messages import schema_text
    from econsim_mesa.prompts import load_template
    from econsim_mesa.prompts.system import summary_prompt

    least = len(summary_prompt(scenario, load_template(scenario.llm.template)))
    schema = len(schema_text(summary_schema()))
    return Interval(least, least + RECALLED * scenario.memory.characters + schema)


def _cost(spec: LlmSpec, tokens: Interval, output: Interval, cached: float) -> Interval | None:
    """Return US dollars; the least if so many tokens are cached. None: no price is known."""
    from econsim_mesa.llm.budget import PICO, Rates

    if spec.model not in spec.prices:
        return None
    rates = Rates.of(spec)
    return Interval(
        rates.cost(int(tokens.low), int(output.low), int(cached)) / PICO,
        rates.cost(int(tokens.high), int(output.high)) / PICO,
    )


def cost_of(run: Run, spec: LlmSpec) -> Interval | None:
    """Return the US dollars that the calls of a run cost, at the least and at the most.

    The past of a fork is counted too. None: there were no calls, or no price is known.
    """
    from econsim_mesa.collection.calls import spent_on
    from econsim_mesa.records.definitions import Call

    calls = [Call(*row) for row in run.rows("calls")]
    if not calls or spec.model not in spec.prices:
        return None
    usage = spent_on(calls, spec)
    return Interval(usage.cost, usage.most_cost)


def calls_so_far(model: EconModel) -> str:
    """Return the calls, tokens and cost of a run in one line; empty where no LLM decides."""
    shown = []
    for decider in model.scheduler.deciders:
        progress = getattr(decider, "progress", None)
        if progress is None:
            continue
        usage = progress.usage
        words = f"{progress.done:,} calls, {progress.in_flight} in flight"
        words += f", {magnitude(usage.tokens)} tokens"
        if progress.cached_share is not None:
            words += f" ({100 * progress.cached_share:.0f} % of input cached)"
        if usage.most_cost:
            words += f", ${usage.cost:.2f}"
            words += f" to {usage.most_cost:.2f}" if usage.most_cost > usage.cost else ""
        faults = sum(progress.faults.values())
        shown.append(words + (f", {faults:,} failed attempts" if faults else ""))
    return "; ".join(shown)


def magnitude(number: float) -> str:
    """Return a large number in short.

    >>> magnitude(950), magnitude(12_345), magnitude(4_200_000)
    ('950', '12.3k', '4.2M')
    """
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return f"{number:.0f}"
