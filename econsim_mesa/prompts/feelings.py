"""The part of a prompt about internal states: as reasons, as facts or as one number.

With ``stress.characters`` it has that length whatever it says, so that arms which show different
things are equally long: whole entries are left out, the lowest levels first, and a neutral
sentence fills what is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from econsim_mesa.scenario.mind import StressSpec
from econsim_mesa.society.observation import Feeling

_LABEL, _NOTE = "[stress] ", "[note] "
_FILLER = "Nothing else is noted here. "
MEANING = {
    "reasons": "what weighs on you, 0 to 100, with the reason, as far as you are told here",
    "facts": "what you went through lately, counted in numbers, so far as it is told you",
    "scalar": "how much weighs on you in all, 0 to 100, one number, if you are told of it",
}
"""What the system prompt says of it, all of one length."""


def feelings_part(feelings: Sequence[Feeling], spec: StressSpec) -> str:
    """Return the part that shows ``feelings`` under the settings of ``stress``."""
    entries = [_entry(one, spec.show) for one in feelings]
    if spec.characters is None:
        return _LABEL + "; ".join(entries) if entries else ""
    lowest = sorted(range(len(entries)), key=lambda k: feelings[k].level)
    kept = set(lowest)
    for k in lowest:
        text = _LABEL + "; ".join(entry for i, entry in enumerate(entries) if i in kept)
        if len(text) <= spec.characters:
            return _filled(text + "\n", spec.characters)
        kept.remove(k)
    return _filled("", spec.characters)


def _entry(one: Feeling, show: str) -> str:
    if show == "facts":
        return one.reason
    return f"{one.name} {one.level:.0f}: {one.reason or 'in all'}"


def _filled(text: str, length: int) -> str:
    """Return a text that ends with a line, filled up to a length or cut."""
    filler = _NOTE + _FILLER * (length // len(_FILLER) + 1)
    return (text + filler)[:length]
