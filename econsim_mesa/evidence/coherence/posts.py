"""Checks of posts: praise draws people, a bad rumour repels them, and mere wording does less."""

from __future__ import annotations

from typing import ClassVar

from econsim_mesa.evidence.coherence.base import Check, MeanAbove, MeanBelow
from econsim_mesa.evidence.coherence.buying import first_food_store
from econsim_mesa.evidence.coherence.estimates import Sample
from econsim_mesa.evidence.coherence.lab import Fork, Future, Lab
from econsim_mesa.evidence.coherence.scripted_histories import history_at_home
from econsim_mesa.society.action import encode

PLAIN = "{store} is open today, as it always is."
REWORDED = "As always, today {store} is open."
PRAISE = "Lovely lunch at {store} today, delicious and excellent, really good. Worth the way!"
RUMOUR = "Terrible lunch at {store} today, awful and disappointing, really poor. Stay away!"


class _PostEffect(Check):
    """Base: at home at noon, how many more households set out for a store after a post about it.

    The post that it is compared with names the store as well, so that what counts is the tone.
    """

    text: ClassVar[str]

    def sample(self, lab: Lab) -> Sample:
        """Return the share that sets out after the post minus the share after a plain one."""
        after_post, after_plain = (_share_setting_out(lab, text) for text in (self.text, PLAIN))
        return (after_post - after_plain,)


class News(_PostEffect, MeanAbove):
    """Praise of a store brings visitors."""

    name: ClassVar[str] = "news"
    rule: ClassVar[str] = "share that sets out for a store that is praised rises: above 0"
    text: ClassVar[str] = PRAISE


class Rumour(_PostEffect, MeanBelow):
    """A bad word about a store keeps visitors away."""

    name: ClassVar[str] = "rumour"
    rule: ClassVar[str] = "share that sets out for a store that is run down falls: below 0"
    text: ClassVar[str] = RUMOUR


class Framing(MeanAbove):
    """The same in other words changes fewer decisions than what a post says of the store does."""

    name: ClassVar[str] = "framing"
    rule: ClassVar[str] = "decisions changed by praise and blame minus by wording: above 0"

    def sample(self, lab: Lab) -> Sample:
        """Return the mean share changed by praise and by blame minus that changed by wording."""
        plain = _future_after(lab, PLAIN)
        worded, praised, blamed = (
            changed_share(plain, _future_after(lab, text)) for text in (REWORDED, PRAISE, RUMOUR)
        )
        return ((praised + blamed) / 2 - worded,)


def changed_share(future: Future, other: Future) -> float:
    """Return the share of households whose first decisions differ between two futures."""
    a, b = _first_actions(future), _first_actions(other)
    return sum(a[i] != b[i] for i in a) / max(len(a), 1)


def _first_actions(future: Future) -> dict[int, str]:
    """Return household -> its actions of the first step, encoded."""
    first = min((observed.step for observed in future.decisions), default=0)
    return {
        observed.household: encode(observed.decision.actions)
        for observed in future.decisions
        if observed.step == first
    }


def _future_after(lab: Lab, text: str) -> Future:
    """Return what everybody, at home, decides after a post by the announcer."""
    store = lab.scenario.agents.stores()[first_food_store(lab.scenario)][1]
    fork = Fork(announcement=text.format(store=store))
    return lab.scripted_future(fork, history_at_home(lab.setup))


def _share_setting_out(lab: Lab, text: str) -> float:
    """Return the share of households that set out for the store after a post about it."""
    store, future = first_food_store(lab.scenario), _future_after(lab, text)
    going = {observed.household for observed, goal in future.trips() if goal == store}
    return len(going) / future.model.town.roster.households
