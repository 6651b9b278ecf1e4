"""What runs cost: an estimate before the first call to a language model, and what calls cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from econsim_mesa.numbers import duration, magnitude
from econsim_mesa.scenario.decider_traits import DeciderTraits, decides_by_model, traits, traits_of
from econsim_mesa.society.action import HOUSEHOLD

if TYPE_CHECKING:
    from econsim_mesa.prompts import Prompt
    from econsim_mesa.runs.probe import Probe
    from econsim_mesa.runs.reader import Run
    from econsim_mesa.scenario import Scenario
    from econsim_mesa.scenario.llm import LlmSpec
    from econsim_mesa.society.model import EconModel

T = TypeVar("T")
ASCII_PER_TOKEN, OTHERS_PER_TOKEN = (2.6, 4.6), (0.4, 2.0)
"""Characters of a token, between which most vocabularies lie: of English prose with numbers, and
of what is not ASCII."""
BRIEF, TALKATIVE = 20, 350
"""Tokens of a reply, as models that do not reason write it."""
_OF_REPLIES = 3.0
"""How much longer, or shorter, the mean reply may be than the one that was counted."""
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
        output_tokens: Tokens of their replies, at the most as many as ``llm.max_output_tokens``.
        cost: US dollars; None where calls have no known price.
        disk_megabytes: Size of the folders.
        posts: Calls among them for such posts.
        reasoning_tokens: Tokens that replies may have beyond that if the model reasons.
        reasoning_cost: US dollars for them; None where no price is known.
        seconds: Time of all calls: with as many at once as are allowed, and one after the other;
            None: nobody was asked.
        at_most: Whether fewer calls are made where nothing is new for a household: then the lower
            figures, which are of as many calls, hold no more.
    """

    calls: int
    input_tokens: Range
    output_tokens: Range
    cost: Range | None
    disk_megabytes: float
    posts: int = 0
    reasoning_tokens: int = 0
    reasoning_cost: float | None = 0.0
    seconds: Range | None = None
    at_most: bool = False

    def plus(self, other: Need) -> Need:
        """Return what two kinds of runs need together."""
        return Need(
            self.calls + other.calls,
            self.input_tokens.plus(other.input_tokens),
            self.output_tokens.plus(other.output_tokens),
            _both(self.cost, other.cost, Range.plus),
            self.disk_megabytes + other.disk_megabytes,
            self.posts + other.posts,
            self.reasoning_tokens + other.reasoning_tokens,
            _both(self.reasoning_cost, other.reasoning_cost, float.__add__),
            _both(self.seconds, other.seconds, Range.plus),
            self.at_most or other.at_most,
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
            self.reasoning_tokens * runs,
            None if self.reasoning_cost is None else self.reasoning_cost * runs,
            None if self.seconds is None else self.seconds.times(runs),
            self.at_most,
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
            fewer = "; fewer where nothing is new for a household" if self.at_most else ""
            yield "calls", f"{about} {self.calls:,} (repair turns not counted{fewer})"
            yield "input tokens", self._between(*map(magnitude, self.input_tokens))
            yield "output tokens", self._output()
        yield "cost", self._cost()
        if self.seconds is not None:
            yield "time", self._time(*map(duration, self.seconds))
        yield "disk", f"about {self.disk_megabytes:,.0f} MB"

    def _between(self, low: str, high: str) -> str:
        """Return a range in words; of it only the upper end holds if fewer calls may be made."""
        return f"at most {high}" if self.at_most else f"{low} to {high}"

    def _time(self, low: str, high: str) -> str:
        if self.at_most:
            return f"at most {high}"
        return f"{low}, if llm.max_concurrency calls are answered at once, to {high}"

    def _output(self) -> str:
        high = self.output_tokens.high
        text = (
            f"{self._between(*map(magnitude, self.output_tokens))} (at the most, each reply fills "
        )
        if not self.reasoning_tokens:
            return text + "what it may)"
        more = magnitude(high + self.reasoning_tokens)
        return f"{text}llm.max_output_tokens; if the model reasons, up to {more})"

    def _cost(self) -> str:
        if not self.calls:
            return "none: no language model decides"
        if self.cost is None:
            return "unknown: set llm.prices"
        text = self._between(*(f"${dollars:,.2f}" for dollars in self.cost))
        if not self.reasoning_cost:
            return text
        return f"{text} (if the model reasons, up to ${self.cost.high + self.reasoning_cost:,.2f})"


_FREE = Range(0, 0)


def price_rows(scenarios: Sequence[Scenario]) -> Iterator[tuple[str, str]]:
    """Yield the price of each model that is asked, and where it is from: what a cost rests on."""
    from econsim_mesa.llm.ready import asks_model

    asked = [scenario.llm for scenario in scenarios if asks_model(scenario)]
    for name, prices in {str(spec.model): spec.prices for spec in asked}.items():
        if price := prices.get(name):
            rates = f"${price.input:g} for a million tokens in, ${price.output:g} out"
            yield "price", f"{name}: {rates}; {price.source or 'as llm.prices says'}"


def need_of_all(
    scenarios: Sequence[Scenario],
    seeds: Sequence[int],
    probe_of: Callable[[Scenario], Probe] | None = None,
) -> Need:
    """Return what runs of all scenarios with all seeds would need; see ``need_of``.

    ``probe_of`` gives what came of one call to the model that a scenario asks; None: nobody is.
    """
    from econsim_mesa.llm.ready import asks_model

    total = Need(0, _FREE, _FREE, _FREE, 0, seconds=_FREE)
    beside = sum(map(asks_model, scenarios)) * len(seeds)
    for scenario in scenarios:
        if asks_model(scenario):
            from econsim_mesa.society.model import EconModel  # takes a second

            model = EconModel(scenario, seed=seeds[0])
            need = need_of(model, probe_of and probe_of(scenario), beside=beside)
        else:
            disk = _records_megabytes(scenario)
            need = Need(0, _FREE, _FREE, _FREE, disk, seconds=_FREE)
        total = total.plus(need.times(len(seeds)))
    return total if total.calls else total._replace(seconds=None)


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


def need_of(model: EconModel, probe: Probe | None = None, *, beside: int = 1) -> Need:
    """Return what a run would need if all its agents were asked in every step.

    The prompts are those of step 0; at the most with memory and timeline as full as they may be,
    and with the schema of the reply, which providers count as a part of the prompt. What a server
    counted and took for one call makes the figures narrower: a character of other prompts has about
    as many tokens, and the mean reply a third to three times as many (and as few or as many as
    those of most models, if that one was short), which take as much longer.

    Args:
        model: a run that has not begun; the model makes no steps after that.
        probe: what came of one call; None: nobody was asked.
        beside: how many such runs are made at a time, which share the calls at once.
    """
    scenario, spec = model.config, model.config.llm
    calls, disk = _calls_of(model), _records_megabytes(scenario)
    if not calls.number:
        return Need(0, _FREE, _FREE, _FREE, disk, seconds=None if probe is None else _FREE)
    prompts = _prompts_of(model, calls.agents[0], probe)
    tokens, output = prompts.tokens(calls), _output(spec, probe).times(calls.number)
    if probe is not None:
        again = min(spec.max_concurrency, len(calls.agents)) if probe.was_cut else 0
        cut = again * prompts.first * prompts.share.high
        tokens = Range(tokens.low, tokens.high * probe.turns + cut)
        output = Range(output.low, output.high * probe.turns + again * spec.max_output_tokens)
    reasoning = spec.max_reasoning_tokens * calls.number if probe is None else 0
    return Need(
        calls.number,
        tokens,
        output,
        _cost(spec, tokens, output, prompts.cached_tokens(calls)),
        disk + prompts.megabytes(calls, spec),
        calls.posts,
        reasoning,
        _price_of_output(spec, reasoning),
        None if probe is None else _seconds(spec, probe, calls.number, len(calls.agents) * beside),
        scenario.attention.on_change and calls.number > calls.posts,
    )


class _Calls(NamedTuple):
    """The calls of a run.

    Attributes:
        agents: Numbers of those who are asked; where nobody is, of those who only write posts.
        decisions: Calls for decisions and for posts, whose prompts are as long.
        summaries: Calls for summaries.
        posts: Calls for posts.
    """

    agents: list[int]
    decisions: int
    summaries: int
    posts: int

    @property
    def number(self) -> int:
        """All of them."""
        return self.decisions + self.summaries


def _calls_of(model: EconModel) -> _Calls:
    """Return the calls of a run if all its agents were asked in every step."""
    scenario, households = model.config, model.town.roster.households
    asked = _agents_of(model, decides_by_model)
    writing = _agents_of(model, lambda kind: bool(kind.acts_as))
    posts = _posts(scenario, len(writing)) if writing else 0
    summaries = sum(agent < households for agent in asked) * _summaries(scenario, scenario.steps)
    return _Calls(asked or writing, len(asked) * scenario.steps + posts, summaries, posts)


class _Prompts(NamedTuple):
    """How long prompts are, in characters.

    Attributes:
        constant: The part that is the same in all of them.
        first: A whole one in step 0.
        growth: By how much it may grow.
        schema: Of the reply, where it is not counted with the prompt.
        summary: One that asks for a summary.
        share: Tokens of a character.
    """

    constant: int
    first: int
    growth: int
    schema: int
    summary: Range
    share: Range

    def tokens(self, calls: _Calls) -> Range:
        """Return the tokens of the prompts of calls."""
        longest = self.first + self.growth + self.schema
        return Range(
            (self.first * calls.decisions + self.summary.low * calls.summaries) * self.share.low,
            (longest * calls.decisions + self.summary.high * calls.summaries) * self.share.high,
        )

    def cached_tokens(self, calls: _Calls) -> float:
        """Return the tokens of the part that a server may have cached."""
        return self.constant * self.share.low * calls.decisions

    def megabytes(self, calls: _Calls, spec: LlmSpec) -> float:
        """Return the size of the records of calls: what is new in each prompt, and its reply."""
        new = (self.growth + self.first - self.constant) * calls.decisions
        replies = ASCII_PER_TOKEN[1] * calls.number * min(TALKATIVE, spec.max_output_tokens)
        return (new + self.summary.high * calls.summaries + replies) / 1e6


def _prompts_of(model: EconModel, agent: int, probe: Probe | None) -> _Prompts:
    """Return the lengths of prompts by that of an agent in step 0."""
    prompt, growth, schema = _prompt(model, agent)
    return _Prompts(
        len(prompt.system),
        len(prompt.system) + len(prompt.user),
        growth,
        schema if probe is None else 0,  # else it is counted, if the server does
        _summary_lengths(model.config),
        tokens_a_character(prompt.system + prompt.user) if probe is None else probe.share,
    )


def _agents_of(model: EconModel, is_meant: Callable[[type[DeciderTraits]], bool]) -> list[int]:
    """Return the numbers of the agents for which a decider of some kind decides."""
    parts = [agents for decider, agents in model.scheduler.parts if is_meant(traits(decider))]
    return [int(agent) for agents in parts for agent in agents]


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


def _output(spec: LlmSpec, probe: Probe | None) -> Range:
    """Return the tokens of a reply."""
    most = spec.max_output_tokens
    if probe is None:
        return Range(min(BRIEF, most), most)
    seen = probe.output_tokens
    if seen is None or seen <= TALKATIVE:
        seen = BRIEF if seen is None else seen
        return Range(min(BRIEF, seen / 2, most), min(max(TALKATIVE, _OF_REPLIES * seen), most))
    most = max(seen, spec.most_output_tokens)  # it reasons, or talks
    return Range(seen / _OF_REPLIES, min(_OF_REPLIES * seen, most))


def _seconds(spec: LlmSpec, probe: Probe, calls: int, agents: int) -> Range:
    """Return the time of all calls, where it is in proportion to the tokens of replies.

    At the least as many calls at once as are allowed take no longer than one; at the most the
    server answers one after the other.
    """
    seen = probe.output_tokens
    low, high = (1 / _OF_REPLIES, _OF_REPLIES) if seen is None else _output(spec, probe)
    at_once = min(spec.max_concurrency, agents)
    each = Range(low, high).times(probe.seconds / (seen or 1))
    return Range(each.low * calls / at_once, each.high * calls * probe.turns)


def tokens_a_character(text: str) -> Range:
    """Return how many tokens a character of such a text has."""
    ascii_share = sum(map(str.isascii, text)) / max(len(text), 1)
    pairs = zip(ASCII_PER_TOKEN, OTHERS_PER_TOKEN, strict=True)
    high, low = (ascii_share / ascii + (1 - ascii_share) / other for ascii, other in pairs)
    return Range(low, high)


def calls_planned(model: EconModel, first: int) -> dict[int, int]:
    """Return the calls of a run from a step on, at most, by the place of the decider."""
    households = model.town.roster.households
    return {
        place: _calls(model.config, agents.tolist(), households, first)
        for place, (decider, agents) in enumerate(model.scheduler.parts)
        if decides_by_model(traits(decider))
    }


def most_calls(scenario: Scenario, first: int = 0) -> int | None:
    """Return the calls of a run of a scenario from a step on, at most.

    None: not known, because how often households post decides about some of them.
    """
    from econsim_mesa.society.scheduler import agents_by_decider

    calls, households = 0, scenario.agents.Household.count
    for name, agents in agents_by_decider(scenario).items():
        kind = traits_of(name)
        if kind.acts_as:
            return None
        calls += _calls(scenario, agents, households, first) if kind.asks_model else 0
    return calls


def _calls(scenario: Scenario, agents: Sequence[int], households: int, first: int = 0) -> int:
    """Return the calls for agents from a step on: their decisions, and what households write."""
    writing = sum(agent < households for agent in agents)
    summaries = _summaries(scenario, scenario.steps) - _summaries(scenario, first)
    return len(agents) * (scenario.steps - first) + writing * summaries


def _prompt(model: EconModel, agent: int) -> tuple[Prompt, int, int]:
    """Return a prompt of step 0, the characters by which it may grow, and those of its schema."""
    from econsim_mesa.llm.messages import ReplySchema
    from econsim_mesa.prompts import render
    from econsim_mesa.prompts.reply_form import ReplyForm
    from econsim_mesa.society.requests import Request

    scenario, kind = model.config, model.town.roster.kinds[agent]
    prompt = render(Request(model.look(), agent, kind))
    posts = 100 * (scenario.social.timeline.posts + scenario.social.discovery)
    schema = len(ReplySchema(ReplyForm.of(kind, scenario).schema).text)
    return prompt, scenario.memory.characters + posts, schema


def _summaries(scenario: Scenario, steps: int) -> int:
    """Return how often a household writes down what matters to it in the first steps."""
    spec = scenario.llm.summaries
    return 0 if spec is None or not steps else (steps - 1) // spec.every


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


def _price_of_output(spec: LlmSpec, tokens: int) -> float | None:
    """Return US dollars for tokens of replies; None: no price is known."""
    from econsim_mesa.llm.budget import PICO, Rates

    return Rates.of(spec).cost(0, tokens) / PICO if spec.model in spec.prices else None


def _both(one: T | None, other: T | None, add: Callable[[T, T], T]) -> T | None:
    """Return a sum; None if a part of it is not known."""
    return None if one is None or other is None else add(one, other)


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
