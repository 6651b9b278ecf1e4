"""A lending library: a domain of one's own.

Households that stand in the library's cell borrow a book and give it back later. Name this file
on a command by ``--with library.py`` and give a scenario the section ``library``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from econsim_mesa.domains.mobility.actions import MoveTo
from econsim_mesa.mind.stressors import Stressor
from econsim_mesa.read_only import read_only
from econsim_mesa.scenario import Frozen, register
from econsim_mesa.scenario.actors import DomainAgent
from econsim_mesa.scenario.llm import Listing
from econsim_mesa.scenario.when import Event, Firing
from econsim_mesa.society.action import HOUSEHOLD, Action, Draws, Id, Situation
from econsim_mesa.society.domain import Alternatives, Domain
from econsim_mesa.society.ledger import WORLD
from econsim_mesa.society.measures import Measure, MeasuredStep
from econsim_mesa.society.records import Flow, NewsLine, Record, Remembered
from econsim_mesa.society.rng import Booleans, Floats, Integers, Site
from econsim_mesa.society.section import Section
from econsim_mesa.society.wording import Wording

if TYPE_CHECKING:
    from econsim_mesa.domains.mobility.space import Space
    from econsim_mesa.domains.mobility.view import MobilityView
    from econsim_mesa.mind.experience import Experience
    from econsim_mesa.society.resolution import StepActions, SubmittedAction
    from econsim_mesa.society.town import Town
    from econsim_mesa.society.view import View

NAME, ITEM = "Library", "Book"


class Loan(Record):
    """A book that changed hands: lent, or given back."""

    table: ClassVar[str] = "loans"
    concerns: ClassVar = ("household",)
    flows: ClassVar = (Flow("giver", "taker", "item", "quantity"),)
    news: ClassVar[str] = "loan"

    step: int
    id: int
    household: str
    giver: str
    taker: str
    item: str
    quantity: int

    def remembered_by(self, name: str, wording: Wording) -> Remembered:
        """Return that one borrowed a book, or brought it back."""
        verb = "borrowed" if self.taker == name else "gave back"
        return Remembered("books", self.item, f"{verb} a book (loan {self.id})")

    def in_words(self, wording: Wording) -> NewsLine:
        """Return who borrowed a book, or brought it back."""
        verb = "borrows" if self.taker == self.household else "gives back"
        return NewsLine(self.household, f"{verb} a book", NAME)


def books_lent(step: MeasuredStep) -> int:
    """Return how many books were lent in a step."""
    return sum(loan.giver == NAME for loan in step[Loan.table])


@dataclass(frozen=True)
class Shelves(Section):
    """What a household is shown of the library."""

    is_here: bool
    left: int
    loan: int
    """The loan that it has, -1: none."""

    def lines(self, listing: Listing, wording: Wording) -> Iterator[str]:
        """Yield how many books are left, and what one has to give back."""
        loan = "you have no book" if self.loan < 0 else f"you have a book, loan {self.loan}"
        yield f"[library] {self.left} books left; {loan}" + ("; you are there" * self.is_here)


class Borrow(Action):
    """Borrow a book in the library, for some steps."""

    verb: ClassVar[str] = "borrow"
    phases: ClassVar = {HOUSEHOLD: "swaps"}
    most = 1
    help = "borrow a book in the library, one at a time; for: the steps that you need it."

    steps: int

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Lend a book to somebody who stands in the library and has none."""
        library = LendingLibrary.of(step.town)
        reason = library.refusal(step.town, by.agent)
        if reason is None and library.loan[by.agent] >= 0:
            reason = f"has a book already, loan {library.loan[by.agent]}"
        if reason is None and library.books_left(step.town.ledger.balances) < 1:
            reason = "no book is left"
        if reason is None:
            library.lend(step.town, by.agent)
        return reason

    def in_words(self, wording: Wording) -> str:
        """Return for how long a book is borrowed."""
        return f"borrow a book for {self.steps} steps"

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether one is there, has no book, and one is left."""
        shelves = now.seen.library
        return bool(shelves.is_here and shelves.left > 0 and shelves.loan < 0)

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Borrow:
        """Return a loan of 1 to 9 steps."""
        return cls(1 + draws.below(9))


class GiveBack(Action):
    """Give a book back, by the number of its loan."""

    verb: ClassVar[str] = "give_back"
    phases: ClassVar = {HOUSEHOLD: "swaps"}
    most = 1
    help = "give the book of a loan back in the library, by the number of the loan."

    loan: Id

    def resolve(self, step: StepActions, by: SubmittedAction) -> str | None:
        """Take the book back from somebody who stands in the library."""
        library = LendingLibrary.of(step.town)
        if library.loan[by.agent] != self.loan:
            return f"has no loan {self.loan}"
        if step.town.ledger.balance(by.agent, library.commodity) < 1:
            return "no longer has the book"
        reason = library.refusal(step.town, by.agent)
        if reason is None:
            library.take_back(step.town, by.agent)
        return reason

    def in_words(self, wording: Wording) -> str:
        """Return which book is given back."""
        return f"give back the book of loan {self.loan}"

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether one is there with a book."""
        shelves = now.seen.library
        has_book = any(good.item == ITEM for good in now.seen.economy.goods)
        return shelves.is_here and shelves.loan >= 0 and has_book

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> GiveBack:
        """Return the loan that one has."""
        return cls(now.seen.library.loan)


@register("domain", "library")
class LendingLibrary(Domain):
    """A library that lends books to households."""

    name: ClassVar[str] = "library"
    actions = (Borrow, GiveBack)
    records = (Loan,)
    measures = (Measure("books lent", "books", books_lent),)
    outcomes: ClassVar = {"borrowed": 0}
    sites: ClassVar = {"library.plans": Site(3, "Gumbel noise of plans with books")}
    memory_topics: ClassVar = {"books": 1.0}
    shows = "[library] its books, and your loan."

    class Parameters(Frozen):
        """The library of a town."""

        at: tuple[int, int]
        """Its cell."""
        books: int = 3
        """Books at the start."""
        pull: float = 1.0
        """Utility of borrowing a book, on the scale of ``choice``."""

        def agents(self) -> tuple[DomainAgent, ...]:
            """Return the library, as an agent with an account and a cell."""
            return (DomainAgent(NAME, "Library", self.at),)

        def problems(self, names: Any) -> list[tuple[str, str]]:
            """Return a problem if the town has no books."""
            return [] if ITEM in names.items else [("books", f"the town has no item {ITEM!r}")]

    def __init__(self, town: Town, parameters: Parameters) -> None:
        super().__init__(town, parameters)
        self.loan = np.full(town.roster.households, -1, dtype=np.int64)
        """Number of the loan that each household has, -1: none."""
        self.lent, self.is_closed = 0, False
        self.account = town.roster.number[NAME]
        self.commodity = town.economy.goods.index[ITEM] + 1
        town.move_goods(WORLD, self.account, self.commodity, parameters.books, "endowment")

    def books_left(self, balances: Integers) -> int:
        """Return the number of books on its shelves."""
        return int(balances[self.account, self.commodity])

    def refusal(self, town: Town, household: int) -> str | None:
        """Return why a household can do nothing in the library now."""
        if self.is_closed:
            return "the library is closed today"
        return None if self._visitors(town.mobility.space)[household] else "not at the library"

    def lend(self, town: Town, household: int) -> None:
        """Move a book to a household."""
        self.loan[household], self.lent = self.lent, self.lent + 1
        town.outcomes["borrowed"][household] += 1
        self._move(town, self.account, household, household)

    def take_back(self, town: Town, household: int) -> None:
        """Move a book back from a household."""
        self._move(town, household, self.account, household)
        self.loan[household] = -1

    def _move(self, town: Town, giver: int, taker: int, household: int) -> None:
        town.ledger.transfer(giver, taker, self.commodity, 1)
        names, number = town.roster.names, int(self.loan[household])
        parts = names[household], names[giver], names[taker]
        town.records["loans"].append(Loan(town.t, number, *parts, ITEM, 1))

    def _visitors(self, where: Space | MobilityView) -> Any:
        x, y = self.parameters.at
        return (where.x == x) & (where.y == y)

    def happened(self, view: View) -> dict[str, Booleans]:
        """Return who got a book: with attention on change, they are asked."""
        return {"got a book": view.last_outcomes["borrowed"] > 0}

    def view(self, town: Town) -> Integers:
        """Return the loan that each household has, -1: none."""
        return read_only(self.loan)

    def observe(self, view: View, household: int) -> Shelves:
        """Return what a household sees of the shelves."""
        here = bool(self._visitors(view.mobility)[household])
        return Shelves(here, self.books_left(view.balances), int(self.loan[household]))

    def alternatives(self, view: View, rows: Integers) -> Alternatives:
        """Return three plans: to go there, to borrow, to give back."""
        here, has = self._visitors(view.mobility)[rows], self.loan[rows] >= 0
        possible = np.stack(
            [~here, here & ~has & (self.books_left(view.balances) > 0), here & has], 1
        )
        utility = np.where(possible, self.parameters.pull, -np.inf)
        plans = (
            lambda row: [MoveTo(NAME)],
            lambda row: [Borrow(5)],
            lambda row: [GiveBack(int(self.loan[rows[row]]))],
        )
        uniforms = view.uniforms("library.plans")[rows]
        return Alternatives(utility, uniforms, lambda row, plan: plans[plan](row))


@register("event", "library_closed")
class LibraryClosed(Event):
    """The library is closed between two moments."""

    lasting: ClassVar[bool] = True
    type: Literal["library_closed"] = "library_closed"

    def apply(self, town: Town, firing: Firing) -> str:
        """Close it."""
        LendingLibrary.of(town).is_closed = True
        return "the library closes"

    def end(self, town: Town, firing: Firing) -> str:
        """Open it again."""
        LendingLibrary.of(town).is_closed = False
        return "the library opens"


@register("stressor", "boredom")
class Boredom(Stressor[Any]):
    """Nothing to read: it grows by a step's share a step, and a book takes it away."""

    name: ClassVar[str] = "boredom"
    title: ClassVar[str] = "nothing to read"
    domain = "social"

    class Parameters(Frozen):
        """How fast one is bored."""

        steps: int = 24
        """Steps without a new book until the level is highest."""

    def __init__(self, parameters: Any, n: int, **begin: Any) -> None:
        super().__init__(parameters, n, **begin)
        self._since = np.zeros(n)

    def update(self, experience: Experience) -> Floats:
        """Return the levels after a step."""
        self._since = np.where(experience.events["borrowed"] > 0, 0.0, self._since + 1)
        level: Floats = np.minimum(self._since / self.parameters.steps, 1.0) * 100
        return level

    def reason(self, i: int) -> str:
        """Return how long ago one got a book."""
        return f"no new book for {self._since[i]:.0f} steps"
