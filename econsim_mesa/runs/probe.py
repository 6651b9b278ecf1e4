"""Ask a language model once, before a run: whether it answers, how long it takes, what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.llm.budget import Usage
from econsim_mesa.llm.counts import is_plausible
from econsim_mesa.llm.messages import REPAIR, ChatReply, ChatRequest
from econsim_mesa.numbers import duration
from econsim_mesa.runs.costs import Range, tokens_a_character
from econsim_mesa.scenario.decider_traits import traits, traits_of
from econsim_mesa.scenario.load import load_scenario
from econsim_mesa.society.action import HOUSEHOLD
from econsim_mesa.society.decider import TakesCalls
from econsim_mesa.society.requests import Requests

if TYPE_CHECKING:
    from econsim_mesa.scenario import Scenario
    from econsim_mesa.society.rng import Integers
    from econsim_mesa.society.view import View

_DIFFERENCE = 1.1
"""How much more, or fewer, tokens a character of other prompts may have."""
_WHO_ANSWERS = {
    *("model", "provider", "base_url", "extra_body", "reasoning_effort"),
    *("max_output_tokens", "max_reasoning_tokens", "response_format", "temperature"),
}
"""Fields of ``llm`` by which one reply says something of others."""
_SOME_REPAIRS = 1.3
"""How many turns a decision may take on the average where the first took one."""


class Probe(NamedTuple):
    """What came of one call.

    Attributes:
        agent: who was asked.
        outcome: what became of the reply.
        seconds: from the request to the reply.
        share: tokens of a character of its prompt, as the server counted; see ``costs``.
        input_tokens: of the prompt; None: not counted.
        output_tokens: of the reply, its reasoning among them; None: not counted.
        cost: US dollars; 0 where no price is known.
        turns: most turns that a decision may take on the average.
        was_cut: whether a first reply was cut while the model reasoned, and had to be asked again.
        model: what answered, as it names itself.
        refused_parameters: what the model refuses of a request.
    """

    agent: str
    outcome: str
    seconds: float
    share: Range
    input_tokens: int | None
    output_tokens: int | None
    cost: float
    turns: float
    was_cut: bool
    model: str
    refused_parameters: tuple[str, ...]

    def __str__(self) -> str:
        """Describe it in words."""
        parts = [f"{self.agent}: {self.outcome}, after {duration(self.seconds)}"]
        if self.input_tokens is not None and self.output_tokens is not None:
            parts.append(f"{self.input_tokens:,} tokens in, {self.output_tokens:,} out")
        else:
            parts.append("tokens not counted")
        parts += [f"${self.cost:.4f}"] if self.cost else []
        parts.append(f"by {self.model}")
        parts += (
            [f"which refuses {', '.join(self.refused_parameters)}"]
            if self.refused_parameters
            else []
        )
        return ", ".join(parts)


@dataclass
class _Calls:
    """A log that remembers the calls, and keeps nothing."""

    calls: list[tuple[ChatRequest, ChatReply]] = field(default_factory=list)
    refused_parameters: tuple[str, ...] = ()

    def keep_call(self, request: ChatRequest, reply: ChatReply) -> None:
        self.calls.append((request, reply))

    def keep_server(self, step: int, told: str | None) -> None:
        pass

    def keep_refused_parameters(self, step: int, names: Sequence[str]) -> None:
        self.refused_parameters = tuple(names)

    def reuse(self) -> Mapping[str, ChatReply]:
        return {}

    def spent(self) -> Usage:
        return Usage()


def probe(scenario: Scenario) -> Probe:
    """Have an agent asked for whom a language model decides, or writes.

    It is the first one in step 0, or the first one that posts, with its post.

    Raises:
        BadInput: a language model decides for nobody, or nobody posts.
        RunIncomplete: no usable answer came; the message says what to do.
    """
    from econsim_mesa.society.model import EconModel  # takes a second

    scenario = load_scenario(scenario, set={"llm.on_failure": "stop"})
    model = EconModel(scenario, seed=scenario.seed)
    parts = [part for part in model.scheduler.parts if traits(part[0]).asks_model]
    if not parts:
        raise BadInput("a language model decides for nobody: give --decider llm")
    decider, agents = parts[0]
    view, agent = model.look(), int(agents[0])
    if acts_as := traits(decider).acts_as:
        view, agent = _first_post(scenario, agents, acts_as)
    if not isinstance(decider, TakesCalls):
        raise BadInput(
            f"the decider {decider.name!r} keeps no calls, so that none can be looked at: let it "
            "be a subclass of AsksChatModel"
        )
    log = _Calls()
    decider.attach(log)
    try:
        [decision] = decider.decide(Requests(view, [agent]))
    finally:
        decider.close()
    first_turns = [call for call in log.calls if call[0].call != REPAIR]
    if not first_turns:
        name = view.roster.names[agent]
        raise BadInput(f"the decider {decider.name!r} asked no model for {name} at step {view.t}")
    progress = getattr(decider, "progress", None)
    request, reply = first_turns[-1]
    counted = is_plausible(reply, request.characters, reply.text)
    return Probe(
        view.roster.names[agent],
        decision.outcome,
        reply.seconds,
        _share(request, reply, counted=counted),
        reply.input_tokens if counted else None,
        reply.output_tokens if counted else None,
        0.0 if progress is None else progress.usage.most_cost,
        _SOME_REPAIRS if len(first_turns) == len(log.calls) else 2 * _SOME_REPAIRS,
        len(first_turns) > 1,
        reply.model,
        log.refused_parameters,
    )


class Probes:
    """Asks each language model once, however many scenarios ask it."""

    def __init__(self) -> None:
        self._by_model: dict[tuple[str, ...], Probe] = {}

    @property
    def made(self) -> list[Probe]:
        """All of them, in the order in which they were made."""
        return list(self._by_model.values())

    def of(self, scenario: Scenario) -> Probe:
        """Return what came of the call to the model of a scenario. Raises as ``probe`` does."""
        model = scenario.llm.model_dump_json(include=_WHO_ANSWERS)
        asking = sorted(name for name in scenario.deciders if traits_of(name).asks_model)
        key = (model, *asking)
        if key not in self._by_model:
            self._by_model[key] = probe(scenario)
        return self._by_model[key]


def _first_post(scenario: Scenario, households: Integers, decider: str) -> tuple[View, int]:
    """Return the first of some households that posts, and what it is shown before that.

    ``decider`` is the name of the one that acts.
    """
    from econsim_mesa.society.model import EconModel

    model = EconModel(scenario, seed=scenario.seed, decider=decider)
    number = {model.town.roster.names[agent]: agent for agent in households.tolist()}
    while model.running:
        model.step()
        for post in model.town.records["posts"]:
            if post.kind == HOUSEHOLD and post.author in number:
                again = EconModel(scenario, seed=scenario.seed, decider=decider)
                for _ in range(model.town.t):
                    again.step()
                return again.look(), number[post.author]
    raise BadInput("nobody posts in these steps, so that nothing is asked of the model")


def _share(request: ChatRequest, reply: ChatReply, *, counted: bool) -> Range:
    """Return the tokens of a character."""
    if not counted or reply.input_tokens is None:
        return tokens_a_character("".join(message.content for message in request.messages))
    share = reply.input_tokens / request.characters
    return Range(share / _DIFFERENCE, share * _DIFFERENCE)
