"""The log of a run's calls: kept as they arrive, used again where a run goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from econsim_mesa.llm.budget import TOKENS_AROUND, Rates, Usage
from econsim_mesa.llm.counts import is_plausible
from econsim_mesa.llm.message_text import has_reasoning
from econsim_mesa.llm.messages import ANSWERED, ChatReply, ChatRequest, Status
from econsim_mesa.llm.reply_room import is_full
from econsim_mesa.runs.store import KeepsServer, RunStore
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.society.records import Call

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
            request.characters,
            reply.cost,
        )
        self._store.keep(call)
        self._past.append(call)

    def keep_server(self, step: int, told: str | None) -> None:
        """Keep what the server says of the model, if the store keeps such things."""
        if isinstance(self._store, KeepsServer):
            self._store.keep_server(step, told)

    def keep_refused_parameters(self, step: int, names: Sequence[str]) -> None:
        """Keep what the model refuses of requests, if the store keeps such things."""
        if isinstance(self._store, KeepsServer):
            self._store.keep_refused_parameters(step, names)

    def reuse(self) -> Mapping[str, ChatReply]:
        """Return the replies that were kept, by the key of their request."""
        return {call.key: _reply(call) for call in self._past if call.status in ANSWERED}

    def spent(self) -> Usage:
        """Return what the kept calls used; of attempts of unknown use, the most that they may."""
        return spent_on(self._past, self._spec)


def spent_on(calls: Sequence[Call], spec: LlmSpec) -> Usage:
    """Return what calls used; of attempts of unknown use, the most that they may.

    That is what is reserved for a call: all bytes of its prompt, and the longest reply seen.
    """
    rates = Rates.of(spec)
    counted = [call for call in calls if _is_counted(call)]
    tokens_in = sum(call.input_tokens or 0 for call in counted)
    tokens_out = sum(call.output_tokens or 0 for call in counted)
    cached = sum(call.cached_tokens or 0 for call in counted)
    most_in = max((call.input_tokens or 0 for call in counted), default=0)
    longest = max((call.output_tokens or 0 for call in counted), default=0)
    room = _room(calls, longest, spec)
    most_out = max(longest, room)
    unknown = [(n, max(most_in, _most_input(call))) for call in calls if (n := _unknown(call))]
    return Usage(
        calls=sum(call.attempts - _unsent(call) for call in calls),
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cached_tokens=cached,
        picodollars=rates.cost(tokens_in, tokens_out, cached),
        unsure_tokens=sum(n * (most + most_out) for n, most in unknown),
        unsure_picodollars=sum(n * rates.cost(most, most_out) for n, most in unknown),
        longest=longest,
        room=room,
    )


def _room(calls: Sequence[Call], longest: int, spec: LlmSpec) -> int:
    """Return the most tokens that replies were allowed in the end.

    More than at first once one was cut while the model reasoned. Where it was one of another run
    that shares the server, the longest reply shows it.
    """
    least = spec.max_output_tokens
    was_cut = any(
        _has_reasoned(call) and is_full(call.output_tokens or least, least) for call in calls
    )
    return spec.most_output_tokens if was_cut or longest > least else least


def _has_reasoned(call: Call) -> bool:
    """Whether a reply was cut after reasoning, as far as its text tells."""
    return call.status == Status.truncated and has_reasoning(call.reply or "")


def _is_counted(call: Call) -> bool:
    return is_plausible(call, call.length, call.reply)


def _most_input(call: Call) -> int:
    """Return a number of tokens that a prompt cannot pass: see ``most_input_tokens``."""
    size, part = call.length, call.prompt
    in_bytes = len(part.encode("utf-8", "replace")) - len(part)
    return size + in_bytes + TOKENS_AROUND


def _unknown(call: Call) -> int:
    """Return the attempts of a call that may have been paid for, nobody knows how much."""
    free = sum(kind.startswith(_FREE) for kind in call.faults.split(","))
    return max(call.attempts - _is_counted(call) - free, 0)


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
        cost=call.cost,
        reasoned=_has_reasoned(call),
    )
