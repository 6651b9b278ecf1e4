"""One definition of each record, used by the writer, the reader and the documentation.

A record is a named tuple; its class gives the table its name, columns, types and order. Every
record begins with ``step``; -1 is the state before step 0. Agents, stores, items and accounts
stand in records by name. Quantities and money are integers in the smallest unit.

``TABLES`` and ``agents`` are filled by the model, step by step; ``STORE_TABLES`` by the store.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import UnionType
from typing import Any, NamedTuple, get_type_hints


class Decision(NamedTuple):
    """What one agent was asked and answered."""

    step: int
    agent: str
    kind: str
    decider: str
    outcome: str
    thought: str
    actions: str  #: canonical JSON: a list of objects in the order in which they were listed


class Rejection(NamedTuple):
    """An action that could not be done, and why."""

    step: int  #: the step in which it was rejected
    agent: str
    decided: int  #: the step of the decision that it was part of
    action: int  #: its index in that decision; -1: no action, a destination that was dropped
    reason: str


class Order(NamedTuple):
    """An order as it was given."""

    step: int
    id: int
    buyer: str
    store: str
    item: str
    quantity: int
    ttl: int
    seen_price: int


class Sale(NamedTuple):
    """A settled order, or the part of it that was served."""

    step: int
    time: str
    store: str
    item: str
    quantity: int
    price: int  #: paid per whole item
    amount: int
    net: int
    tax: int
    buyer: str
    order: int


class Swap(NamedTuple):
    """A settled proposal: what the proposer gave and took."""

    step: int
    id: int
    proposer: str
    acceptor: str
    gave: str
    gave_quantity: int
    took: str
    took_quantity: int


class Consumption(NamedTuple):
    """What a household ate, and what spoiled."""

    step: int
    household: str
    item: str
    quantity: int
    eaten: int  #: 1 eaten, 0 spoiled


class Transfer(NamedTuple):
    """Anything else that moved in the ledger: endowments, income, restock, grants, subsidies."""

    step: int
    source: str
    target: str
    commodity: str
    amount: int
    reason: str


class Post(NamedTuple):
    """A post; kind is the kind of its author."""

    step: int
    time: str
    author: str
    text: str
    kind: str
    id: int
    reply_to: int  #: id of the post that it answers; -1: none


class Follow(NamedTuple):
    """A change of the follower graph."""

    step: int
    follower: str
    followed: str
    change: int  #: 1 follow, -1 unfollow


class Price(NamedTuple):
    """A posted price that was set or changed."""

    step: int
    store: str
    item: str
    base: int
    posted: int


class StoreState(NamedTuple):
    """A store at the end of a step."""

    step: int
    store: str
    cash: int
    visitors: int
    waiting: int  #: orders that wait


class Stock(NamedTuple):
    """An item in a store at the end of a step."""

    step: int
    store: str
    item: str
    quantity: int


class Happening(NamedTuple):
    """An event that took place."""

    step: int
    event: str
    detail: str


class Input(NamedTuple):
    """What came from outside the model: an intervention or a written summary."""

    step: int
    kind: str
    content: str  #: canonical JSON


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


TABLES: dict[str, type[Any]] = {
    "decisions": Decision,
    "rejections": Rejection,
    "orders": Order,
    "sales": Sale,
    "swaps": Swap,
    "consumption": Consumption,
    "transfers": Transfer,
    "posts": Post,
    "follows": Follow,
    "prices": Price,
    "stores": StoreState,
    "stocks": Stock,
    "events": Happening,
    "inputs": Input,
}
"""Table name -> record type. The table ``agents`` has a column a stressor: see below."""

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


_KINDS: dict[str, dict[str, Kind]] = {
    name: get_type_hints(record) for name, record in (TABLES | STORE_TABLES).items()
}


def added(table: str) -> int:
    """Return how many columns a table has that older runs lack: the last, which have a default."""
    return len(getattr((TABLES | STORE_TABLES).get(table), "_field_defaults", ()))


def columns(table: str, stressors: Iterable[str] = ()) -> dict[str, Kind]:
    """Return the columns of a table and their Python types, in order.

    ``stressors`` matters to ``agents`` only. Raises ``KeyError`` for an unknown table.
    """
    if table == "agents":
        return {**AGENT_COLUMNS, **dict.fromkeys(stressors, float)}
    return dict(_KINDS[table])


class StepRecords:
    """All records of one step: a list for each table, filled while the step is resolved.

    ``time`` is the simulated time at which the step begins, ISO 8601.
    """

    def __init__(self, step: int, time: str = "") -> None:
        self.step = step
        self.time = time
        self.rows: dict[str, list[Any]] = {name: [] for name in TABLES}
        self.rows["agents"] = []

    def __getitem__(self, table: str) -> list[Any]:
        """Return the rows of a table, in the order in which they were made."""
        return self.rows[table]
