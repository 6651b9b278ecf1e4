"""Inspect a recorded run: the prompt of an agent at a step, the replies, and the state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from econsim_mesa.deciders.llm_words import POST_SCHEMA
from econsim_mesa.deciders.summaries import SUMMARY_SCHEMA
from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.llm.chat import shown_reply
from econsim_mesa.llm.messages import (
    DECISION,
    REPAIR,
    SUMMARY,
    ChatRequest,
    Message,
    ReplySchema,
    call_seed,
)
from econsim_mesa.prompts import Texts, read_prompts, render
from econsim_mesa.runs.past import model_of, read_past, replay_until, replaying
from econsim_mesa.runs.reader import Run, load_run
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.records import Call
from econsim_mesa.society.requests import Request
from econsim_mesa.society.view import View

Origin = Literal["recorded", "relived"]


class Exchange(NamedTuple):
    """One call of an agent in a step: the messages that were sent, and the reply.

    Attributes:
        call: The raw reply, its status, tokens and model.
        messages: The messages.
        proven: Whether the recorded hash is that of these messages. If not, they are the best
            reconstruction from the run's folder, in which something has been changed since.
    """

    call: Call
    messages: tuple[Message, ...]
    proven: bool


class PromptRecord(NamedTuple):
    """The prompt that an agent was shown at a step, or would have been shown.

    Attributes:
        agent: Name of the agent.
        kind: Its kind.
        step: The step.
        system: The system message of the prompt for its decision.
        user: The user message.
        origin: ``recorded``: word for word from the folder of the run; ``relived``: the run was
            replayed up to this step, as no call was made there.
        exchanges: Every recorded call of this agent and step, in the order in which they ended:
            decision, repair turn, summary.
    """

    agent: str
    kind: str
    step: int
    system: str
    user: str
    origin: Origin
    exchanges: tuple[Exchange, ...]


def prompt_at(folder: Path | str, agent: str, step: int) -> PromptRecord:
    """Return the whole prompt of an agent at a step of a run, and the raw replies to it.

    If a language model decided, the prompt is read from the calls and the folder ``prompts``,
    and checked by the hash that was recorded with the call. If no call is recorded (the embedded
    decider decided), the run is replayed, and the prompt is the one that would have been sent.

    Raises ``UnknownName`` for an agent, ``BadInput`` for a step that is not in the run, and
    ``Irreproducible`` if the run cannot be replayed.
    """
    run = load_run(folder)
    kind = _kind(run, agent)
    refuse_missing_step(run, step)
    exchanges = _exchanges(run, agent, kind, step)
    sent = _as_sent(agent, kind, step, exchanges)
    return sent or _as_relived(request_of(*state_at(run, step), agent), exchanges)


def prompts_of(folder: Path | str, agents: Sequence[str]) -> Iterator[tuple[PromptRecord, ...]]:
    """Yield, for each step of a run, what ``prompt_at`` returns for each of some agents.

    The run is replayed once for all. Raises as ``prompt_at`` does.
    """
    run = load_run(folder)
    kinds = {agent: _kind(run, agent) for agent in agents}
    past = read_past(run)
    model, systems = model_of(run, past), dict[str, str]()
    settings = model.config
    for step in replaying(model, run, past):
        view = model.look()
        if model.config is not settings:
            settings, systems = model.config, {}
        found = list[PromptRecord]()
        for agent, kind in kinds.items():
            exchanges = _exchanges(run, agent, kind, step)
            sent = _as_sent(agent, kind, step, exchanges)
            if sent is None:
                request = request_of(model, view, agent)
                sent = _as_relived(request, exchanges, systems.get(kind))
                systems[kind] = sent.system
            found.append(sent)
        yield tuple(found)


def _as_sent(
    agent: str, kind: str, step: int, exchanges: tuple[Exchange, ...]
) -> PromptRecord | None:
    """Return the prompt of a decision from its recorded call; None: there is no such call."""
    for exchange in exchanges:
        if exchange.call.call == DECISION:
            *system, user = (message.content for message in exchange.messages)
            return PromptRecord(agent, kind, step, "".join(system), user, "recorded", exchanges)
    return None


def _as_relived(
    request: Request, exchanges: tuple[Exchange, ...], system: str | None = None
) -> PromptRecord:
    """Return the prompt that would have been sent; ``system`` as in ``render``."""
    prompt, name = render(request, system), request.view.roster.names[request.agent]
    return PromptRecord(
        name, request.kind, request.view.t, prompt.system, prompt.user, "relived", exchanges
    )


def state_at(run: Run, step: int) -> tuple[EconModel, View]:
    """Return the model of a run at the start of a step, and the view of all agents there.

    No decider is called and nothing is written. Raises ``BadInput`` for a step that is not in
    the run, and ``Irreproducible`` if the run cannot be replayed.
    """
    refuse_missing_step(run, step)
    past = read_past(run, step + 1)
    model = model_of(run, past)
    replay_until(model, run, past, until=step)
    return model, model.look()


def request_of(model: EconModel, view: View, agent: str) -> Request:
    """Return the request for an agent's decision. Raises ``UnknownName``."""
    who = model.town.roster
    able = who.names[: who.households + who.stores]
    if agent not in able:
        raise UnknownName("agent", agent, able)
    number = who.number[agent]
    return Request(view, number, who.kinds[number])


def refuse_missing_step(run: Run, step: int) -> None:
    """Raise ``BadInput`` for a step that is not recorded whole."""
    if not 0 <= step < run.steps:
        raise BadInput(f"step {step}: {run.folder} has the whole steps 0 to {run.steps - 1}")


def _kind(run: Run, agent: str) -> str:
    kinds = {name: kind for _, name, kind in run.rows("accounts")}
    if agent not in kinds:
        raise UnknownName("agent", agent, kinds)
    return str(kinds[agent])


def _exchanges(run: Run, agent: str, kind: str, step: int) -> tuple[Exchange, ...]:
    """Return the calls of an agent in a step with their messages."""
    calls = run.calls_of(agent, step)
    if not calls:
        return ()
    texts = [one for one in reversed(read_prompts(run.folder)) if one.step <= step]
    found = list[Exchange]()
    for call in calls:
        possible = _possible(call, kind, texts, found)
        schemas = (
            [SUMMARY_SCHEMA]
            if call.call == SUMMARY
            else [*(ReplySchema(used.schema(kind)) for used in texts), POST_SCHEMA]
        )
        seed = run.scenario.seed
        proven = (sent for sent in possible if is_key_of(call, sent, schemas, seed))
        messages = next(proven, None)
        found.append(Exchange(call, messages or possible[0], messages is not None))
    return tuple(found)


def _possible(
    call: Call, kind: str, texts: Sequence[Texts], before: Sequence[Exchange]
) -> list[tuple[Message, ...]]:
    """Return the messages that a call may have sent, the most likely first.

    If settings changed after a stop, calls of one step may have used two sets of texts.
    """
    said = Message("user", call.prompt)
    if call.call == REPAIR:
        firsts = [one for one in reversed(before) if one.call.call == DECISION]
        return [(*one.messages, shown_reply(one.call.reply), said) for one in firsts] or [(said,)]
    if call.call == SUMMARY:
        systems = [used.summary for used in texts]
    else:
        systems = [system for used in texts for system in (used.words, used.system(kind)) if system]
    return [(Message("system", system), said) for system in systems] or [(said,)]


def is_key_of(
    call: Call, messages: Sequence[Message], schemas: Sequence[ReplySchema], seed: int
) -> bool:
    """Whether the hash recorded with a call is that of a request with these messages.

    Args:
        call: The call.
        messages: All messages of the request.
        schemas: The schemas of the reply that it may have sent.
        seed: The seed of the run.
    """
    drawn = call_seed(seed, call.step, call.agent, call.call)
    requests = (
        ChatRequest(call.step, call.agent, call.call, tuple(messages), "", schema, sent)
        for schema in schemas
        for sent in (drawn, None)  # it is a setting whether it is sent
    )
    return any(request.key == call.key for request in requests)
