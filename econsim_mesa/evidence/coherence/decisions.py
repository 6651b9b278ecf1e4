"""Checks of the decisions themselves: valid, feasible, meant as said, and true about the past."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from econsim_mesa.domains.body.actions import Eat
from econsim_mesa.domains.economy.actions import PlaceOrder
from econsim_mesa.domains.social.actions import Publish
from econsim_mesa.evidence.coherence.base import Check, MeanAbove
from econsim_mesa.evidence.coherence.estimates import (
    Judgement,
    Sample,
    all_of,
    exactly,
    share_estimate,
    too_few_cases,
    total,
)
from econsim_mesa.evidence.coherence.lab import Fork, Future, Lab, ObservedDecision
from econsim_mesa.evidence.coherence.posts import changed_share
from econsim_mesa.evidence.coherence.setups import baseline_history
from econsim_mesa.scenario import Scenario
from econsim_mesa.scenario.decider_traits import traits_of
from econsim_mesa.society.action import Decision


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
        """Return that there is no text to read; empty: there is."""
        return "this decider's answers are no text" if traits_of(decider).by_formula else ""

    def sample(self, lab: Lab) -> Sample:
        """Return (answers accepted as they came, replaced by a rule, all)."""
        outcomes = [observed.decision.outcome for observed in _day(lab).decisions]
        accepted, repaired = outcomes.count("accepted"), outcomes.count("repaired")
        return accepted, len(outcomes) - accepted - repaired, len(outcomes)

    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return the share that was usable at the first try."""
        if judgement := too_few_cases(samples):
            return judgement
        usable, replaced = share_estimate(samples), share_estimate(samples, 1)
        return all_of(
            usable.judge_against(self.least, lambda bound: bound >= self.least),
            replaced.judge_against(self.most, lambda bound: bound <= self.most),
        )


class Feasibility(Check):
    """What is decided can be done, and nobody ever spends what they do not have."""

    name: ClassVar[str] = "feasibility"
    rule: ClassVar[str] = "actions that could be done at least 95 %, no balance below zero"
    least: ClassVar[float] = 0.95

    def sample(self, lab: Lab) -> Sample:
        """Return (actions done, all actions, balances below zero)."""
        future = _day(lab)
        roster = future.model.town.roster
        households = set(roster.names[: roster.households])
        actions = sum(len(observed.decision.actions) for observed in future.decisions)
        rejected = sum(
            row.action >= 0 and row.decided >= lab.setup.fork_step and row.agent in households
            for row in future.records["rejections"]
        )
        below = sum(row[4] < 0 for row in future.records["agents"])
        return actions - rejected, actions, below

    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return the share of actions that could be done."""
        done = [(sample[0], sample[1]) for sample in samples]
        if judgement := too_few_cases(done):
            return judgement
        feasible = share_estimate(done)
        return all_of(
            feasible.judge_against(self.least, lambda bound: bound >= self.least),
            exactly(not total(samples)),
        )


class ThoughtAndAction(Check):
    """A thought names what the actions then do, better than somebody else's thought does."""

    name: ClassVar[str] = "thought"
    rule: ClassVar[str] = "thoughts that name the action at least 90 %, others' thoughts less"
    least: ClassVar[float] = 0.9

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return that there are no thoughts; empty: there are."""
        return "this decider gives no reasons" if traits_of(decider).by_formula else ""

    def sample(self, lab: Lab) -> Sample:
        """Return (agreeing, agreeing with the thought of the next who acts, all)."""
        decisions = [o.decision for o in _day(lab).decisions if o.decision.actions]
        own = sum(thought_names_actions(one.thought, one) for one in decisions)
        others = [*decisions[1:], *decisions[:1]]
        strange = sum(
            thought_names_actions(other.thought, one)
            for one, other in zip(decisions, others, strict=True)
        )
        return own, strange, len(decisions)

    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return the share of decisions whose thought names what is done."""
        if judgement := too_few_cases(samples):
            return judgement
        return all_of(
            share_estimate(samples).judge_against(self.least, lambda bound: bound >= self.least),
            exactly(total(samples, 1) < total(samples, 0)),
        )


def thought_names_actions(thought: str, decision: Decision) -> bool:
    """Return whether a thought names each action: its object, or for want of one its verb."""
    text = thought.casefold()
    return bool(text) and all(action.is_named_in(text) for action in decision.actions)


class MemoryTruth(Check):
    """What households say of their own past, in thoughts and posts, is true.

    Held against the past of the next household the same claims must be false more often: else
    they say nothing of a past. The random agent says too little for that.
    """

    name: ClassVar[str] = "memory"
    rule: ClassVar[str] = "claims to have bought or eaten false at most 2 %, of another's past more"
    most: ClassVar[float] = 0.02
    fewest: ClassVar[int] = 20

    def sample(self, lab: Lab) -> Sample:
        """Return (false claims, claims false of the next household, claims)."""
        future = _day(lab)
        items_before, n = _items_before(lab, future), future.model.town.roster.households
        claims = list(_claims(future, list(lab.scenario.items)))
        false, strange = (
            sum(
                item not in items_before((observed.household + shift) % n, observed.step)
                for observed, item in claims
            )
            for shift in (0, 1)
        )
        return false, strange, len(claims)

    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return the share of claims that are false."""
        if judgement := too_few_cases(samples, self.fewest):
            return judgement
        return all_of(
            share_estimate(samples).judge_against(self.most, lambda bound: bound <= self.most),
            exactly(total(samples, 1) > total(samples, 0)),
        )


_CLAIM = (
    r"(?:\b(?:bought|got|ordered|ate|eaten|had|paid \w+ for|my)\s+(?:\w+\s+){{0,2}}?{item}\b)"
    r"|(?:\b{item} from .{{1,60}} for \d)"
)
_NOT_CLAIMED = re.compile(r"\b(?:not|never|if|would|could|should|will|wish|wanted?)\b|n't")


def _claims(future: Future, items: list[str]) -> Iterator[tuple[ObservedDecision, str]]:
    """Yield what is claimed to have been bought or eaten: sentences in English, by pattern."""
    patterns = {item: re.compile(_CLAIM.format(item=re.escape(item)), re.I) for item in items}
    stores = future.model.town.roster.store_names
    for observed in future.decisions:
        decision = observed.decision
        posts = [action.text for action in decision.actions if isinstance(action, Publish)]
        for sentence in re.split(r"[.!?;,]\s*", " . ".join([decision.thought, *posts])):
            of_store = any(f"{name} had" in sentence for name in stores)
            if of_store or _NOT_CLAIMED.search(sentence.casefold()):
                continue
            for item, pattern in patterns.items():
                if pattern.search(sentence):
                    yield observed, item


def _items_before(lab: Lab, future: Future) -> Callable[[int, int], set[str]]:
    """Return a function: household, step -> items that it had bought, eaten or got before."""
    number = future.model.town.roster.number
    bought = [(row.step, number[row.buyer], row.item) for row in future.records["sales"]]
    eaten = [(row.step, number[row.household], row.item) for row in future.records["consumption"]]
    swapped = [
        (row.step, number[name], item)
        for row in future.records["swaps"]
        for name, item in ((row.proposer, row.took), (row.acceptor, row.gave))
    ]
    decided = [
        (t, i, action.item)
        for t, decisions in baseline_history(lab.setup).items()
        for i, decision in decisions
        for action in decision.actions
        if isinstance(action, PlaceOrder | Eat)
    ]
    gains = [*decided, *bought, *eaten, *swapped]
    return lambda household, step: {
        item for when, i, item in gains if i == household and when < step
    }


class PersonaStability(MeanAbove):
    """Asked again, a household answers more like itself than like another persona."""

    name: ClassVar[str] = "persona"
    rule: ClassVar[str] = "decisions changed by another persona minus by asking again: above 0"

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return that there are no personas, or that nobody reads them; empty: neither."""
        if traits_of(decider).by_formula:
            return "traits do not act on an embedded decider"
        return "" if scenario.agents.Household.persona else "the households have no personas"

    def sample(self, lab: Lab) -> Sample:
        """Return the share changed by another persona minus the share changed by asking again."""
        first, again = (lab.baseline_future(Fork(repeat=k)) for k in (0, 1))
        other = lab.baseline_future(Fork(personas_moved=True))
        return (changed_share(first, other) - changed_share(first, again),)


def _day(lab: Lab) -> Future:
    """Return what becomes of the baseline history over a day."""
    return lab.baseline_future(Fork(steps=lab.setup.follow_steps))
