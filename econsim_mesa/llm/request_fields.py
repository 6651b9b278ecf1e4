"""The fields of a request beside its texts, without those that the model or its server refuses.

OpenAI's newer models refuse ``max_tokens``, a temperature of one's own and seeds; other servers
know nothing but ``max_tokens``; some models reason at no given effort, and some templates have no
system role. What is refused is found out once, free of charge, and left out from then on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from econsim_mesa.llm.keys import address_of
from econsim_mesa.llm.messages import ChatRequest, Message
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
_OUT_OF_RANGE = re.compile(r"between|range|(less|greater) than|at (most|least)|(max|min)imum", re.I)
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

    ``limits`` are the names under which it gets the most tokens of a reply; ``left_out`` are
    parameters that it does not get, and the system role.
    """

    limits: tuple[str, ...]
    left_out: frozenset[str] = frozenset()


class RequestFields:
    """The fields of requests to one server for one model."""

    def __init__(self, spec: LlmSpec) -> None:
        host = address_of(spec).host
        self.accepted = Accepted((_NEW,) if host.endswith(_ONE_LIMIT) else (_NEW, _OLD))
        self._spec = spec
        self._tried = {self.accepted.limits}

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the server refuses, and gets no more."""
        return tuple(sorted(self.accepted.left_out))

    def common(self, request: ChatRequest) -> dict[str, object]:
        """Return the fields that all requests of the same length have, but their form."""
        most = request.max_output_tokens or self._spec.max_output_tokens
        own = {
            name: value
            for name, value in self._parameters(request).items()
            if name != "seed" and name not in self.accepted.left_out
        }
        return {**dict.fromkeys(self.accepted.limits, most), **own, **self._spec.extra_body}

    def seed(self, request: ChatRequest) -> int | None:
        """Return the seed of a request; None: it goes without."""
        if not self._spec.send_seed or "seed" in self.accepted.left_out:
            return None
        return request.seed

    def messages(self, request: ChatRequest) -> Sequence[Message]:
        """Return the messages of a request; where no system role is known, one less."""
        if _SYSTEM not in self.accepted.left_out:
            return request.messages
        return tuple(_without_system(request.messages))

    def leave_out(self, used: Accepted, request: ChatRequest, fault: TransportFault) -> bool:
        """Whether a request failed for what it had beside its texts alone, and is to be sent anew.

        ``used`` is what was accepted when it was sent: others may have found it out meanwhile.
        """
        if self._names_limit(fault):
            return self._use_other_limit(used.limits, set(_LIMITS.findall(fault.signs)))
        refused = set(self._refused(request, fault)) - used.left_out
        self.accepted = self.accepted._replace(left_out=self.accepted.left_out | refused)
        return bool(refused)

    def _names_limit(self, fault: TransportFault) -> bool:
        return fault.status in (400, 422) and _LIMITS.search(fault.signs) is not None

    def _use_other_limit(self, used: tuple[str, ...], refused: set[str]) -> bool:
        if used == self.accepted.limits:
            other = (_OLD,) if refused == {_NEW} else (_NEW,)
            if other in self._tried:
                return False
            self._tried.add(other)
            self.accepted = self.accepted._replace(limits=other)
        return True

    def _refused(self, request: ChatRequest, fault: TransportFault) -> Iterator[str]:
        """Yield what of a request is refused by a fault, as far as it was sent."""
        if fault.status in _REFUSING | _BROKEN and SYSTEM_ROLE.search(fault.signs):
            yield from [_SYSTEM] if request.messages[0].role == "system" else []
        if fault.status not in _REFUSING or _OUT_OF_RANGE.search(fault.signs):
            return
        for name in self._parameters(request):
            if _PARAMETERS[name].search(fault.signs):
                yield name

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
