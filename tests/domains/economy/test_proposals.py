"""Swaps between households: answers, order, refusals and what is already spent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from econsim_mesa.domains.economy.goods import Goods, Item
from econsim_mesa.domains.economy.orders import Refusal
from econsim_mesa.domains.economy.perishables import PerishableStock
from econsim_mesa.domains.economy.proposals import Proposal, Swaps, SwapSettlement
from econsim_mesa.society.ledger import WORLD, Ledger
from econsim_mesa.society.reason import Reason

YEN, PIZZA, RICE = 0, 1, 2


class Town:
    """Three households with 1000 yen, 4 Pizzas (got in step 0) and 4 Rice each."""

    def __init__(self) -> None:
        self.ledger = Ledger(["H0", "H1", "H2"], ["yen", "Pizza", "Rice"])
        goods = Goods((Item("Pizza", 2000, 3.0, keeps_steps=20), Item("Rice", 1000, 3.0)))
        self.larder = PerishableStock(goods, 3)
        for commodity, amount in ((YEN, 1000), (PIZZA, 4), (RICE, 4)):
            self.ledger.transfer_many(WORLD, np.arange(3), commodity, np.full(3, amount))
        for household in range(3):
            self.larder.receive(household, PIZZA - 1, 4, t=0)
        self.swaps = Swaps(self.ledger, goods, self.larder, 3)

    def propose(self, one: int, other: int, *, t: int = 0, **changes: int) -> Proposal:
        """Propose 1 Pizza for 500 yen; the proposal must be taken."""
        values = {"give_commodity": PIZZA, "give_quantity": 1, "take_commodity": YEN}
        values |= {"take_quantity": 500, "ttl": 2, "action": 3} | changes
        proposal = self.swaps.propose(t, one, other, **values)
        assert isinstance(proposal, Proposal)
        return proposal

    def settle(
        self,
        t: int,
        cell: Sequence[int] = (7, 7, 7),
        asleep: Sequence[bool] = (False, False, False),
        rank: Sequence[float] = (0.1, 0.2, 0.3),
    ) -> SwapSettlement:
        """Settle a step and check that the books still hold."""
        done = self.swaps.settle(t, np.array(cell), np.array(asleep), np.array(rank))
        self.ledger.check()
        self.larder.check(self.ledger)
        return done


def refused(refusals: Sequence[Refusal]) -> list[tuple[int, int, int, str]]:
    """Return step of the decision, household, index of the action and cause of refusals."""
    return [(row.decided, row.household, row.action, row.reason.cause) for row in refusals]


@pytest.fixture
def town() -> Town:
    """Three households that hold something."""
    return Town()


def test_accepted_swap_moves_both_sides(town: Town) -> None:
    proposal = town.propose(0, 1)
    assert town.settle(0) == ([], [])
    assert town.swaps.waiting(1) == [proposal]
    assert town.swaps.react(1, 1, proposal.id, accept=True) is None
    assert town.swaps.waiting(1) == []
    assert town.settle(1).swaps == [(1, 0, 1, PIZZA, 1, YEN, 500, proposal.id)]
    assert town.ledger.balances[:2].tolist() == [[1500, 3, 4], [500, 5, 4]]
    assert town.larder.batches(1, PIZZA - 1) == [(19, 4), (20, 1)]
    assert town.settle(2) == ([], [])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"other": 0}, "oneself"),
        ({"other": 3}, "only households"),
        ({"proposer": -1}, "only households"),
        ({"take_commodity": PIZZA}, "two different"),
        ({"give_commodity": 3}, "no commodity 3"),
        ({"take_commodity": -1}, "no commodity -1"),
        ({"give_quantity": 0}, "quantity must be"),
        ({"take_quantity": 10**16}, "quantity must be"),
        ({"ttl": 0}, "at least 1 step"),
    ],
)
def test_impossible_proposals_are_refused_at_once(
    town: Town, changes: dict[str, int], words: str
) -> None:
    values = {"proposer": 0, "other": 1, "give_commodity": PIZZA, "give_quantity": 1}
    values |= {"take_commodity": YEN, "take_quantity": 500, "ttl": 1, "action": 0}
    reason = town.swaps.propose(0, **(values | changes))
    assert isinstance(reason, Reason)
    assert words in reason.words
    assert town.swaps.waiting(1) == []


def test_only_the_one_who_was_asked_answers_and_not_in_the_same_step(town: Town) -> None:
    proposal = town.propose(0, 1)
    assert "is new" in str(town.swaps.react(0, 1, proposal.id, accept=True))
    town.settle(0)
    for household in (0, 2):
        assert "no proposal" in str(town.swaps.react(1, household, proposal.id, accept=True))
    assert town.swaps.react(1, 1, proposal.id, accept=True) is None
    assert town.swaps.react(1, 1, proposal.id, accept=True) is None
    assert "accepted already" in str(town.swaps.react(1, 1, proposal.id, accept=False))


def test_declined_proposal_is_refused(town: Town) -> None:
    proposal = town.propose(0, 1)
    town.settle(0)
    town.swaps.react(1, 1, proposal.id, accept=False, action=0)
    done = town.settle(1)
    assert (done.swaps, refused(done.rejections)) == ([], [(0, 0, 3, "declined by the other")])
    assert town.ledger.balance(0, PIZZA) == 4


def test_unanswered_proposal_expires(town: Town) -> None:
    town.propose(0, 1, ttl=2)
    done = [refused(town.settle(t).rejections) for t in range(4)]
    assert done == [[], [], [(0, 0, 3, "expired: no answer")], []]


@pytest.mark.parametrize(
    ("cell", "asleep", "told", "told_other"),
    [
        ((7, 8, 7), (False, False, False), "not in the same cell", "not in the same cell"),
        ((7, 7, 7), (True, False, False), "asleep", "the other is asleep"),
        ((7, 7, 7), (False, True, False), "the other is asleep", "asleep"),
    ],
)
def test_both_must_be_there_and_awake(
    town: Town, cell: Sequence[int], asleep: Sequence[bool], told: str, told_other: str
) -> None:
    proposal = town.propose(0, 1)
    town.settle(0)
    before = town.ledger.balances.copy()
    town.swaps.react(1, 1, proposal.id, accept=True, action=5)
    done = town.settle(1, cell, asleep)
    assert not done.swaps
    assert refused(done.rejections) == [(0, 0, 3, told), (1, 1, 5, told_other)]
    assert np.array_equal(town.ledger.balances, before)
    assert town.swaps.waiting(1) == []


@pytest.mark.parametrize(
    ("cell", "asleep", "reason"),
    [((7, 8, 7), (False,) * 3, "not in the same cell"), ((7,) * 3, (True, False, False), "asleep")],
)
def test_proposals_are_made_awake_and_in_the_cell(
    town: Town, cell: Sequence[int], asleep: Sequence[bool], reason: str
) -> None:
    town.propose(0, 1)
    assert refused(town.settle(0, cell, asleep).rejections) == [(0, 0, 3, reason)]


@pytest.mark.parametrize(
    ("changes", "told", "told_other"),
    [
        ({"give_quantity": 5}, "not enough to give", "the other has not enough to give"),
        ({"take_quantity": 1001}, "the other has not enough to give", "not enough to give"),
    ],
)
def test_both_must_hold_what_they_give(
    town: Town, changes: dict[str, int], told: str, told_other: str
) -> None:
    proposal = town.propose(0, 1, **changes)
    town.settle(0)
    before = town.ledger.balances.copy()
    town.swaps.react(1, 1, proposal.id, accept=True, action=0)
    assert refused(town.settle(1).rejections) == [(0, 0, 3, told), (1, 1, 0, told_other)]
    assert np.array_equal(town.ledger.balances, before)


@pytest.mark.parametrize(("rank", "winner"), [((0.5, 0.1, 0.2), 1), ((0.5, 0.2, 0.1), 2)])
def test_what_is_spent_cannot_be_swapped_again(
    town: Town, rank: Sequence[float], winner: int
) -> None:
    for other in (1, 2):
        town.propose(0, other, give_quantity=4)
    town.settle(0)
    for proposal in (*town.swaps.waiting(2), *town.swaps.waiting(1)):
        town.swaps.react(1, proposal.other, proposal.id, accept=True)
    done = town.settle(1, rank=rank)
    assert [swap.acceptor for swap in done.swaps] == [winner]
    assert refused(done.rejections) == [(0, 0, 3, "not enough to give")]


def test_one_acceptor_takes_its_answers_in_its_own_order(town: Town) -> None:
    first = town.propose(0, 1, take_quantity=800)
    second = town.propose(2, 1, take_quantity=900)
    town.settle(0)
    for proposal in (second, first):
        town.swaps.react(1, 1, proposal.id, accept=True)
    done = town.settle(1)
    assert [swap.proposer for swap in done.swaps] == [2]
    assert refused(done.rejections) == [(0, 0, 3, "the other has not enough to give")]
