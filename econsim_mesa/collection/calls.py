"""The log of a run's calls: kept as they arrive, used again where a run goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from econsim_mesa.llm.budget import Rates, Usage
from econsim_mesa.llm.messages import ANSWERED, ChatReply, ChatRequest, Status
from econsim_mesa.records.definitions import Call
from econsim_mesa.records.store import KeepsServer, RunStore
from econsim_mesa.scenario.llm import LlmSpec

_NOT_REACHED = ("connect", "tls")
_FREE = ("http_", *_NOT_REACHED)
"""How the faults begin that no server takes money for."""


class CallLog:
    """Keeps calls in a run store, and knows those of an earlier part of the run.

    ``past`` are the calls that count: of a run that is resumed all, of a fork only its own. The
    calls that are kept are added to it.
    """

    def __init__(self, spec: LlmSpec, store: RunStore, past: list[Call]) -> None:
        self._spec, self._store, self._past = spec, store, past

    def keep_call(self, request: ChatRequest, reply: ChatReply) -> None:
        """Keep a call at once."""
        call = Call(
            request.step,
            request.agent,
            request.call,
            request.key,
            reply.status.value,
            request.messages[-1].content,
            reply.text,
            reply.model,
            reply.seconds,
            reply.attempts,
            ",".join(reply.faults),
            reply.input_tokens,
            reply.output_tokens,
            reply.cached_tokens,
            reply.host,
            reply.revision,
            reply.server,
        )
        self._store.keep(call)
        self._past.append(call)

    def keep_server(self, step: int, told: str | None) -> None:
        """Keep what the server says of the model, if the store keeps such things."""
        if isinstance(self._store, KeepsServer):
            self._store.keep_server(step, told)

    def reuse(self) -> Mapping[str, ChatReply]:
        """Return the replies that were kept, by the key of their request."""
        return {call.key: _reply(call) for call in self._past if call.status in ANSWERED}

    def spent(self) -> Usage:
        """Return what the kept calls used; of attempts of unknown use, the most that they may."""
        return spent_on(self._past, self._spec)


def spent_on(calls: Sequence[Call], spec: LlmSpec) -> Usage:
    """Return what calls used; of attempts of unknown use, the most that they may."""
    rates = Rates.of(spec)
    tokens_in = sum(call.input_tokens or 0 for call in calls)
    tokens_out = sum(call.output_tokens or 0 for call in calls)
    cached = sum(call.cached_tokens or 0 for call in calls)
    unknown = sum(map(_unknown, calls))
    most_in = max((call.input_tokens or 0 for call in calls), default=0)
    most_out = spec.max_output_tokens
    return Usage(
        calls=sum(call.attempts - _unsent(call) for call in calls),
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cached_tokens=cached,
        picodollars=rates.cost(tokens_in, tokens_out, cached),
        unsure_tokens=unknown * (most_in + most_out),
        unsure_picodollars=unknown * rates.cost(most_in, most_out),
    )


def _unknown(call: Call) -> int:
    """Return the attempts of a call that may have been paid for, nobody knows how much."""
    counted = call.input_tokens is not None and call.output_tokens is not None
    free = sum(kind.startswith(_FREE) for kind in call.faults.split(","))
    return max(call.attempts - counted - free, 0)


def _unsent(call: Call) -> int:
    """Return the attempts of a call that reached no server."""
    return sum(kind in _NOT_REACHED for kind in call.faults.split(","))


def _reply(call: Call) -> ChatReply:
    return ChatReply(
        text=call.reply,
        status=Status(call.status),
        seconds=call.seconds or 0.0,
        attempts=call.attempts,
        faults=tuple(filter(None, call.faults.split(","))),
        input_tokens=call.input_tokens,
        output_tokens=call.output_tokens,
        cached_tokens=call.cached_tokens,
        model=call.model,
        host=call.host,
        revision=call.revision,
        server=call.server,
    )
