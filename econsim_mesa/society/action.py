"""What an action is: one class a verb, which holds all that the verb is.

Its columns are what an agent says with it, and so the schema of a reply. The class says who may
take it, when in a step it is resolved, what is legal now, how it changes the town, and how it
reads in words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from types import NoneType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    Self,
    TypeVar,
    get_type_hints,
)

import numpy as np
from pydantic import Field, StringConstraints

from econsim_mesa.errors import BadInput, hint
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.reason import ASLEEP, Reason
from econsim_mesa.society.rng import Booleans, Floats
from econsim_mesa.society.row import Row
from econsim_mesa.society.wording import Wording

if TYPE_CHECKING:
    from econsim_mesa.society.observation import Observation
    from econsim_mesa.society.resolution import StepActions, SubmittedAction

Thing = Literal["item", "commodity", "store", "household", "account", "place"]
"""What a name can stand for: a commodity is an item or the currency, an account whoever can be
followed, a place a store, ``home``, a cell, or an agent of a domain that has a cell."""


@dataclass(frozen=True)
class NameOf:
    """Annotates a column that names something of the town."""

    thing: Thing


@dataclass(frozen=True)
class AmountOf:
    """Annotates a column that counts smallest units: a reply gives it in the town's notation."""

    column: str
    """Column that names the commodity; empty: money."""


Name = Annotated[str, StringConstraints(max_length=60)]
"""What an action calls somebody or something."""
ItemName = Annotated[Name, NameOf("item")]
CommodityName = Annotated[Name, NameOf("commodity")]
StoreName = Annotated[Name, NameOf("store")]
HouseholdName = Annotated[Name, NameOf("household")]
AccountName = Annotated[Name, NameOf("account")]
PlaceName = Annotated[Name, NameOf("place")]
Price = Annotated[int, Field(ge=0, le=10**12), AmountOf("")]
"""A price of a whole item, in the smallest unit of the currency."""
Quantity = Annotated[int, Field(ge=1, le=10**9)]
"""A number of smallest units of an item or of the currency: ``Annotated[Quantity,
AmountOf("item")]`` says which column names it."""
Steps = Annotated[int, Field(ge=1, le=100_000)]
"""A number of steps."""
Id = Annotated[int, Field(ge=0, le=10**12)]
"""The number of a post, an order or a proposal."""


@dataclass(frozen=True)
class Reply:
    """Annotates a column that a reply gives as another type: ``Annotated[float, Reply(int)]``."""

    type: Any


HOUSEHOLD, STORE = "Household", "Store"
"""Roles of agents: all households have one, and all kinds of stores another."""
OUTCOMES = (
    "accepted",
    "repaired",
    "refused",
    "unparseable",
    "timed_out",
    "failed",
    "over_budget",
    "fallback",
)
"""How a decision came about; all but the first two stand for a reply that could not be used."""
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_T = TypeVar("_T")


class Draws:
    """The uniform numbers of one agent in one step, used one after the other."""

    def __init__(self, uniforms: Floats) -> None:
        """Begin with the first of ``uniforms``, shape (k,), each in [0, 1)."""
        self._left = iter(uniforms.tolist())

    def below(self, n: int) -> int:
        """Return a whole number from 0 to n - 1."""
        return min(int(next(self._left) * n), n - 1)

    def pick(self, choices: Sequence[_T]) -> _T:
        """Return an element of a sequence."""
        return choices[self.below(len(choices))]


@dataclass(frozen=True)
class Situation:
    """What an agent may do now depends on: what it sees, the rules, and where nobody may go."""

    seen: Observation
    """What the agent sees."""
    scenario: Scenario
    """The rules of the town."""
    closed: Booleans
    """Closed cells, shape (width, height)."""
    households: frozenset[str]
    """Names of all households."""


class Action(Row):
    """Base of all actions. A subclass annotates its columns and sets the class variables.

    Columns are plain values: int, float, str, bool, or one of them or None. An annotation such
    as ``Annotated[int, Field(ge=1)]`` bounds what a reply may say.
    """

    verb: ClassVar[str]
    """Its name in replies and in records."""
    phases: ClassVar[Mapping[str, str]]
    """Role of those who may take it -> phase of the step in which it is resolved."""
    most: ClassVar[int] = 12
    """Most of it that an agent can do in one step; what it asks for beyond is refused."""
    position: ClassVar[int] = 100
    """Place in the form of a reply; equal ones stand in the order of their domains."""
    listed: ClassVar[float | None] = None
    """Place among the actions of a reply that does not list them; None: that in the form."""
    help: ClassVar[str] = ""
    """What it does, in one line of a prompt, for templates that do not say it themselves."""
    reply_columns: ClassVar[tuple[str, ...]] = ()
    """Columns that a reply gives, in their order; (): all. The others have the values of
    ``unsaid``, or the defaults of the class."""
    asleep: ClassVar[Reason | None] = ASLEEP
    """Why somebody who sleeps cannot do it; None: it is so already, and nothing is refused."""
    absent: ClassVar[str] = "nobody can do this in this town"
    """Why it cannot be done where it does not exist."""
    spoken: ClassVar[str] = ""
    """Pattern of the words by which a thought speaks of it, in the languages that ship (default: a
    word of its verb)."""

    def resolve(self, step: StepActions, by: SubmittedAction) -> Reason | str | None:
        """Change the town, or return why it cannot be done; then nothing has changed.

        None as well where what is asked for is so already: that is no refusal, and no change.
        """
        raise NotImplementedError

    def in_words(self, wording: Wording) -> str:
        """Return it in words that go on after *I* or a name, such as ``eat 1 Rice``."""
        values = wording.listed(f"{value}" for value in self)
        return f"{self.verb.replace('_', ' ')} {values}".strip()

    def heads_for(self) -> str:
        """Return the place that it sets out for, by name; empty: none."""
        return ""

    def is_named_in(self, thought: str) -> bool:
        """Whether a thought, given in lower case, speaks of it."""
        return re.search(self.spoken or self.verb.replace("_", "|"), thought) is not None

    @classmethod
    def exists_in(cls, scenario: Scenario) -> bool:
        """Whether a town with these rules has the action at all; else nobody is offered it."""
        return True

    @classmethod
    def unsaid(cls, scenario: Scenario) -> Mapping[str, Any]:
        """Return the values of columns that a reply leaves out, by their names."""
        return {}

    @classmethod
    def is_legal(cls, now: Situation) -> bool:
        """Whether an agent in this situation can do it now, in some way."""
        return False

    @classmethod
    def draw(cls, now: Situation, draws: Draws) -> Self:
        """Return a legal action of this kind, at random; called only where ``is_legal``."""
        raise NotImplementedError


class Decision(NamedTuple):
    """A decision: private reasoning, actions in the order in which they are to be done."""

    actions: tuple[Action, ...] = ()
    """What the agent asks for, in the order in which it is to be done."""
    thought: str = ""
    """Its reasons, which nobody else sees; an agent remembers its own."""
    decider: str = ""
    """Name of who decided."""
    outcome: str = "accepted"
    """How the decision came about: one of ``OUTCOMES``."""


def checked(decision: object) -> Decision:
    """Return a decision as records can hold it: actions in a tuple, numbers of numpy as plain.

    Raises:
        BadInput: It is no decision, in words that go on after who gave it.
    """
    if not isinstance(decision, Decision):
        raise BadInput(f"is {_shown(decision)}, not a Decision")
    actions, thought, _, outcome = decision
    if type(actions) is not tuple or not all(map(_is_sound, actions)):
        if not isinstance(actions, tuple | list) or hasattr(actions, "_fields"):
            raise BadInput(f"has the actions {_shown(actions)}; give a tuple of actions")
        decision = decision._replace(actions=tuple(map(_plain, actions)))
    if not isinstance(thought, str):
        raise BadInput(f"has the thought {_shown(thought)}; give a text")
    if outcome not in OUTCOMES:
        raise BadInput(f"has the outcome {_shown(outcome)}; {hint(str(outcome), OUTCOMES)}")
    return decision


def _is_sound(action: object) -> bool:
    """Whether an object is an action with plain values of the right types."""
    return isinstance(action, Action) and tuple(map(type, action)) in _shapes(type(action))


def _plain(action: object) -> Action:
    """Return an action with numbers of numpy as plain ones. Raises ``BadInput``."""
    if not isinstance(action, Action):
        raise BadInput(f"has the action {_shown(action)}; give actions such as MoveTo('home')")
    values = [value.item() if isinstance(value, np.generic) else value for value in action]
    made = type(action)(*values)
    if not _is_sound(made):
        raise BadInput(f"has the action {_shown(made)}, where a value has a wrong type")
    return made


def _shown(value: object) -> str:
    return repr(value)[:120]


@cache
def _shapes(kind: type[Action]) -> frozenset[tuple[type, ...]]:
    """Return the types that the values of an action may have, all combinations."""
    wide: dict[Any, tuple[type, ...]] = {float: (float, int), int | None: (int, NoneType)}
    hints = get_type_hints(kind)
    types = (hints[column] for column in kind._fields)
    return frozenset(product(*(wide.get(column, (column,)) for column in types)))


def encode(actions: Sequence[Action]) -> str:
    """Return the canonical JSON of actions, as it stands in records."""
    if not actions:
        return "[]"
    return _ENCODER.encode([{"do": action.verb, **action._asdict()} for action in actions])


def decode(text: str, verbs: Mapping[str, type[Action]]) -> tuple[Action, ...]:
    """Return the actions that ``encode`` wrote, of an agent that has these verbs.

    Raises:
        BadInput: The text is anything else.
    """
    try:
        return tuple(_decode_row(dict(row), verbs) for row in json.loads(text))
    except (ValueError, TypeError, KeyError) as error:
        raise BadInput(f"not a list of recorded actions: {text[:80]!r} ({error})") from error


def _decode_row(row: dict[str, Any], verbs: Mapping[str, type[Action]]) -> Action:
    verb = row.pop("do")
    if verb not in verbs:
        raise BadInput(f"unknown action {verb!r}; {hint(verb, list(verbs))}")
    return verbs[verb](**row)
