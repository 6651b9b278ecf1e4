"""Checks of talk: good news draw people, a bad rumour keeps them away, mere wording does less."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.evidence.coherence.check import Above, Below, Check, Sample
from econsim_mesa.evidence.coherence.economy import first_food_store
from econsim_mesa.evidence.coherence.lab import Fork, Future, Lab
from econsim_mesa.evidence.coherence.pasts import at_home
from econsim_mesa.society.action import encode

PLAIN = "{store} is open today, as it always is."
REWORDED = "As always, today {store} is open."
PRAISE = "Lovely lunch at {store} today, delicious and excellent, really good. Worth the way!"
RUMOUR = "Terrible lunch at {store} today, awful and disappointing, really poor. Stay away!"


class _Posted(Check):
    """Base: at home at noon, how many more set out for a store after a post about it.

    The post that it is compared with names the store as well, so that what counts is the tone.
    """

    text: ClassVar[str]

    def sample(self, lab: Lab) -> Sample:
        """Return the share that sets out after the post minus the share after a plain one."""
        told, plain = (_setting_out(lab, text) for text in (self.text, PLAIN))
        return (told - plain,)


class News(_Posted, Above):
    """Praise of a store brings visitors."""

    name: ClassVar[str] = "news"
    rule: ClassVar[str] = "share that sets out for a store that is praised rises: above 0"
    text: ClassVar[str] = PRAISE


class Rumour(_Posted, Below):
    """A bad word about a store keeps visitors away."""

    name: ClassVar[str] = "rumour"
    rule: ClassVar[str] = "share that sets out for a store that is run down falls: below 0"
    text: ClassVar[str] = RUMOUR


class Framing(Above):
    """The same in other words changes fewer decisions than what it says of the store does."""

    name: ClassVar[str] = "framing"
    rule: ClassVar[str] = "decisions changed by praise and blame minus by wording: above 0"

    def sample(self, lab: Lab) -> Sample:
        """Return the mean share changed by praise and by blame minus that changed by wording."""
        plain = _told(lab, PLAIN)
        worded, praised, blamed = (
            changed(plain, _told(lab, text)) for text in (REWORDED, PRAISE, RUMOUR)
        )
        return ((praised + blamed) / 2 - worded,)


def changed(one: Future, other: Future) -> float:
    """Return the share of households whose first decisions differ."""
    a, b = (_first_answers(future) for future in (one, other))
    return sum(a[i] != b[i] for i in a) / max(len(a), 1)


def _first_answers(future: Future) -> dict[int, str]:
    step = min((heard.step for heard in future.heard), default=0)
    return {
        heard.household: encode(heard.decision.actions)
        for heard in future.heard
        if heard.step == step
    }


def _told(lab: Lab, text: str) -> Future:
    """Return what everybody, at home, decides after a post by the town crier."""
    store = lab.scenario.agents.stores()[first_food_store(lab.scenario)][1]
    return lab.scripted(Fork(crier=text.format(store=store)), at_home(lab.stages))


def _setting_out(lab: Lab, text: str) -> float:
    store, future = first_food_store(lab.scenario), _told(lab, text)
    going = {one.household for one, goal in future.trips() if goal == store}
    return len(going) / future.model.town.who.households
