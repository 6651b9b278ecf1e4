"""The parts of a scenario that describe who lives in the town."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import ConfigDict, Field

from econsim_mesa.scenario.base import Frozen, Name, build_only
from econsim_mesa.scenario.draws import DrawnAmount, DrawnNeed, DrawnNumber, Rows
from econsim_mesa.scenario.hours import WEEK, Hours, HoursByDay, HoursOfWeek
from econsim_mesa.scenario.town import Amount, Cell, Price

BIG_FIVE = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")


class PersonaTable(Frozen):
    """Personas from a table, one row a household; made from real people or invented.

    A table needs its source, the basis of consent and its licence beside it.
    """

    file: str | None = build_only(None)
    """CSV file beside the scenario; columns: name, text, any trait, and those that draws name. Read
    into ``rows``."""
    rows: tuple[dict[str, str], ...] = build_only(())
    """The table itself, one mapping a household."""
    source: str = build_only(min_length=3)
    """Where the rows come from."""
    consent: str = build_only(min_length=3)
    """On what basis the people described agreed, or why none are described."""
    licence: str = build_only(min_length=2)
    """Licence of the table."""


class PersonaSpec(Frozen):
    """Who a household is, in words: named traits with integer levels, names, free text."""

    traits: tuple[Name, ...] = build_only(BIG_FIVE)
    """Names of the traits; the Big Five unless given."""
    levels: int = build_only(4, ge=2, le=10)
    """Number of levels of each trait, drawn uniformly from 0 to levels - 1."""
    names: tuple[Name, ...] = build_only(())
    """Names of households, in order; empty: H0, H1, ..."""
    texts: tuple[str, ...] = build_only(())
    """Free text a household, in order; empty: none."""
    table: PersonaTable | None = build_only(None)
    """A table of personas in place of drawn ones."""


class HouseholdsSpec(Frozen):
    """All households of the town."""

    count: int = build_only(ge=1, le=200_000)
    """Number of households."""
    cash: DrawnAmount = build_only(0)
    """Starting cash: one sum for all, or a draw."""
    endowment: dict[Name, DrawnAmount] = build_only(default_factory=dict)
    """Items that each household owns at the start, in smallest units: a number or a draw each."""
    tastes: dict[Name, DrawnNumber] = build_only(default_factory=dict)
    """How much each household likes an item for good, in units of utility: a number or a draw, such
    as ``{"Pizza": {"normal": {"mean": 0, "sd": 1}}}``; 0 where not given."""
    needs: dict[Name, DrawnNeed] = build_only(default_factory=dict)
    """Factor on the target of a stressor that has one, such as hunger: a number or a draw, such as
    ``{"hunger": {"lognormal": {"median": 1, "sigma": 0.2}}}``; 1 where not given."""
    speed: int = build_only(1, ge=1, le=100)
    """Cells a step on foot."""
    persona: PersonaSpec | None = build_only(None)
    """Personas; null: none."""
    decider: str | None = None
    """Who decides for households; null: the scenario's decider."""
    mixed: dict[str, Annotated[int, Field(ge=0, le=200_000)]] = Field(default_factory=dict)
    """Deciders of some households: how many each, in the order of their index."""

    @property
    def rows(self) -> Rows:
        """Rows of the persona table, one a household; none if there is no table."""
        return () if self.persona is None or self.persona.table is None else self.persona.table.rows


class Offer(Frozen):
    """One item in a store: its price and its stock."""

    price: Price | None = build_only(None)
    """Base price of a whole item; null: the item's list price."""
    stock: Amount | None = build_only(0)
    """Units at the start, in smallest units, and the level of a top-up; null: unlimited."""


class StoreSpec(Frozen):
    """A store: where it stands, what it sells, and how it takes orders."""

    at: Cell = build_only()
    """Its cell; no two stores share one."""
    sells: dict[Name, Offer] = build_only(min_length=1)
    """Items on offer."""
    cash: Amount = build_only(0)
    """Cash at the start."""
    acceptance: Literal["auto", "decide"] = "auto"
    """``auto``: orders settle by rule; ``decide``: the store answers each order."""
    capacity_per_step: int | None = Field(None, ge=0, le=10**9)
    """Orders that it settles in a step; null: any number."""
    seats: int | None = Field(None, ge=0, le=10**9)
    """Seats: who is served food sits, and an order of food by somebody else waits while all are
    taken. null: none are counted."""
    seat_steps: int = Field(1, ge=1, le=100_000)
    """Steps, the one of being served included, for which one sits, unless one leaves the cell."""
    partial_fill: bool = False
    """Whether an order is served in part when the stock is short."""
    opens: Hours | HoursByDay | None = None
    """Hours in which it takes and settles orders, known to all: [from, to] for every day, or those
    of each weekday that it opens on; over midnight if ``to`` is not later. null: always open."""
    decider: str | None = None
    """Who decides for this store; null: by rule."""

    @property
    def hours_of_week(self) -> HoursOfWeek | None:
        """Its hours by the days of the week; None: always open."""
        if self.opens is None or isinstance(self.opens, dict):
            return self.opens
        return dict.fromkeys(WEEK, self.opens)


class GovernmentSpec(Frozen):
    """A government: an account that receives taxes and may pay subsidies and post."""

    name: Name = build_only("Government")
    """Its name."""
    cash: Amount = build_only(0)
    """Cash at the start."""


class DomainAgent(NamedTuple):
    """An agent that an installed domain brings: ``agents`` of its section returns them."""

    name: str
    """Its name, which no other agent has."""
    kind: str
    """Its kind, as it stands in records."""
    at: tuple[int, int] | None = None
    """Its cell; None: it has no place on the grid."""


StoreMap = Annotated[dict[Name, StoreSpec], Field(min_length=1)]


class AgentsSpec(Frozen):
    """Everyone in the town, by kind. Other keys name registered kinds of stores."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, StoreMap]

    Household: HouseholdsSpec
    """All households."""
    Restaurant: dict[Name, StoreSpec] = build_only(default_factory=dict)
    """Stores whose food may be eaten on the spot, by name."""
    Retailer: dict[Name, StoreSpec] = build_only(default_factory=dict)
    """Stores that sell to take away, by name."""
    Government: GovernmentSpec | None = build_only(None)
    """The government; null: none."""

    def stores(self) -> list[tuple[str, str, StoreSpec]]:
        """Return (kind, name, specification) of every store, in the order of the file."""
        by_kind: dict[str, dict[str, StoreSpec]] = {
            "Restaurant": self.Restaurant,
            "Retailer": self.Retailer,
            **self.__pydantic_extra__,
        }
        return [(kind, name, spec) for kind, some in by_kind.items() for name, spec in some.items()]

    def sellers(self, item: str) -> tuple[str, ...]:
        """Return the names of the stores that sell an item, in the order of the file."""
        return tuple(name for _, name, spec in self.stores() if item in spec.sells)
