"""The town: state of all domains and minds, and the few operations that touch several of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from econsim_mesa.domains.body.state import BodyState
from econsim_mesa.domains.economy.state import EconomyState
from econsim_mesa.domains.mobility.state import MobilityState
from econsim_mesa.domains.social.state import SocialState
from econsim_mesa.mind import Memory, Personas, Stress, VisitMemory
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.attention import Attention
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.individuals import Individuals
from econsim_mesa.society.ledger import WORLD, Ledger
from econsim_mesa.society.measures import MeasuredStep
from econsim_mesa.society.outcomes import StepOutcomes
from econsim_mesa.society.reason import Reason
from econsim_mesa.society.records import Rejection, StepRecords, Transfer
from econsim_mesa.society.rng import Integers, Streams
from econsim_mesa.society.roster import Roster
from econsim_mesa.society.wording import Wording

if TYPE_CHECKING:
    from econsim_mesa.society.domain import Domain


@dataclass
class Town:
    """All state of a run. Households are rows of arrays; everyone has a number in ``roster``.

    The accounts of the ledger, the nodes of the follower graph and the roster share one
    numbering: households first, then stores, the government, scripted accounts; the world is -1.
    """

    scenario: Scenario
    """What it was built from, with the settings that hold now."""
    clock: Clock
    """Steps as dates and times."""
    streams: Streams
    """All luck."""
    roster: Roster
    """Who there is: names, kinds and numbers."""
    ledger: Ledger
    """Who owns what: money and goods of all accounts."""
    economy: EconomyState
    """Goods, prices, open orders and proposals."""
    mobility: MobilityState
    """``space``: where everybody is."""
    social: SocialState
    """Who follows whom, and all posts."""
    body: BodyState
    """``sleep``: who is asleep."""
    stress: Stress
    """The internal states of households."""
    visit_memory: VisitMemory
    """What households last saw at stores."""
    memory: Memory
    """What households remember in words."""
    personas: Personas
    """Who households are, in words and traits."""
    individuals: Individuals
    """What each household has of its own for good: tastes, needs, regular sums."""
    attention: Attention
    """How long households wait before they are asked anew."""
    records: StepRecords
    """Records of the present step."""
    outcomes: StepOutcomes
    """What households did and met in the present step."""
    domains: dict[str, Domain] = field(default_factory=dict)
    """The domains by name, in the order in which they settle."""
    previous_outcomes: StepOutcomes = field(init=False)
    """The same of the step before."""
    measured: MeasuredStep = field(init=False)
    """The step made last, as measures see it."""
    wording: Wording = field(init=False)
    """How its people speak, and count goods, money and time."""
    t: int = -1
    """The present step; -1 while the town is built."""

    def __post_init__(self) -> None:
        """Begin before step 0."""
        self.previous_outcomes = self.outcomes
        self.measured = MeasuredStep(self.scenario, self.records)
        self.wording = Wording.of(self.scenario)

    def begin(self, t: int) -> None:
        """Start the records and outcomes of step ``t``."""
        self.t = t
        self.records = StepRecords(t, self.clock.time(t).isoformat(), self.records.rows)
        self.previous_outcomes, self.outcomes = self.outcomes, self.outcomes.next()

    def reject(self, agent: int, decided: int, index: int, reason: Reason | str) -> None:
        """Record that something which an agent decided could not be done.

        Args:
            agent: Number of the agent.
            decided: Step of the decision.
            index: Index of the action in it; -1: no action, a destination that was dropped.
            reason: Why.
        """
        name, (cause, words) = self.roster.names[agent], Reason.of(reason)
        said = self.wording.say(words)  # a reason without names or amounts comes in English
        self.records["rejections"].append(Rejection(self.t, name, decided, index, said, cause))
        if agent < self.roster.households:
            self.outcomes["rejected"][agent] += 1

    def set_out(self, household: int, cell: int) -> Reason | None:
        """Set the destination of a household; return why it cannot, if the cell is closed.

        Where it stands already, it stays.
        """
        here = self.mobility.space.cell_of(household)
        if cell != here and self.mobility.is_closed(cell):
            self.note_closed(household, cell)
            return self.mobility.no_way(cell)
        self.mobility.space.destination[household] = -1 if cell == here else cell
        return None

    def note_closed(self, household: int, cell: int) -> None:
        """Note that a household found a cell closed, if a store is in it."""
        store = int(self.mobility.space.store_at[cell])
        if store >= 0 and self.mobility.is_closed(cell):
            self.outcomes["turned_away"][household] = store

    def cells_to(self, household: int, store: int) -> int:
        """Return the cells from a household to a store."""
        space = self.mobility.space
        here = int(space.x[household]), int(space.y[household])
        return space.distance(*here, *self.mobility.store_cells[store])

    def nearest_seller(self, household: int, item: int) -> int | None:
        """Return the store nearest to a household that sells an item, the first of equally near.

        None: nobody sells it.
        """
        sellers = np.flatnonzero(self.economy.prices.sells[:, item]).tolist()
        return min(sellers, key=partial(self.cells_to, household), default=None)

    def speeds(self) -> Integers:
        """Return the cells a step of each household, shape (households,).

        On foot, or by the fastest item that it has.
        """
        foot = self.scenario.agents.Household.speed
        speed = np.full(self.roster.households, foot, dtype=np.int64)
        for item in np.flatnonzero(self.economy.goods.speed > foot).tolist():
            has = self.economy.holdings()[:, item] >= self.economy.goods.unit[item]
            np.maximum(speed, np.where(has, self.economy.goods.speed[item], 0), out=speed)
        return speed

    def move_goods(
        self, source: int, target: int, commodity: int, amount: int, reason: str
    ) -> None:
        """Move money or goods outside of a trade, with a record in ``transfers``.

        Args:
            source: Number of the account that gives; ``WORLD``: from outside the town.
            target: Number of the account that gets it.
            commodity: 0: the currency; k + 1: item k of ``economy.goods``.
            amount: In the smallest unit; 0 does nothing.
            reason: A word or two for the record, such as ``gift``.

        Raises:
            LedgerError: The source has less; then nothing has moved.
        """
        if amount == 0:
            return
        self.ledger.transfer(source, target, commodity, amount)
        if commodity:
            if 0 <= source < self.roster.households:
                self.economy.perishables.take(source, commodity - 1, amount)
            if 0 <= target < self.roster.households:
                self.economy.perishables.receive(target, commodity - 1, amount, self.t)
        names = self.roster.account_names
        self.records["transfers"].append(
            Transfer(
                self.records.step,
                names[source],
                names[target],
                self.roster.commodities[commodity],
                int(amount),
                reason,
            )
        )

    def pay_all(self, amounts: Integers, reason: str) -> None:
        """Pay income from the world to households.

        Args:
            amounts: Shape (households,), in the smallest unit of the currency.
            reason: A word or two for the records.
        """
        rows = np.flatnonzero(amounts)
        self.ledger.transfer_many(WORLD, rows, 0, amounts[rows])
        world, currency = self.roster.account_names[WORLD], self.roster.commodities[0]
        step, names = self.records.step, self.roster.account_names
        self.records["transfers"].extend(
            Transfer(step, world, names[i], currency, amount, reason)
            for i, amount in zip(rows.tolist(), amounts[rows].tolist(), strict=True)
        )
