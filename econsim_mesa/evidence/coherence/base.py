"""Base classes of checks: each takes a number from every seed, and has a rule about the numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from econsim_mesa.evidence.coherence.estimates import (
    Judgement,
    Sample,
    known_values,
    mean_estimate,
    share_estimate,
    too_few_cases,
)
from econsim_mesa.evidence.coherence.lab import Lab
from econsim_mesa.scenario import Scenario


class Check(ABC):
    """A behavioural check.

    Attributes:
        name: What it is called on the command line and in tables.
        rule: The rule in words, with the unit of the value.
        controlled: Whether the random agent is put to it too: not where it cannot break the rule.
    """

    name: ClassVar[str]
    rule: ClassVar[str]
    controlled: ClassVar[bool] = True

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return why the check cannot be made of this town and decider; empty: it can."""
        return ""

    @abstractmethod
    def sample(self, lab: Lab) -> Sample:
        """Return the numbers that one seed gives."""

    @abstractmethod
    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return what the rule says of the numbers of all seeds."""


class MeanAbove(Check):
    """Base of checks whose mean over seeds lies above 0, with its whole interval."""

    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return mean and t-interval over seeds."""
        return mean_estimate(known_values(samples)).judge_against(0.0, lambda bound: bound > 0)


class MeanBelow(Check):
    """Base of checks whose mean over seeds lies below 0, with its whole interval."""

    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return mean and t-interval over seeds."""
        return mean_estimate(known_values(samples)).judge_against(0.0, lambda bound: bound < 0)


class ShareAtLeast(Check):
    """Base of checks in which a share of the cases is as the rule asks.

    A sample is (cases as the rule asks, all cases).

    Attributes:
        least: The smallest share that keeps the rule.
        fewest: The smallest number of cases that is judged.
    """

    fewest: ClassVar[int] = 20
    least: ClassVar[float]

    def judge(self, samples: Sequence[Sample]) -> Judgement:
        """Return the share over all seeds."""
        if judgement := too_few_cases(samples, self.fewest):
            return judgement
        return share_estimate(samples).judge_against(self.least, lambda bound: bound >= self.least)


class StoreAvoided(MeanBelow):
    """Base of checks that households avoid a store, for which there must be another store."""

    def reason_against(self, scenario: Scenario, decider: str) -> str:
        """Return that there is no other store; empty: there is one."""
        return "" if len(scenario.agents.stores()) > 1 else "there is no other store to go to"
