"""The prompt of one agent and step, part by part, and the replies to it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from econsim_mesa.runs.inspection import PromptRecord

_CACHED = 64
_PART = re.compile(r"^\[(\w+)\] ?", re.MULTILINE)


class Reply(NamedTuple):
    """A call of a language model: what it was for, how it went, and its raw reply."""

    status: str
    model: str
    tokens: str
    text: str
    proven: bool
    """Whether the hash that was recorded with the call is that of the prompt shown."""


class PromptView(NamedTuple):
    """A prompt, and its parts that a reader looks for first."""

    step: int
    system: str
    user: str
    origin: str
    memory: str
    reasons: dict[str, str]
    """Stressor -> why it is as high as it is, as the prompt says it."""
    replies: tuple[Reply, ...]


@lru_cache(maxsize=_CACHED)
def prompt_view(folder: Path, agent: str, step: int) -> PromptView:
    """Return what an agent of a run was shown in a step.

    May take a while: where no language model was asked, the run is lived through again. Raises
    ``BadInput`` for a step that is not in the run, ``Irreproducible``.
    """
    from econsim_mesa.runs.inspection import prompt_at

    return in_parts(prompt_at(folder, agent, step))


def in_parts(sent: PromptRecord) -> PromptView:
    """Return a prompt with the parts that a reader looks for first."""
    parts = parts_of(sent.user)
    return PromptView(
        sent.step,
        sent.system,
        sent.user,
        sent.origin,
        parts.get("memory", ""),
        reasons_of(parts.get("stress", "")),
        _replies(sent),
    )


def parts_of(user: str) -> dict[str, str]:
    r"""Return the labelled parts of a prompt, the first of each label.

    >>> parts_of("[you] H1\n[memory]\n- bread\n[cash] 5")
    {'you': 'H1', 'memory': '- bread', 'cash': '5'}
    """
    parts: dict[str, str] = {}
    marks = list(_PART.finditer(user))
    ends = [*(mark.start() for mark in marks[1:]), len(user)]
    for mark, end in zip(marks, ends, strict=True):
        parts.setdefault(mark[1], user[mark.end() : end].strip())
    return parts


def reasons_of(stress: str) -> dict[str, str]:
    """Return the reason of each stressor that the prompt puts in words.

    >>> reasons_of("hunger 62: no meal for 9 hours; money 50: little cash")
    {'hunger': 'no meal for 9 hours', 'money': 'little cash'}
    """
    return dict(re.findall(r"(?:^|; )(\w+) \d+: (.*?)(?=; \w+ \d+: |$)", stress))


def _replies(sent: PromptRecord) -> tuple[Reply, ...]:
    return tuple(
        Reply(
            exchange.call.status,
            exchange.call.model,
            "tokens: "
            f"{_tokens(exchange.call.input_tokens)} + {_tokens(exchange.call.output_tokens)}",
            exchange.call.reply or "",
            exchange.proven,
        )
        for exchange in sent.exchanges
    )


def _tokens(count: int | None) -> str:
    return "unknown" if count is None else f"{count:,}"
