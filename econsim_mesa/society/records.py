"""Records: what happened in a step, as rows of tables; the base of all, and those of the core.

A record's class gives its table the name, columns, types and order, and says what follows from
it: what it moved in the ledger, what agents remember of it, how it reads. Every record begins
with ``step``; -1 is the state before step 0. Agents, stores, items and accounts stand in records
by name. Quantities and money are integers in the smallest unit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Any, ClassVar, NamedTuple

from econsim_mesa.quoting import quoted
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.reason import EXPIRED, NO_ANSWER
from econsim_mesa.society.row import Row
from econsim_mesa.society.wording import Wording

WORLD_NAME = "world"
"""The account from which everything comes and to which it goes."""


class Movement(NamedTuple):
    """An amount that went from one account to another."""

    source: str
    """Name of the account that gave it."""
    target: str
    """Name of the account that got it."""
    commodity: str
    """An item, or the currency."""
    amount: int
    """In the smallest unit, 0 or more."""


class Balance(NamedTuple):
    """What an account held of a commodity at the end of a step."""

    account: str
    """Name of the account."""
    commodity: str
    """An item, or the currency."""
    amount: int
    """In the smallest unit."""


WORLD, TAXES, CURRENCY = "=world", "=taxes", "=currency"
"""In a flow, in place of a column: the world, the account that receives taxes, the currency."""
Books = Mapping[str, str]
"""What these three are called in a town."""


def books_of(scenario: Scenario) -> Books:
    """Return the names of the world, the receiver of taxes and the currency of a scenario."""
    government = scenario.agents.Government
    taxes = WORLD_NAME if government is None else government.name
    return {WORLD: WORLD_NAME, TAXES: taxes, CURRENCY: scenario.currency.name}


class Flow(NamedTuple):
    """A movement that each record of a table tells of: the columns that hold its parts."""

    source: str
    """Column with the account that gives, or ``WORLD``, ``TAXES``."""
    target: str
    """Column with the account that gets it, or ``WORLD``, ``TAXES``."""
    commodity: str
    """Column with the item, or ``CURRENCY``."""
    amount: str
    """Column with the amount, in the smallest unit, 0 or more."""


class Holding(NamedTuple):
    """A balance that each record of a table shows: the columns that hold its parts."""

    account: str
    """Column with the account."""
    commodity: str
    """Column with the item, or ``CURRENCY``."""
    amount: str
    """Column with the amount, in the smallest unit."""


class Remembered(NamedTuple):
    """What an agent remembers of a record."""

    topic: str
    """Its topic, one of the package or of the domain's ``memory_topics``."""
    subject: str
    """What it is about, such as an item: in a summary older ones about the same count less."""
    words: str
    """The line of the prompt."""


class NewsLine(NamedTuple):
    """A record in words, for a reader of the page."""

    agent: str
    """Who did it; ``""``: nobody."""
    text: str
    """What was done, in words that go on after the name."""
    other: str = ""
    """Whom or where it concerns; ``""``: nobody."""


class Record(Row):
    """Base of all records. A subclass annotates its columns, ``step`` first."""

    table: ClassVar[str]
    """Name of its table."""
    concerns: ClassVar[tuple[str, ...]] = ()
    """Columns that name the agents that remember it."""
    flows: ClassVar[tuple[Flow, ...]] = ()
    """What it moved in the ledger."""
    holdings: ClassVar[tuple[Holding, ...]] = ()
    """The balances that it shows."""
    news: ClassVar[str] = ""
    """What kind of news it is, for readers who choose among them; ``""``: none."""

    step: int

    def remembered_by(self, name: str, wording: Wording) -> Remembered | None:
        """Return what an agent that it concerns remembers of it; None: nothing.

        Args:
            name: Name of the agent.
            wording: How the town counts goods, money and time.
        """
        return None

    def movements(self, books: Books) -> Iterator[Movement]:
        """Yield what it moved in the ledger."""
        parts = {**self._asdict(), **books}
        for flow in self.flows:
            yield Movement(*(parts[part] for part in flow))

    def fault(self) -> str | None:
        """Return why its columns contradict each other; None: they do not."""
        return None

    def balances(self, books: Books) -> Iterator[Balance]:
        """Yield what accounts held at the end of its step, as far as it shows that."""
        parts = {**self._asdict(), **books}
        for holding in self.holdings:
            yield Balance(*(parts[part] for part in holding))

    def in_words(self, wording: Wording) -> NewsLine:
        """Return it as a line of news; asked only where it is ``news``."""
        raise NotImplementedError


class Decision(Record):
    """What one agent was asked and answered."""

    table: ClassVar[str] = "decisions"
    concerns: ClassVar = ("agent",)

    step: int
    agent: str
    kind: str
    decider: str
    outcome: str
    thought: str
    actions: str  #: canonical JSON: a list of objects in the order in which they were listed

    def remembered_by(self, name: str, wording: Wording) -> Remembered | None:
        """Return the thought, if there was one."""
        if not self.thought:
            return None
        return Remembered("thoughts", "", wording.say("thought: {text}", text=quoted(self.thought)))


class Rejection(Record):
    """An action that could not be done, and why."""

    table: ClassVar[str] = "rejections"
    news: ClassVar[str] = "rejection"
    concerns: ClassVar = ("agent",)

    step: int  #: the step in which it was rejected
    agent: str
    decided: int  #: the step of the decision that it was part of
    action: int  #: its index in that decision; -1: no action, a destination that was dropped
    reason: str
    cause: str = ""  #: a few words that all such cases share; empty in a run that had none yet

    def remembered_by(self, name: str, wording: Wording) -> Remembered:
        """Return what could not be done."""
        text = "could not do: {reason}"
        is_over = self.cause.startswith(EXPIRED) and self.cause != NO_ANSWER
        if is_over and self.step > self.decided:
            text = "could not do: {reason}; waited, and left without it"
        words = wording.say(text, reason=self.reason)
        return Remembered("rejections", self.reason, words)

    def in_words(self, wording: Wording) -> NewsLine:
        """Return what could not be done."""
        return NewsLine(self.agent, f"could not: {self.reason}")


class HouseholdStart(Record):
    """A household as the run began: where it lives, what it owns, and what was drawn for it."""

    table: ClassVar[str] = "households"

    step: int  #: -1
    household: str
    home_x: int
    home_y: int
    cash: int
    endowment: str  #: JSON: item -> quantity in smallest units, without those that it has none of
    persona: str  #: JSON: name, text and traits (trait -> level), without those that it has not
    drawn: str  #: JSON: income, expenses (lists of name and amount), tastes and needs, as given


class Transfer(Record):
    """Anything else that moved in the ledger: endowments, income, restock, grants, subsidies."""

    table: ClassVar[str] = "transfers"
    flows: ClassVar = (Flow("source", "target", "commodity", "amount"),)

    step: int
    source: str
    target: str
    commodity: str
    amount: int
    reason: str


class EventRecord(Record):
    """An event that took place."""

    table: ClassVar[str] = "events"
    news: ClassVar[str] = "event"

    step: int
    event: str
    detail: str

    def in_words(self, wording: Wording) -> NewsLine:
        """Return what took place."""
        return NewsLine("", self.detail)


class Input(Record):
    """What came from outside the model: an intervention or a written summary."""

    table: ClassVar[str] = "inputs"
    news: ClassVar[str] = "by hand"

    step: int
    kind: str
    content: str  #: canonical JSON

    def in_words(self, wording: Wording) -> NewsLine:
        """Return what came from outside."""
        if self.kind == "summary":
            who = str(json.loads(self.content)["agent"])
            return NewsLine(who, "its memory was summed up by the language model")
        return NewsLine("", f"{self.kind} from outside: {self.content}")


class Step(NamedTuple):
    """A step that is committed."""

    step: int
    time: str  #: simulated time at which it begins, ISO 8601; empty for -1


class Account(NamedTuple):
    """An agent that may post: a node of the follower graph. Written before step 0."""

    id: int
    name: str
    kind: str


REPAIR_CALL = 1
"""Number of a call that repairs the reply to another, among those of its agent and step."""


class Call(NamedTuple):
    """A call of a language model: the only place of raw replies. None: not known."""

    step: int
    agent: str
    call: int  #: number of the call among those of its agent and step: 0 first, 1 repair turn
    key: str  #: SHA-256 of the whole request, in hexadecimal
    status: str
    prompt: str  #: the part of the prompt that is not the same for all
    reply: str | None
    model: str
    seconds: float | None
    attempts: int
    faults: str  #: kind of each failed attempt in order, with commas between
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    host: str
    revision: str | None = None  #: state of the model, as the server names it with the reply
    server: str | None = None  #: what the server says of its own version with the reply
    characters: int | None = None  #: length of the whole prompt
    cost: float | None = None  #: US dollars, as the server tells it

    @property
    def length(self) -> int:
        """Characters of the whole prompt; in an older record only of the part that is kept."""
        return self.characters or len(self.prompt)


class Entry(NamedTuple):
    """Something about the run that is not a part of its content: versions, times, machine."""

    key: str
    value: str


AGENT_COLUMNS: dict[str, type] = {
    "step": int,
    "agent": str,
    "x": int,
    "y": int,
    "cash": int,
    "asleep": int,
}
"""Columns of ``agents``, before one REAL column for each stressor of the scenario."""

STORE_TABLES: dict[str, type[Any]] = {
    "steps": Step,
    "accounts": Account,
    "calls": Call,
    "meta": Entry,
}
"""Tables that the store fills by itself. ``calls`` and ``meta`` depend on clock and machine."""

NOT_EXPORTED = frozenset({"calls", "meta"})
"""Tables that may differ between two runs of one scenario and seed."""

Kind = type | UnionType
"""Type of a column: ``int``, ``str`` or ``float``, or one of them or None."""


class StepRecords:
    """All records of one step: a list for each table, filled while the step is resolved.

    ``time`` is the simulated time at which the step begins, ISO 8601.
    """

    def __init__(self, step: int, time: str = "", tables: Iterable[str] = ()) -> None:
        """Begin with empty tables of these names, and ``agents``."""
        self.step = step
        self.time = time
        self.rows: dict[str, list[Any]] = {name: [] for name in tables}
        self.rows["agents"] = []
        self.households: Mapping[str, Any] = {}
        """The table ``agents`` by column, without step and name: arrays of shape (households,)."""

    def __getitem__(self, table: str) -> list[Any]:
        """Return the rows of a table, in the order in which they were made."""
        return self.rows[table]
