"""From the object that a reply says to the actions that it asks for.

Lenient in form: a single entry in place of the list, verbs beside the thought, columns under the
verb or beside it, other spellings of keys, a quantity left out (one). Strict in meaning: what has
no place, or could have two, is a problem, and named.

The form that came before had a key for each verb, with null or a list where nothing was done, and
counted smallest units: ``{"thought": "", "move_to": "home", "eat": [{"item": "Rice",
"quantity": 1}], "post": null, ...}``. It is read for runs that hold such replies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple, TypeGuard

from pydantic import JsonValue, TypeAdapter, ValidationError

from econsim_mesa.deciders.loose_json import same
from econsim_mesa.errors import BadInput, hint
from econsim_mesa.prompts.reply_form import (
    DO,
    THOUGHT,
    ReplyForm,
    hints_of,
    mark_of,
    reply_type,
    value_schema,
)
from econsim_mesa.society.action import Action, AmountOf, NameOf

_NOTHING = ("", "null", "none")
"""Texts that say nothing, without regard to case."""
_TAGS = (DO, "action", "verb")
"""Keys of an entry that may hold its verb as a text."""
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{0,9})?")
_BETWEEN_WORDS = re.compile(r"[\s_\-\u2010-\u2015]+")
_SHOWN = 40
"""Most characters of a reply's own words in a problem."""


class ReplyActions(NamedTuple):
    """The actions that a reply asks for, in their order, and what of it cannot be used."""

    actions: tuple[Action, ...]
    problems: list[str]


def actions_of(reply: Mapping[str, JsonValue], form: ReplyForm) -> ReplyActions:
    """Return what a reply asks for, whose form is that of some agent in some town."""
    reading = _Reading(form)
    entries = list(reading.entries(reply))
    actions: list[Action] = []
    for entry in entries:
        action = reading.action(entry)
        is_said_again = action in actions and entry.action.most == 1
        if action is not None and not is_said_again:
            actions.append(action)
    return ReplyActions(tuple(actions), reading.problems)


def says_nothing(value: JsonValue) -> bool:
    """Whether a value is null, empty, or holds nothing else."""
    if isinstance(value, str):
        return value.strip().casefold() in _NOTHING
    if isinstance(value, dict):
        return all(map(says_nothing, value.values()))
    if isinstance(value, list):
        return all(map(says_nothing, value))
    return value is None


@lru_cache(maxsize=4096)
def spelling(key: str) -> str:
    """Return what all spellings of a key have in common.

    >>> {spelling(key) for key in ("move_to", "moveTo", "Move-To", "MOVE TO")}
    {'moveto'}
    """
    return _BETWEEN_WORDS.sub("", key).casefold()


class _Entry(NamedTuple):
    """An action as a reply asks for it: its columns by their names, values as they stand there."""

    action: type[Action]
    columns: dict[str, JsonValue]
    smallest_units: bool = False
    """Whether amounts count smallest units: so they do in the form that came before."""


class _Type(NamedTuple):
    """The type of a column in a reply."""

    adapter: TypeAdapter[Any]
    names: tuple[str, ...]
    """Its types as JSON Schema calls them."""
    longest: int | None
    """Characters to which a text is cut; None: it is no text."""
    amount: AmountOf | None
    """What it is an amount of."""
    named: NameOf | None
    """What it is a name of."""

    @property
    def is_text(self) -> bool:
        """Whether there must be a text."""
        return self.names == ("string",)

    @property
    def may_be_null(self) -> bool:
        """Whether there may be nothing."""
        return "null" in self.names


class _Reading:
    """The reading of one reply; ``problems`` are what of it cannot be used."""

    def __init__(self, form: ReplyForm) -> None:
        self._form = form
        self._verbs = {spelling(verb): action for verb, action in form.known_verbs.items()}
        self.problems: list[str] = []

    def entries(self, reply: Mapping[str, JsonValue]) -> Iterator[_Entry]:
        """Yield what a whole reply asks for, in the order in which it is to be done.

        Verbs beside the thought come first, in the order that their classes say.
        """
        rest = {key: value for key, value in reply.items() if spelling(key) != THOUGHT}
        do = next((key for key in rest if spelling(key) == DO), DO)
        if isinstance(rest.get(do), str) and self._verb(str(rest[do])) is not None:
            yield from self._of_object(rest)
            return
        listed = rest.pop(do, None)
        if not says_nothing(rest):
            yield from sorted(self._of_object(rest, beside_thought=True), key=_usual_place)
        for value in _as_list(listed):
            if isinstance(value, dict):
                yield from self._of_object(value)
            elif not says_nothing(value):
                yield from self._of_text(value)

    def _of_text(self, value: JsonValue) -> Iterator[_Entry]:
        """Yield the action that a text names; it has no columns."""
        action = self._verb(value) if isinstance(value, str) else None
        if action is not None:
            yield _Entry(action, {})
        else:
            form = next(iter(self._form.lines.values()))
            self.problems.append(f"{DO}: {str(value)[:_SHOWN]!r} is no entry such as {form}")

    def _verb(self, name: str) -> type[Action] | None:
        return self._verbs.get(spelling(name))

    def _of_object(
        self, value: Mapping[str, JsonValue], *, beside_thought: bool = False
    ) -> Iterator[_Entry]:
        """Yield what an object of verbs and their columns asks for."""
        verbs, columns = self._split(value)
        if not verbs:
            for key in [key for key in columns if not says_nothing(columns[key])][:1]:
                self._refuse_key(key, list(self._form.verbs))
            return
        own = self._shares(list(verbs), columns)
        for action, held in verbs.items():
            for each in self._values(action, held):
                if says_nothing(each) and action._fields and not own[action]:
                    continue
                if isinstance(each, dict):
                    named = self._named(action, {**each, **own[action]})
                    yield _Entry(action, named, smallest_units=beside_thought)
                elif not says_nothing(each):
                    yield _Entry(action, self._with_first(action, each, own[action]))

    def _values(self, action: type[Action], value: JsonValue) -> list[JsonValue]:
        """Return what stands under a verb: several values, or one, as is the pair of a cell."""
        names = self._form.columns(action)
        first_is_place = bool(names) and _names_place(_types(action)[names[0]])
        return [value] if first_is_place and _is_cell(value) else _as_list(value)

    def _split(
        self, value: Mapping[str, JsonValue]
    ) -> tuple[dict[type[Action], JsonValue], dict[str, JsonValue]]:
        """Return the verbs of an object with what stands under them, and its other keys.

        The verb may also stand as a text under ``do``. A key that is the column of a verb before
        it is no verb of its own.
        """
        verbs: dict[type[Action], JsonValue] = {}
        columns: dict[str, JsonValue] = {}
        for key, held in value.items():
            if spelling(key) in _TAGS and isinstance(held, str):
                tagged = self._verb(held)
                if tagged is not None:
                    verbs[tagged] = {}
                    continue
            action = self._verb(key)
            if action is None or any(_column(verb, key) for verb in verbs):
                columns[key] = held
            elif not (says_nothing(held) or same(verbs.setdefault(action, held), held)):
                self.problems.append(f"{action.verb} is given twice, with different values")
        return verbs, columns

    def _shares(
        self, verbs: Sequence[type[Action]], columns: Mapping[str, JsonValue]
    ) -> dict[type[Action], dict[str, JsonValue]]:
        """Return the keys beside verbs by the verb to which each of them belongs."""
        shares: dict[type[Action], dict[str, JsonValue]] = {action: {} for action in verbs}
        for key, held in columns.items():
            able = [action for action in verbs if _column(action, key)]
            if len(able) == 1:
                shares[able[0]][key] = held
            elif says_nothing(held):
                continue
            elif able:
                several = " and ".join(action.verb for action in able)
                self.problems.append(
                    f"{key[:_SHOWN]!r} could belong to {several}; give each an object of its own"
                )
            else:
                known = [name for action in verbs for name in action._fields]
                self._refuse_key(key, [*known, *self._form.verbs])
        return shares

    def _with_first(
        self, action: type[Action], value: JsonValue, columns: Mapping[str, JsonValue]
    ) -> dict[str, JsonValue]:
        """Return the columns of a verb under which its first column stands."""
        names = self._form.columns(action)
        if names and value is True and _types(action)[names[0]].may_be_null:
            return self._named(action, columns)
        if names:
            return self._named(action, {action.verb: value, **columns}, first=names[0])
        if value is not True:
            self.problems.append(f"{action.verb}: {str(value)[:_SHOWN]!r} says nothing; give true")
        return {}

    def _named(
        self, action: type[Action], columns: Mapping[str, JsonValue], first: str = ""
    ) -> dict[str, JsonValue]:
        """Return the columns that say something by the action's own names.

        An empty name of somebody or something stays: the town says what is wrong with it.
        ``first`` is the name of what stands under the verb.
        """
        named: dict[str, JsonValue] = {}
        for key, held in columns.items():
            name = first if first and key == action.verb else _column(action, key)
            is_text = isinstance(held, str) and bool(name) and _types(action)[name].is_text
            if says_nothing(held) and not is_text:
                continue
            if not name:
                self._refuse_key(key, action._fields, f" in {action.verb}")
            elif not same(named.setdefault(name, held), held):
                self.problems.append(
                    f"{action.verb}: {name} is given twice, with different values; one is meant"
                )
        return named

    def _refuse_key(self, key: str, known: Sequence[str], inside: str = "") -> None:
        shown = key[:_SHOWN]
        self.problems.append(f"unknown key {shown!r}{inside}; {hint(shown, known)}")

    def action(self, entry: _Entry) -> Action | None:
        """Return the action that an entry asks for; None: it cannot be used, and why is noted."""
        action, columns = entry.action, entry.columns
        values, before = dict[str, Any](), len(self.problems)
        for name, type_ in _types(action).items():
            if name in columns:
                try:
                    values[name] = self._value(entry, name, type_)
                except (BadInput, ValidationError) as error:
                    self.problems.append(f"{action.verb}: {name}: {_words(error)}")
            elif type_.amount is not None and type_.amount.column:
                values[name] = self._smallest_units(type_.amount, columns, 1)
        values = {**self._form.unsaid(action, values), **values}
        for name, type_ in _types(action).items():
            if name not in columns and values.setdefault(name) is None and not type_.may_be_null:
                self.problems.append(f"{action.verb}: {name} is missing")
        return action(**values) if len(self.problems) == before else None

    def _value(self, entry: _Entry, name: str, type_: _Type) -> Any:
        """Return the value of a column. Raises ``BadInput`` or ``ValidationError``."""
        value = _plain(entry.columns[name], type_)
        if _names_place(type_) and _is_cell(value):
            value = f"{value[0]},{value[1]}"
        if type_.amount is not None and not entry.smallest_units and _is_number(value):
            value = self._smallest_units(type_.amount, entry.columns, value)
        if type_.named is not None and isinstance(value, str):
            value = self._form.spoken_names.meant(type_.named.thing, value)
        return type_.adapter.validate_python(value, strict=True)

    def _smallest_units(
        self, amount: AmountOf, columns: Mapping[str, JsonValue], number: float
    ) -> int:
        """Return an amount in smallest units. Raises ``BadInput`` for a part of one."""
        name = str(columns.get(amount.column, ""))
        commodity = self._form.spoken_names.meant("commodity", name)
        return self._form.wording.smallest_units(commodity, number)


def _usual_place(entry: _Entry) -> float:
    """Return the place of an action among others where a reply does not say it."""
    return entry.action.listed or entry.action.position


def _as_list(value: JsonValue) -> list[JsonValue]:
    """Return the entries of a list, or a single one in its place."""
    return value if isinstance(value, list) else [value]


def _names_place(type_: _Type) -> bool:
    return type_.named is not None and type_.named.thing == "place"


def _is_cell(value: Any) -> bool:
    """Whether a value is a list of two whole numbers."""
    return isinstance(value, list) and [type(number) for number in value] == [int, int]


def _column(action: type[Action], key: str) -> str:
    """Return the column that a key spells; empty: there is none."""
    return _spellings(action).get(spelling(key), "")


@cache
def _spellings(action: type[Action]) -> dict[str, str]:
    return {spelling(name): name for name in action._fields}


@cache
def _types(action: type[Action]) -> dict[str, _Type]:
    """Return the types of an action's columns, by their names."""
    return {name: _type(kind) for name, kind in hints_of(action).items()}


def _type(kind: Any) -> _Type:
    schema = value_schema(reply_type(kind))
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    amount, named = mark_of(kind, AmountOf), mark_of(kind, NameOf)
    return _Type(
        TypeAdapter(reply_type(kind)), tuple(names), schema.get("maxLength"), amount, named
    )


def _is_number(value: JsonValue) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: JsonValue, type_: _Type) -> Any:
    """Return a number, a truth or a text as its type wants it, if it says one."""
    if isinstance(value, str):
        text = value.strip()
        if {"integer", "number"} & {*type_.names} and _NUMBER.fullmatch(text):
            value = float(text) if "." in text else int(text)
        elif "boolean" in type_.names:
            return {"true": True, "false": False}.get(text.casefold(), value)
        elif "string" in type_.names:
            return value[: type_.longest]
    if isinstance(value, float) and value.is_integer() and "integer" in type_.names:
        return int(value)
    return value


def _words(error: BadInput | ValidationError) -> str:
    return str(error) if isinstance(error, BadInput) else error.errors()[0]["msg"]
