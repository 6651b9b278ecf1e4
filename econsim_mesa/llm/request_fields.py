"""The fields of a request beside its texts, without those that the model or its server refuses.

OpenAI's newer models refuse ``max_tokens``, a temperature of one's own and seeds; other servers
know nothing but ``max_tokens``; some models reason at no given effort, and some templates have no
system role. What is refused is found out once, free of charge, and left out from then on, if a
request without it was answered.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.llm.keys import address_of
from econsim_mesa.llm.messages import ChatRequest, Message
from econsim_mesa.llm.refusals import TOO_LONG
from econsim_mesa.llm.transport import TransportFault

if TYPE_CHECKING:
    from econsim_mesa.scenario.llm import LlmSpec

_NEW, _OLD = "max_completion_tokens", "max_tokens"
_LIMITS = re.compile(rf"\b(?:{_NEW}|{_OLD})\b")
_ONE_LIMIT = ("openai.com", ".azure.com")
"""Hosts that know ``max_completion_tokens`` and want nothing beside it."""
_REFUSING = frozenset({400, 415, 422})
_BROKEN = frozenset({500, 501})
"""Statuses with which a server breaks over the template of its model."""
SYSTEM_ROLE = re.compile(
    r"system (role|message|prompt|instruction)|developer (instruction|message)"
    r"|role.{0,40}system|'system'|roles must alternate|only user.{0,20}assistant.{0,20}role",
    re.IGNORECASE,
)
"""How servers say that the template of a model knows no system role."""
_OUT_OF_RANGE = re.compile(
    r"between|range|(less|greater) than|at (most|least)|(max|min)imum|too (large|high|big)|exceed",
    re.IGNORECASE,
)
"""How they say that they know a parameter, and do not take its value."""
_FIELDS = re.compile(
    rf"\b(messages|temperature|seed|reasoning_effort|response_format|{_NEW}|{_OLD})\b"
)
"""Fields of a request that the codes of a refusal may name."""
_NO_ROLE = re.compile(r"\bmessages\S*content")
"""Names the text of a message, which is no refusal of its role."""
_PARAMETERS = {
    "temperature": re.compile(r"\btemperature\b", re.IGNORECASE),
    "seed": re.compile(r"\bseed\b", re.IGNORECASE),
    "reasoning_effort": re.compile(
        r"reasoning.?effort|\beffort\b|support (thinking|reasoning)|think.{0,20} value", re.I
    ),
}
_SYSTEM = "system role"


class Accepted(NamedTuple):
    """What a server takes, as far as it is known.

    ``limits`` are the names under which it gets the most tokens of a reply; ``refused`` are
    parameters that it does not get, and the system role.
    """

    limits: tuple[str, ...]
    refused: frozenset[str] = frozenset()


class RequestFields:
    """The fields of requests to one server for one model."""

    def __init__(self, spec: LlmSpec) -> None:
        host = address_of(spec).host
        self._accepted = Accepted((_NEW,) if host.endswith(_ONE_LIMIT) else (_NEW, _OLD))
        self._spec = spec

    @property
    def refused_parameters(self) -> tuple[str, ...]:
        """What the server refuses, and gets no more."""
        return tuple(sorted(self._accepted.refused))

    async def send(
        self, request: ChatRequest, attempt: Callable[[Accepted], Awaitable[None]]
    ) -> None:
        """Make an attempt with all that is accepted, and others without what is refused of it.

        What was refused is remembered once an attempt without it succeeds: a refusal may have had
        another reason.

        Args:
            request: What is sent.
            attempt: Sends it with the fields that are accepted; raises ``TransportFault``.

        Raises:
            TransportFault: The request failed for something else.
        """
        begun = accepted = self._accepted
        tried = {begun}
        while True:
            try:
                await attempt(accepted)
                break
            except TransportFault as fault:
                accepted = self._after(accepted, request, fault)
                if accepted in tried:
                    raise
                tried.add(accepted)
        if accepted != begun:
            refused = self._accepted.refused | accepted.refused
            self._accepted = Accepted(accepted.limits, refused)

    def common(self, request: ChatRequest, accepted: Accepted) -> dict[str, object]:
        """Return the fields that all requests of the same length have, but their form."""
        most = request.max_output_tokens or self._spec.max_output_tokens
        own = {
            name: value
            for name, value in self._parameters(request).items()
            if name != "seed" and name not in accepted.refused
        }
        return {**dict.fromkeys(accepted.limits, most), **own, **self._spec.extra_body}

    def seed(self, request: ChatRequest, accepted: Accepted) -> int | None:
        """Return the seed of a request; None: it goes without."""
        if not self._spec.send_seed or "seed" in accepted.refused:
            return None
        return request.seed

    def messages(self, request: ChatRequest, accepted: Accepted) -> Sequence[Message]:
        """Return the messages of a request; where no system role is known, one less."""
        if _SYSTEM not in accepted.refused:
            return request.messages
        return tuple(_without_system(request.messages))

    def _after(self, accepted: Accepted, request: ChatRequest, fault: TransportFault) -> Accepted:
        """Return what is accepted by what a fault says; the same if it says nothing of that.

        A text that is declined, or too long, may mention anything. Where codes of the fault name a
        field, its sentence may mention others.
        """
        if fault.declined or TOO_LONG.search(fault.signs):
            return accepted
        said = fault.code if _FIELDS.search(fault.code) else fault.signs
        is_known = _OUT_OF_RANGE.search(fault.signs) is not None
        names = set(_LIMITS.findall(said))
        if names and fault.status in (400, 422):
            other = (_OLD,) if names == {_NEW} else (_NEW,)
            return accepted if is_known else accepted._replace(limits=other)
        refused = set() if is_known else set(self._refused(request, fault, said))
        if self._refuses_system(request, fault):
            refused.add(_SYSTEM)
        return accepted._replace(refused=accepted.refused | refused)

    def _refused(self, request: ChatRequest, fault: TransportFault, said: str) -> Iterator[str]:
        """Yield the parameters of a request that a fault refuses."""
        if fault.status in _REFUSING:
            for name in self._parameters(request):
                if _PARAMETERS[name].search(said):
                    yield name

    def _refuses_system(self, request: ChatRequest, fault: TransportFault) -> bool:
        """Whether a fault refuses the role of the system."""
        return (
            request.messages[0].role == "system"
            and fault.status in _REFUSING | _BROKEN
            and SYSTEM_ROLE.search(fault.signs) is not None
            and _NO_ROLE.search(fault.code) is None
        )

    def _parameters(self, request: ChatRequest) -> dict[str, object]:
        """Return the parameters that a request is to have, refused or not."""
        chosen = {
            "temperature": self._spec.temperature,
            "reasoning_effort": self._spec.reasoning_effort,
            "seed": request.seed if self._spec.send_seed else None,
        }
        return {name: value for name, value in chosen.items() if value is not None}


def _without_system(messages: Sequence[Message]) -> Iterator[Message]:
    """Yield messages with the text of the system's before that of the first user."""
    first, second, *rest = messages
    if first.role != "system" or second.role != "user":
        yield from messages
        return
    yield Message("user", f"{first.content}\n\n{second.content}")
    yield from rest
