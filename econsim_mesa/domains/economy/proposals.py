"""Proposals: swaps of one commodity for another between two households in one cell.

A proposal of step t can be answered in steps t + 1 .. t + ttl. Nothing is reserved: that both
are awake, in one cell and hold what they give is checked when it is settled, one swap after the
other, so what is already spent cannot be swapped a second time. Perishable goods count as got
anew by whom they go to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from econsim_mesa.domains.economy.goods import Goods
from econsim_mesa.domains.economy.orders import (
    ANSWERED,
    TOO_SOON,
    Refusal,
    no_number,
)
from econsim_mesa.domains.economy.perishables import PerishableStock
from econsim_mesa.errors import InsufficientBalance
from econsim_mesa.society.ledger import MAX_AMOUNT, Ledger, Leg
from econsim_mesa.society.reason import ASLEEP, IMPOSSIBLE, NO_ANSWER, Reason
from econsim_mesa.society.rng import Floats, Integers
from econsim_mesa.society.wording import PLAIN, Wording

APART = "not in the same cell"
PARTNER_ASLEEP = "the other is asleep"
DECLINED_BY_OTHER = "declined by the other"
NOT_HELD, NOT_HELD_BY_OTHER = "not enough to give", "the other has not enough to give"
"""Causes for which a swap comes to nothing."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """``proposer`` offers ``other`` so much of one commodity for so much of another.

    Quantities are in smallest units; commodity 0 is money. ``last`` is the last step in which
    it can be answered, ``action`` its index in the proposer's decision.
    """

    id: int
    t: int
    proposer: int
    other: int
    give_commodity: int
    give_quantity: int
    take_commodity: int
    take_quantity: int
    last: int
    action: int


class Swap(NamedTuple):
    """A swap in step ``t``: the proposer gave and took, the acceptor the other way round."""

    t: int
    proposer: int
    acceptor: int
    give_commodity: int
    give_quantity: int
    take_commodity: int
    take_quantity: int
    proposal_id: int


class SwapSettlement(NamedTuple):
    """What one step brought, in the order in which it happened."""

    swaps: list[Swap]
    rejections: list[Refusal]


class _Answer(NamedTuple):
    """An answer that waits for the step's settlement; ``action`` of the one who answers."""

    proposal: Proposal
    accept: bool
    action: int | None


class Swaps:
    """The proposals that wait for an answer, and the answers of the step."""

    def __init__(
        self,
        ledger: Ledger,
        goods: Goods,
        perishables: PerishableStock,
        households: int,
        wording: Wording = PLAIN,
    ) -> None:
        self._ledger, self._goods, self._perishables = ledger, goods, perishables
        self._households, self._wording, self._say = households, wording, wording.say
        self._open: dict[int, dict[int, Proposal]] = {}
        self._answers: dict[int, _Answer] = {}
        self._next_id = 0

    def propose(
        self,
        t: int,
        proposer: int,
        other: int,
        give_commodity: int,
        give_quantity: int,
        take_commodity: int,
        take_quantity: int,
        ttl: int,
        action: int,
    ) -> Proposal | Reason:
        """Propose a swap in step ``t``; returns it, or the reason why it cannot be.

        That the proposer is awake and in the other's cell is checked by this step's ``settle``.
        """
        if not (0 <= proposer < self._households and 0 <= other < self._households):
            return Reason(IMPOSSIBLE, self._say("only households swap"))
        if proposer == other:
            return Reason(IMPOSSIBLE, self._say("nobody swaps with oneself"))
        if words := self._impossible(give_commodity, give_quantity, take_commodity, take_quantity):
            return Reason(IMPOSSIBLE, words)
        if ttl < 1:
            words = self._say("a proposal must last at least 1 step, not {steps}", steps=ttl)
            return Reason(IMPOSSIBLE, words)
        proposal = Proposal(
            self._next_id,
            t,
            proposer,
            other,
            give_commodity,
            give_quantity,
            take_commodity,
            take_quantity,
            last=t + ttl,
            action=action,
        )
        self._next_id += 1
        self._open.setdefault(other, {})[proposal.id] = proposal
        return proposal

    def react(
        self, t: int, acceptor: int, proposal_id: int, accept: bool, action: int | None = None
    ) -> Reason | None:
        """Answer a proposal of an earlier step; returns the reason if that is not possible.

        With ``action``, its index in the acceptor's decision, the acceptor gets a refusal as
        well when what it accepted cannot be done. The same answer once more changes nothing.
        """
        proposal = self._open.get(acceptor, {}).get(proposal_id)
        if proposal is None:
            return no_number("proposal", proposal_id, self._open.get(acceptor, ()), self._say)
        if proposal_id in self._answers:
            accepted = self._answers[proposal_id].accept
            if accepted == accept:
                return None
            text = "proposal {id} is declined already"
            if accepted:
                text = "proposal {id} is accepted already"
            return Reason(ANSWERED, self._say(text, id=proposal_id))
        if t <= proposal.t:
            text = "proposal {id} is new; answer it from the next step on"
            return Reason(TOO_SOON, self._say(text, id=proposal_id))
        self._answers[proposal_id] = _Answer(proposal, accept, action)
        return None

    @property
    def any_open(self) -> bool:
        """Whether any proposal is open."""
        return bool(self._open)

    def waiting(self, household: int) -> list[Proposal]:
        """Return the proposals that wait for a household's answer, oldest first."""
        waiting = self._open.get(household, {}).values()
        return [proposal for proposal in waiting if proposal.id not in self._answers]

    def settle(
        self, t: int, cell: Integers, asleep: NDArray[np.bool_], rank: Floats
    ) -> SwapSettlement:
        """Carry out this step's answers in the acceptors' drawn order, then let old ones expire.

        All arrays have shape (households,); ``cell`` is the number of a household's cell.
        """
        result = SwapSettlement([], [])
        answers = sorted(self._answers.values(), key=lambda answer: rank[answer.proposal.other])
        self._answers.clear()
        for answer in answers:
            self._close(answer.proposal)
            self._settle_one(t, answer, cell, asleep, result)
        self._expire(t, cell, asleep, result.rejections)
        return result

    def _impossible(self, give: int, give_quantity: int, take: int, take_quantity: int) -> str:
        """Return what is wrong with the two sides of a swap, or ''."""
        for commodity in (give, take):
            if not 0 <= commodity <= self._goods.count:
                return self._say("there is no commodity {number}", number=commodity)
        if give == take:
            return self._say("a swap needs two different things")
        for quantity in (give_quantity, take_quantity):
            if not 1 <= quantity <= MAX_AMOUNT:
                text = "a quantity must be 1 .. {most}, not {quantity}"
                return self._say(text, most=MAX_AMOUNT, quantity=quantity)
        return ""

    def _settle_one(
        self,
        t: int,
        answer: _Answer,
        cell: Integers,
        asleep: NDArray[np.bool_],
        result: SwapSettlement,
    ) -> None:
        proposal, accept, action = answer
        one, other = proposal.proposer, proposal.other
        if not accept:
            words = self._say("{name} declined the swap", name=self._name(other))
            declined = Reason(DECLINED_BY_OTHER, words)
            result.rejections.append(Refusal(proposal.t, one, proposal.action, declined))
            return
        reasons = self._hindrance(proposal, cell, asleep) or self._exchange(t, proposal)
        if reasons is None:
            result.swaps.append(_swap(t, proposal))
            return
        result.rejections.append(Refusal(proposal.t, one, proposal.action, reasons[0]))
        if action is not None:
            result.rejections.append(Refusal(t, other, action, reasons[1]))

    def _name(self, household: int) -> str:
        return self._ledger.accounts[household]

    def _hindrance(
        self, proposal: Proposal, cell: Integers, asleep: NDArray[np.bool_]
    ) -> tuple[Reason, Reason] | None:
        """Return why the two cannot swap now, for the proposer and for the other."""
        one, other = proposal.proposer, proposal.other
        if asleep[one]:
            return ASLEEP, self._partner_asleep(one)
        if asleep[other]:
            return self._partner_asleep(other), ASLEEP
        if cell[one] != cell[other]:
            return self._apart(other), self._apart(one)
        return None

    def _partner_asleep(self, partner: int) -> Reason:
        words = self._say("{name} is asleep", name=self._name(partner))
        return Reason(PARTNER_ASLEEP, words)

    def _apart(self, partner: int) -> Reason:
        text = "{name} is not in the same cell any more"
        return Reason(APART, self._say(text, name=self._name(partner)))

    def _exchange(self, t: int, proposal: Proposal) -> tuple[Reason, Reason] | None:
        """Swap if both hold what they give; else return the reason, for each."""
        one, other = proposal.proposer, proposal.other
        legs = (
            Leg(one, other, proposal.give_commodity, proposal.give_quantity),
            Leg(other, one, proposal.take_commodity, proposal.take_quantity),
        )
        try:
            self._ledger.settle(legs)
        except InsufficientBalance as error:
            lacks_one = self._name(one) == error.account
            leg = legs[0] if lacks_one else legs[1]
            wanted = self._wording.amount(error.commodity, leg.amount)
            held = self._ledger.balance(leg.source, leg.commodity)
            there = self._wording.amount(error.commodity, held)
            takes = "the swap takes {wanted}, and {held} is at hand"
            own = Reason(NOT_HELD, self._say(takes, wanted=wanted, held=there))
            lacks = self._say("{name} does not have {wanted}", name=error.account, wanted=wanted)
            others = Reason(NOT_HELD_BY_OTHER, lacks)
            return (own, others) if lacks_one else (others, own)
        for giver, taker, commodity, quantity in legs:
            if commodity:
                self._perishables.take(giver, commodity - 1, quantity)
                self._perishables.receive(taker, commodity - 1, quantity, t)
        return None

    def _expire(
        self, t: int, cell: Integers, asleep: NDArray[np.bool_], rejections: list[Refusal]
    ) -> None:
        """Refuse what was proposed wrongly in this step or has waited too long."""
        waiting = [each for proposals in self._open.values() for each in proposals.values()]
        for proposal in sorted(waiting, key=lambda each: each.id):
            other, reason = proposal.other, None
            if t >= proposal.last:
                late = "{name} has not answered the offer of a swap in time"
                reason = Reason(NO_ANSWER, self._say(late, name=self._name(other)))
            if proposal.t == t and asleep[proposal.proposer]:
                reason = ASLEEP
            elif proposal.t == t and cell[proposal.proposer] != cell[other]:
                reason = self._apart(other)
            if reason is not None:
                self._close(proposal)
                rejections.append(Refusal(proposal.t, proposal.proposer, proposal.action, reason))

    def _close(self, proposal: Proposal) -> None:
        waiting = self._open[proposal.other]
        del waiting[proposal.id]
        if not waiting:
            del self._open[proposal.other]


def _swap(t: int, proposal: Proposal) -> Swap:
    return Swap(
        t,
        proposal.proposer,
        proposal.other,
        proposal.give_commodity,
        proposal.give_quantity,
        proposal.take_commodity,
        proposal.take_quantity,
        proposal.id,
    )
