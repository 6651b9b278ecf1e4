"""What is asked of a chat model and what comes back: the gateway's types."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, Literal, NamedTuple

DECISION, REPAIR, SUMMARY, QUESTION = range(4)
"""Number of a call among those of its agent and step; further questions have further numbers."""
CALLS_A_ROUND = 8
"""Numbers of calls that an agent has each time when it is asked in a step."""
PREPARED_REPLY = "econsim_mesa_reply"
"""Field of a request's body in which the local test server is told what to reply."""
_TEXTS_REMEMBERED = 1024


class Message(NamedTuple):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class ReplySchema(dict[str, Any]):
    """A strict JSON schema of a reply, which must not change once its text was read."""

    @cached_property
    def text(self) -> str:
        """The schema as canonical JSON."""
        return json.dumps(self, sort_keys=True, separators=(",", ":"))


class Status(StrEnum):
    """How a call ended."""

    ok = "ok"
    refused = "refused"  #: the model or a content filter declined
    truncated = "truncated"  #: the reply reached the most tokens allowed
    empty = "empty"  #: a sound reply without text
    timed_out = "timed_out"  #: the deadline passed, or the last attempt took too long
    over_budget = "over_budget"  #: a cap on calls, tokens or cost left no room
    failed = "failed"  #: attempts used up, or a fault that no attempt mends
    stopped = "stopped"  #: the circuit breaker opened


ANSWERED = frozenset({Status.ok, Status.truncated, Status.empty, Status.refused})
"""Ends of a call that a second asking would pay for again."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to a chat model, by one agent in one step.

    ``call`` is the number of the call for that agent and step: ``DECISION``, ``REPAIR``, ...
    ``schema`` is the same object for all agents of a kind, so that its text is written once.
    ``prepared_reply`` is what the local test server replies, which has no model; it goes to no
    other server, and is no part of the prompt. ``flat_schema`` is one for servers that know fewer
    keywords; None: ``schema`` is as plain. ``max_output_tokens`` is the most tokens of the reply;
    None: as the scenario says.

    ``key`` identifies the content: SHA-256, in hexadecimal, of everything but the model, the
    prepared reply, the flat schema and the length of the reply.
    """

    step: int
    agent: str
    call: int
    messages: tuple[Message, ...]
    schema_name: str
    schema: ReplySchema
    seed: int | None = None
    prepared_reply: str | None = None
    flat_schema: ReplySchema | None = None
    max_output_tokens: int | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        who = json.dumps([self.step, self.agent, self.call, self.seed])
        turns = ", ".join(f'["{role}", {as_json(content)}]' for role, content in self.messages)
        digest = hashlib.sha256(f"{who[:-1]}, [{turns}]]".encode())
        digest.update(self.schema.text.encode())
        object.__setattr__(self, "key", digest.hexdigest())

    @property
    def characters(self) -> int:
        """Characters of all messages."""
        return sum(len(message.content) for message in self.messages)


@dataclass(frozen=True, slots=True)
class ChatReply:
    """What came of a request: text, or the reason why there is none. None: not known.

    Attributes:
        text: the answer, or the words of a refusal.
        status: how the call ended.
        seconds: from the start of the first attempt, without the wait for a free slot.
        attempts: how many were made.
        faults: the kind of each failed one in order: ``http_429``, ``timeout``, ``reset``, ...
        input_tokens: of the prompt, as the server counted; the cached ones are among them.
        output_tokens: of the reply, its reasoning included.
        cached_tokens: those of the prompt that the provider had cached.
        model: the model that answered, by the server's name for it.
        host: the server as host:port.
        reused: it cost nothing: it was recorded earlier, or answered an identical request.
        revision: the state of the model, see ``llm.server_identity``.
        server: the version of the server, see there.
        cost: US dollars, by the server's own count.
        reasoned: it was cut, and the model had reasoned, so that more room may help.
        fault_text: the last fault in words; not recorded.
        permanent: another attempt would have met that fault again; not recorded.
    """

    text: str | None
    status: Status
    seconds: float
    attempts: int
    faults: tuple[str, ...]
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    model: str
    host: str
    reused: bool = False
    revision: str | None = None
    server: str | None = None
    cost: float | None = None
    reasoned: bool = False
    fault_text: str = ""
    permanent: bool = False


@lru_cache(_TEXTS_REMEMBERED)
def as_json(text: str) -> str:
    """Return a text as a JSON string; a prompt is needed twice, and that of the system by all."""
    return json.dumps(text)


def call_seed(seed: int, step: int, agent: str, call: int) -> int:
    """Return the seed of one call, made from the run's: 31 bits."""
    text = f"{seed}\x1f{step}\x1f{agent}\x1f{call}"
    digest = hashlib.blake2b(text.encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little") >> 1
