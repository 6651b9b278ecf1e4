"""What the calls to a language model cost: so far, and before the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from econsim_mesa.model import EconModel

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

    The prompts are those of step 0, filled up to the lengths that memory and timeline may have.
    """
    from econsim_mesa.llm.budget import PICO, Rates
    from econsim_mesa.observation import Request, observe
    from econsim_mesa.prompts import render

    scenario, who = model.config, model.town.who
    asked = [
        int(agent)
        for decider, agents in model.scheduler.parts
        if decider.name == "llm"
        for agent in agents
    ]
    calls = len(asked) * scenario.steps
    per_household = _KILOBYTES_A_HOUSEHOLD + _KILOBYTES_A_HOUSEHOLD_STEP * scenario.steps
    memory = _BASE_MEGABYTES + who.households * per_household / 1000
    disk = _DISK_BYTES_A_HOUSEHOLD_STEP * who.households * scenario.steps / 1e6
    if not calls:
        return Estimate(0, Interval(0, 0), Interval(0, 0), None, memory, disk)
    model.town.begin(0)
    prompt = render(Request(observe(model.town), asked[0], who.kinds[asked[0]]))
    first = len(prompt.system) + len(prompt.user)
    posts = 100 * (scenario.social.timeline.posts + scenario.social.discovery)
    full = first + scenario.memory.characters + posts
    low, high = CHARACTERS_PER_TOKEN
    tokens = Interval(first / high, full / low).times(calls)
    output = Interval(*OUTPUT_TOKENS).times(calls)
    cost = None
    if scenario.llm.model in scenario.llm.prices:
        rates = Rates.of(scenario.llm)
        cached = len(prompt.system) / high * calls
        cost = Interval(
            rates.cost(int(tokens.low), int(output.low), int(cached)) / PICO,
            rates.cost(int(tokens.high), int(output.high)) / PICO,
        )
    disk += calls * (full - len(prompt.system) + high * output.high / calls) / 1e6
    return Estimate(calls, tokens, output, cost, memory, disk)


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
