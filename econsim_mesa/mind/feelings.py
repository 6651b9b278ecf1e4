"""What agents are shown of internal states: as reasons, as facts or as one number.

With ``stress.characters`` that part of a prompt has that length whatever it says, so that arms
which show different things are equally long: whole entries are left out, the lowest levels first,
and a neutral sentence fills what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from econsim_mesa.scenario.mind import StressSpec

_LABEL, _NOTE = "[stress] ", "[note] "
_FILLER = "Nothing else is noted here. "
MEANING = {
    "reasons": "what weighs on you, 0 to 100, with the reason, as far as you are told here",
    "facts": "what you went through lately, counted in numbers, so far as it is told you",
    "scalar": "how much weighs on you in all, 0 to 100, one number, if you are told of it",
}
"""What the system prompt says of it, all of one length."""


class Feeling(NamedTuple):
    """A felt stressor with its level and why, or what was counted, in words."""

    name: str
    level: float
    reason: str


def feelings_text(feelings: Sequence[Feeling], spec: StressSpec) -> str:
    """Return the part of a prompt that shows ``feelings`` under the settings of ``stress``."""
    entries = [_entry(feeling, spec.show) for feeling in feelings]
    if spec.characters is None:
        return _LABEL + "; ".join(entries) if entries else ""
    lowest = sorted(range(len(entries)), key=lambda k: feelings[k].level)
    left = set(lowest)
    for k in lowest:
        text = _LABEL + "; ".join(entry for i, entry in enumerate(entries) if i in left)
        if len(text) <= spec.characters:
            return _filled(text + "\n", spec.characters)
        left.remove(k)
    return _filled("", spec.characters)


def _entry(feeling: Feeling, show: str) -> str:
    if show == "facts":
        return feeling.reason
    return f"{feeling.name} {feeling.level:.0f}: {feeling.reason or 'in all'}"


def _filled(text: str, length: int) -> str:
    """Return a text that ends with a line, filled up to a length or cut."""
    filler = _NOTE + _FILLER * (length // len(_FILLER) + 1)
    return (text + filler)[:length]
