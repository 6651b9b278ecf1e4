"""What agents are shown of internal states: as reasons, as facts or as one number.

With ``stress.characters`` that part of a prompt has that length whatever it says, so that arms
which show different things are equally long: whole entries are left out, the lowest levels first,
and a neutral sentence fills what is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from econsim_mesa.languages import ENGLISH, Language
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


def feelings_text(
    feelings: Sequence[Feeling], spec: StressSpec, language: Language = ENGLISH
) -> str:
    """Return the part of a prompt that shows ``feelings`` under the settings of ``stress``."""
    entries = [_entry(feeling, spec.show, language) for feeling in feelings]
    if spec.characters is None:
        return _LABEL + language.joined(entries) if entries else ""
    filler = language.say(_FILLER)
    lowest = sorted(range(len(entries)), key=lambda k: feelings[k].level)
    left = set(lowest)
    for k in lowest:
        text = _LABEL + language.joined(entry for i, entry in enumerate(entries) if i in left)
        if len(text) <= spec.characters:
            return _filled(text + "\n", spec.characters, filler)
        left.remove(k)
    return _filled("", spec.characters, filler)


def _entry(feeling: Feeling, show: str, language: Language) -> str:
    if show == "facts":
        return feeling.reason
    name, reason = language.say(feeling.name), feeling.reason or language.say("in all")
    return f"{name} {feeling.level:.0f}: {reason}"


def _filled(text: str, length: int, filler: str) -> str:
    """Return a text that ends with a line, filled up to a length or cut."""
    more = _NOTE + filler * (length // len(filler) + 1)
    return (text + more)[:length]
