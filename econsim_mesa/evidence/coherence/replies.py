"""Checks of the answers themselves: valid, feasible, meant as said, and true about the past."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from econsim_mesa.domains.body.actions import Eat, Sleep
from econsim_mesa.domains.economy.actions import AnswerProposal, PlaceOrder, Propose
from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.domains.social.actions import Follow, Publish, Unfollow
from econsim_mesa.evidence.coherence.check import (
    EMBEDDED,
    Above,
    Check,
    Judged,
    Sample,
    all_of,
    counted,
    exactly,
    share,
    too_few,
)
from econsim_mesa.evidence.coherence.lab import Fork, Future, Heard, Lab
from econsim_mesa.evidence.coherence.stages import natural
from econsim_mesa.evidence.coherence.talk import changed
from econsim_mesa.scenario import Scenario
from econsim_mesa.society.action import Action


class Validity(Check):
    """Answers can be used as they come, and hardly ever need one to be put in their place.

    The random agent is no control here: it writes no text that could be unusable.
    """

    name: ClassVar[str] = "validity"
    rule: ClassVar[str] = "usable at the first try at least 98 %, replaced at most 1 %"
    controlled: ClassVar[bool] = False
    least: ClassVar[float] = 0.98
    most: ClassVar[float] = 0.01

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """There must be text to read."""
        return "this decider's answers are no text" if decider in EMBEDDED else ""

    def sample(self, lab: Lab) -> Sample:
        """Return (answers accepted as they came, replaced by a rule, all)."""
        outcomes = [one.decision.outcome for one in lab.future(Fork(steps=lab.rest)).heard]
        accepted, repaired = outcomes.count("accepted"), outcomes.count("repaired")
        return accepted, len(outcomes) - accepted - repaired, len(outcomes)

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return the share that was usable at the first try."""
        if lacking := too_few(samples):
            return lacking
        first = share(samples).judged(self.least, lambda bound: bound >= self.least)
        return all_of(first, share(samples, 1).judged(self.most, lambda bound: bound <= self.most))


class Feasibility(Check):
    """What is decided can be done, and nobody ever spends what they do not have."""

    name: ClassVar[str] = "feasibility"
    rule: ClassVar[str] = "actions that could be done at least 95 %, no balance below zero"
    least: ClassVar[float] = 0.95

    def sample(self, lab: Lab) -> Sample:
        """Return (actions done, all actions, balances below zero)."""
        future = lab.future(Fork(steps=lab.rest))
        names = set(future.model.town.who.names[: future.model.town.who.households])
        actions = sum(len(one.decision.actions) for one in future.heard)
        rejected = sum(
            row.action >= 0 and row.decided >= lab.at and row.agent in names
            for row in future.records["rejections"]
        )
        below = sum(row[4] < 0 for row in future.records["agents"])
        return actions - rejected, actions, below

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return the share of actions that could be done."""
        done = [(sample[0], sample[1]) for sample in samples]
        if lacking := too_few(done):
            return lacking
        could = share(done).judged(self.least, lambda bound: bound >= self.least)
        return all_of(could, exactly(not counted(samples)))


class ThoughtAndAction(Check):
    """A thought names what the actions then do, better than somebody else's thought does."""

    name: ClassVar[str] = "thought"
    rule: ClassVar[str] = "thoughts that name the action at least 90 %, others' thoughts less"
    least: ClassVar[float] = 0.9

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """There must be thoughts."""
        return "this decider gives no reasons" if decider in EMBEDDED else ""

    def sample(self, lab: Lab) -> Sample:
        """Return (agreeing, agreeing with the thought of the next who acts, all)."""
        acting = [one for one in lab.future(Fork(steps=lab.rest)).heard if one.decision.actions]
        own = sum(_names(one.decision.thought, one) for one in acting)
        others = [*acting[1:], *acting[:1]]
        strange = sum(_names(other.decision.thought, one)
                      for one, other in zip(acting, others, strict=True))  # fmt: skip
        return own, strange, len(acting)

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return the share of decisions whose thought names what is done."""
        if lacking := too_few(samples):
            return lacking
        own = share(samples).judged(self.least, lambda bound: bound >= self.least)
        return all_of(own, exactly(counted(samples, 1) < counted(samples, 0)))


_VERBS: dict[type[Any], str] = {
    Sleep: r"sleep|nap|bed|rest",
    Publish: r"post|writ|tell|share|say|announce",
    Follow: r"follow",
    Unfollow: r"unfollow|no longer follow|stop following",
    AnswerProposal: r"accept|declin|reject|refus|agree|swap|offer",
    Propose: r"offer|propos|swap|trade|exchange",
}


def _names(thought: str, heard: Heard) -> bool:
    """Whether a thought names each action: its object, or for want of one its verb."""
    words = thought.casefold()
    return bool(words) and all(_named(words, one) for one in heard.decision.actions)


def _named(words: str, action: Action) -> bool:
    if isinstance(action, PlaceOrder | Eat):
        return action.item.casefold() in words
    if isinstance(action, MoveTo):
        return action.place.casefold() in words
    return re.search(_VERBS.get(type(action), "."), words) is not None


class MemoryTruth(Check):
    """What is said of the own past, in thoughts and posts, was so.

    Held against the past of the next household the same words must be false more often: else
    they say nothing of a past. The random agent says too little for that.
    """

    name: ClassVar[str] = "memory"
    rule: ClassVar[str] = "claims to have bought or eaten false at most 2 %, of another's past more"
    most: ClassVar[float] = 0.02
    fewest: ClassVar[int] = 20

    def sample(self, lab: Lab) -> Sample:
        """Return (false claims, claims false of the next household, claims)."""
        future = lab.future(Fork(steps=lab.rest))
        past, n = _had(lab, future), future.model.town.who.households
        claims = list(_claims(future, list(lab.scenario.items)))
        false, strange = (
            sum(item not in past((one.household + shift) % n, one.step) for one, item in claims)
            for shift in (0, 1)
        )
        return false, strange, len(claims)

    def judge(self, samples: Sequence[Sample]) -> Judged:
        """Return the share of claims that are false."""
        if lacking := too_few(samples, self.fewest):
            return lacking
        own = share(samples).judged(self.most, lambda bound: bound <= self.most)
        return all_of(own, exactly(counted(samples, 1) > counted(samples, 0)))


_CLAIM = (
    r"(?:\b(?:bought|got|ordered|ate|eaten|had|paid \w+ for|my)\s+(?:\w+\s+){{0,2}}?{item}\b)"
    r"|(?:\b{item} from .{{1,60}} for \d)"
)
_NOT_CLAIMED = re.compile(r"\b(?:not|never|if|would|could|should|will|wish|wanted?)\b|n't")


def _claims(future: Future, items: list[str]) -> Iterator[tuple[Heard, str]]:
    """Yield what is claimed to have been bought or eaten: sentences in English, by pattern."""
    patterns = {item: re.compile(_CLAIM.format(item=re.escape(item)), re.I) for item in items}
    stores = future.model.town.who.store_names
    for one in future.heard:
        posts = [action.text for action in one.decision.actions if isinstance(action, Publish)]
        for sentence in re.split(r"[.!?;,]\s*", " . ".join([one.decision.thought, *posts])):
            told_of_store = any(f"{name} had" in sentence for name in stores)
            if told_of_store or _NOT_CLAIMED.search(sentence.casefold()):
                continue
            yield from ((one, item) for item, form in patterns.items() if form.search(sentence))


def _had(lab: Lab, future: Future) -> Callable[[int, int], set[str]]:
    """Return what tells which items a household had bought, eaten or got before a step."""
    number = future.model.town.who.number
    bought = [(row.step, number[row.buyer], row.item) for row in future.records["sales"]]
    eaten = [(row.step, number[row.household], row.item) for row in future.records["consumption"]]
    swapped = [
        (row.step, number[name], item)
        for row in future.records["swaps"]
        for name, item in ((row.proposer, row.took), (row.acceptor, row.gave))
    ]
    before = [
        (t, i, action.item)
        for t, decided in natural(lab.stages).items()
        for i, decision in decided
        for action in decision.actions
        if isinstance(action, PlaceOrder | Eat)
    ]
    deeds = [*before, *bought, *eaten, *swapped]
    return lambda household, step: {
        item for when, i, item in deeds if i == household and when < step
    }


class PersonaStability(Above):
    """Asked again, a household answers more like itself than like another persona."""

    name: ClassVar[str] = "persona"
    rule: ClassVar[str] = "decisions changed by another persona minus by asking again: above 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """There must be personas, and somebody who reads them."""
        if decider in EMBEDDED:
            return "traits do not act on an embedded decider"
        return "" if scenario.agents.Household.persona else "the households have no personas"

    def sample(self, lab: Lab) -> Sample:
        """Return the share changed by another persona minus the share changed by asking again."""
        first, again = (lab.future(Fork(repeat=k)) for k in (0, 1))
        other = lab.future(Fork(personas_moved=True))
        return (changed(first, other) - changed(first, again),)
