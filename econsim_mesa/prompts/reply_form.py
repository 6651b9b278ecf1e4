"""The form of a reply: as lines of a prompt, as JSON Schema, and as the reply of given actions.

A reply is ``{"thought": "...", "do": [...]}``: reasoning first, so that a model reasons before it
acts, then what is done and nothing else. An entry of ``do`` is one action, an object whose first
key is the verb and holds the first column; others follow by their names:
``{"order": "Pizza", "quantity": 1, "store": "Pizza Place"}``. Money and quantities stand in the
town's own notation, whatever the smallest unit is. All of it is made from the classes of actions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, NamedTuple, Self, TypeVar, get_args, get_type_hints

from pydantic import JsonValue, TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.domains.roster import domains_of, offered_verbs, role_of, verbs_of
from econsim_mesa.prompts.spoken_names import NO_NAMES, SpokenNames
from econsim_mesa.scenario.naming import Names
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action, AmountOf, NameOf, Reply
from econsim_mesa.society.wording import PLAIN, Wording

THOUGHT, DO = "thought", "do"
"""Keys of a reply."""
MOST_ENTRIES = 4
"""Entries at which decoding ends a list. A reply with more is read all the same."""
_MOST_NAMES = 50
"""A schema lists the names of items or stores where there are no more of them."""
_LONGEST_TEXT = 200
"""Characters within which decoding ends a thought, and a text for which an action says no limit:
room for two sentences, and no endless one. A longer one is read all the same."""
_LEFT_OUT = ("title", "description", "default", "minLength", "pattern")
"""What strict decoding does without."""
_FEW = 100
"""Bounds of a number are told where it is no larger."""
_BOUNDS = {
    "minimum": "at least {number}",
    "exclusiveMinimum": "more than {number}",
    "maximum": "at most {number}",
    "exclusiveMaximum": "less than {number}",
}
"""What says a bound of a number in the lines of a prompt."""
_Mark = TypeVar("_Mark")
_WORDS = {"integer": "whole number", "boolean": "true or false", "string": "text"}
"""What stands for a value of a type in the lines of a prompt."""


class Column(NamedTuple):
    """A column of an action as an entry of a reply gives it."""

    name: str
    """Its name in the action; empty: the action has no columns."""
    key: str
    """Its key in the entry: the verb for the first one."""
    schema: JsonSchemaValue
    """The JSON Schema of its value."""
    placeholder: str
    """What stands for its value in the lines of a prompt."""


_DONE = Column("", "", {"type": "boolean", "enum": [True]}, "true")
"""Stands for the columns of an action that has none."""


def fields_of(action: type[Action]) -> tuple[str, ...]:
    """Return all columns of an action."""
    return action._fields


def nothing_unsaid(action: type[Action], said: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return no values: what a reply leaves out is missing, unless the action has a default."""
    return {}


class ReplyForm:
    """The form in which agents of a kind reply."""

    def __init__(
        self,
        name: str,
        verbs: Mapping[str, type[Action]],
        *,
        known_verbs: Mapping[str, type[Action]] | None = None,
        columns: Callable[[type[Action]], tuple[str, ...]] = fields_of,
        unsaid: Callable[[type[Action], Mapping[str, Any]], Mapping[str, Any]] = nothing_unsaid,
        wording: Wording = PLAIN,
        spoken_names: SpokenNames = NO_NAMES,
        listed_names: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        most: int = MOST_ENTRIES,
    ) -> None:
        """Make a form from actions.

        Args:
            name: Name of the schema.
            verbs: The actions that agents are offered, by their verbs.
            known_verbs: All that a reply may name, those included; None: no others. Those that are
                not offered are read, and refused where they are carried out.
            columns: Returns the columns of an action that a reply gives, the first at its verb.
            unsaid: Returns values of columns of an action that a reply leaves out.
            wording: The notation of amounts.
            spoken_names: Names, as agents may write them.
            listed_names: Names that the schema lists, by what they stand for.
            most: Most entries of a reply for which a schema asks.
        """
        self.name = name
        self.verbs = verbs
        self.known_verbs = verbs if known_verbs is None else known_verbs
        self.wording, self.spoken_names = wording, spoken_names
        self.columns = columns
        """Returns the columns of an action that a reply gives."""
        self._unsaid, self._names = unsaid, listed_names
        self.most = most
        self._entries = {
            verb: tuple(self._entries_of(action)) for verb, action in self.known_verbs.items()
        }

    @classmethod
    def of(cls, kind: str, scenario: Scenario) -> Self:
        """Return the form for a ``Household``, or for any kind of store, in a town."""
        role = role_of(kind)
        return cls(
            f"{role}Reply",
            offered_verbs(kind, scenario),
            known_verbs=verbs_of(role, domains_of(scenario)),
            columns=lambda action: action.reply_columns(scenario),
            unsaid=lambda action, said: action.unsaid(scenario, said),
            wording=Wording.of(scenario),
            spoken_names=SpokenNames.of(scenario),
            listed_names=_names(scenario),
            most=_most_entries(kind, scenario),
        )

    @property
    def lines(self) -> dict[str, str]:
        """The forms of an entry of each verb, for a prompt: no JSON that could be copied."""
        return {verb: "\n".join(map(_line, self._entries[verb])) for verb in self.verbs}

    @cached_property
    def schema(self) -> JsonSchemaValue:
        """The strict JSON Schema: all keys are required, no others allowed, entries bounded.

        An entry is one of several objects (``anyOf``), whose first keys differ, as OpenAI wants.
        """
        entries = [
            _object({column.key: column.schema for column in entry})
            for verb in self.verbs
            for entry in self._entries[verb]
        ]
        do = {"type": "array", "items": {"anyOf": entries}, "maxItems": self.most}
        return _object({THOUGHT: {"type": "string", "maxLength": _LONGEST_TEXT}, DO: do})

    @cached_property
    def flat_schema(self) -> JsonSchemaValue:
        """A schema for servers that know neither ``anyOf`` nor bounds.

        An entry is one object with the keys of all verbs, none of which is required.
        """
        keys: dict[str, JsonSchemaValue] = {}
        entries = [entry for verb in self.verbs for entry in self._entries[verb]]
        firsts = [entry[0] for entry in entries]
        for column in chain(firsts, *(entry[1:] for entry in entries)):
            plain = _without((*_BOUNDS, "maxLength"), column.schema)
            keys[column.key] = plain if keys.get(column.key, plain) == plain else {}
        entry = {**_object(keys), "required": []}
        return _object({THOUGHT: {"type": "string"}, DO: {"type": "array", "items": entry}})

    def reply(self, actions: Sequence[Action], thought: str | None = None) -> dict[str, JsonValue]:
        """Return the reply that asks for actions; without a thought, one that names them."""
        said = thought_of(actions, self.wording) if thought is None else thought
        return {THOUGHT: said, DO: [self._entry(action) for action in actions]}

    def unsaid(self, action: type[Action], said: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of columns that a reply may leave out, beside those that it says."""
        return {**action._field_defaults, **self._unsaid(action, said)}

    def _entry(self, action: Action) -> dict[str, JsonValue]:
        """Return the entry of an action."""
        values, entries = action._asdict(), self._entries[action.verb]
        optional = {column.name for column in entries[-1]} - {column.name for column in entries[0]}
        entry = entries[-1 if any(values[name] is not None for name in optional) else 0]
        return {column.key: self._written(type(action), column.name, values) for column in entry}

    def _written(self, action: type[Action], column: str, values: dict[str, Any]) -> Any:
        """Return the value of a column as a reply gives it: amounts in the town's notation."""
        value, amount = values.get(column, True), _marks(action, AmountOf).get(column)
        if amount is not None:
            return self.wording.number(values.get(amount.column, ""), value)
        is_whole = column in _marks(action, Reply) and isinstance(value, float)
        return max(round(value), 1) if is_whole else value

    def _entries_of(self, action: type[Action]) -> Iterator[tuple[Column, ...]]:
        """Yield the forms of an entry: one without what may be null, and one with all of it first.

        So no key need hold null, and no two entries have the same first key, as OpenAI wants.
        """
        columns = list(self._columns(action)) or [_DONE._replace(key=action.verb)]
        perhaps = [column for column in columns if "null" in column.schema["type"]]
        always = [column for column in columns if column not in perhaps]
        yield tuple(always)
        if len(perhaps) == 1:
            perhaps = [perhaps[0]._replace(schema=_not_null(perhaps[0].schema))]
        if perhaps:
            yield (*perhaps, *always)

    def _columns(self, action: type[Action]) -> Iterator[Column]:
        """Yield the columns that a reply gives."""
        hints, names = hints_of(action), self.columns(action)
        values = [self._value(hints[name]) for name in names]
        is_named = bool(values) and "null" in values[0][0]["type"]  # else the verb would be lost
        if is_named:
            yield _DONE._replace(key=action.verb)
        for place, (name, (schema, placeholder)) in enumerate(zip(names, values, strict=True)):
            key = name if place or is_named else action.verb
            yield Column(name, key, schema, placeholder)

    def _value(self, hint: Any) -> tuple[JsonSchemaValue, str]:
        """Return the schema of a column's value, and what stands for it in a prompt."""
        schema = _without(_LEFT_OUT, value_schema(reply_type(hint)))
        named, amount = mark_of(hint, NameOf), mark_of(hint, AmountOf)
        if named is not None:
            names = self._names.get(named.thing, ())
            if 0 < len(names) <= _MOST_NAMES:
                schema = {**_without(("maxLength",), schema), "enum": list(names)}
            return schema, f"<{self._called(named)}>"
        if amount is not None and self._has_decimals(amount):
            return {"type": "number"}, f"<{self.wording.say('number')}>"
        placeholder = f"<{_in_words(schema, self.wording)}>"
        if "string" in schema["type"] and "enum" not in schema:
            schema = {"maxLength": _LONGEST_TEXT, **schema}
        return schema, placeholder

    def _called(self, named: NameOf) -> str:
        """Return what a prompt calls a name of something."""
        if named.thing == "commodity":
            return self.wording.say("item or {currency}", currency=self.wording.currency)
        return self.wording.say({"account": "name"}.get(named.thing, named.thing))

    def _has_decimals(self, amount: AmountOf) -> bool:
        """Whether an amount can be a part of a whole unit."""
        items = any(self.wording.decimals.values())
        return items if amount.column else bool(self.wording.money_decimals)


def thought_of(actions: Sequence[Action], wording: Wording) -> str:
    """Return private reasoning that names what the actions do.

    >>> from econsim_mesa.domains.body.actions import Eat
    >>> from econsim_mesa.domains.mobility.actions import MoveTo
    >>> thought_of([MoveTo("Cafe"), Eat("Rice", 15)], Wording("yen", 0, {"Rice": 1}))
    'I go to Cafe, eat 1.5 Rice.'
    """
    if not actions:
        return wording.say("I go on as I am; there is nothing to do now.")
    acts = wording.listed(action.in_words(wording) for action in actions)
    return wording.say("I {actions}.", actions=acts)


def text_schema(key: str) -> JsonSchemaValue:
    """Return the strict JSON Schema of an object that holds a text under one key."""
    return _object({key: {"type": "string"}})


def reply_schemas(scenario: Scenario) -> dict[str, JsonSchemaValue]:
    """Return the JSON Schema of the reply of each role in a town."""
    return {role: ReplyForm.of(role, scenario).schema for role in (HOUSEHOLD, STORE)}


@cache
def hints_of(action: type[Action]) -> dict[str, Any]:
    """Return the annotations of an action's columns, by their names."""
    hints = get_type_hints(action, include_extras=True)
    return {column: hints[column] for column in action._fields}


@cache
def _marks(action: type[Action], kind: type[_Mark]) -> dict[str, _Mark]:
    """Return the marks of a kind on an action's columns, by the names of those that have one."""
    marks = {column: mark_of(hint, kind) for column, hint in hints_of(action).items()}
    return {column: mark for column, mark in marks.items() if mark is not None}


def mark_of(hint: Any, kind: type[_Mark]) -> _Mark | None:
    """Return the mark of a kind in an annotation, or in a part of a union; None: there is none."""
    marks = (mark for part in (hint, *get_args(hint)) for mark in getattr(part, "__metadata__", ()))
    return next((mark for mark in marks if isinstance(mark, kind)), None)


def reply_type(hint: Any) -> Any:
    """Return the type in which a reply gives a column."""
    mark = mark_of(hint, Reply)
    return hint if mark is None else mark.type


def value_schema(kind: Any) -> JsonSchemaValue:
    """Return the JSON Schema of a plain type, or of one beside which null may stand."""
    schema = TypeAdapter(kind).json_schema()
    options = schema.pop("anyOf", [schema])
    merged = {key: value for option in reversed(options) for key, value in option.items()}
    types = [option["type"] for option in options]
    return {**merged, "type": types if len(types) > 1 else types[0]}


def _in_words(schema: JsonSchemaValue, wording: Wording) -> str:
    """Return what a prompt calls a value of a type."""
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    first, last = schema.get("minimum"), schema.get("maximum")
    if first is not None and last is not None and last <= _FEW:
        return wording.say("{first} to {last}", first=first, last=last)
    if "enum" in schema:
        return wording.say(" or ").join(map(str, schema["enum"]))
    names = (wording.say(_WORDS.get(kind, kind)) for kind in types if kind != "null")
    parts = [wording.say(" or ").join(names)]
    if last is None or last <= _FEW:
        bounds = {words: schema[key] for key, words in _BOUNDS.items() if key in schema}
        parts += (wording.say(words, number=number) for words, number in bounds.items())
    return wording.say(", ").join(parts)


def _without(keywords: Sequence[str], schema: JsonSchemaValue) -> JsonSchemaValue:
    return {key: value for key, value in schema.items() if key not in keywords}


def _not_null(schema: JsonSchemaValue) -> JsonSchemaValue:
    """Return the schema of a value that is there."""
    types = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
    return {**schema, "type": next(kind for kind in types if kind != "null")}


def _object(properties: dict[str, JsonSchemaValue]) -> JsonSchemaValue:
    """Return the schema of an object that has these keys, all of them, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _line(columns: Sequence[Column]) -> str:
    return "{" + ", ".join(f'"{column.key}": {column.placeholder}' for column in columns) + "}"


def _names(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    """Return the names that a schema lists, by what they stand for."""
    names = Names.of(scenario)
    return {
        "item": names.items,
        "commodity": (scenario.currency.name, *names.items),
        "store": names.stores,
    }


def _most_entries(kind: str, scenario: Scenario) -> int:
    """Return the most entries of a reply.

    A household says how long it waits besides; a store sets all prices, answers all orders, posts.
    """
    if role_of(kind) == HOUSEHOLD:
        return MOST_ENTRIES + ("wait" in offered_verbs(kind, scenario))
    stores = [store for _, _, store in scenario.agents.stores()]
    answers = any(store.acceptance == "decide" for store in stores)
    prices = max(len(store.sells) for store in stores)
    return prices + 1 + answers * scenario.agents.Household.count
