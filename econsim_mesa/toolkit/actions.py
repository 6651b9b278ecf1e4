"""Actions of agents of any Mesa model: plain functions, methods or small classes with type hints.

A function's first parameter is the agent that acts; what the model says are the others. A class
holds in its fields what the model says, and has a method ``apply(self, agent)``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import mesa

from econsim_mesa.errors import BadInput
from econsim_mesa.prompts.reply_form import value_schema
from econsim_mesa.society.action import AccountName, Action

AgentKinds = tuple[type, ...]
"""Classes of agents, any of which may be meant."""
_PLAIN = {"integer", "number", "string", "boolean"}
_ALLOWED = "int, float, str, bool, a Literal of texts, a mesa.Agent, or one of them or None"
_RESERVED = {*dir(Action), *Action.__annotations__} - {"count", "index"}
"""Names that a column cannot have; the two that remain are methods of tuples that nobody calls."""
_END_OF_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Refused(Exception):
    """Raised by an action that cannot be done; the text tells the agent why.

    Nothing must have changed then. The agent is told in its memory, if it has one, and the
    records hold the reason.
    """


class AgentAction(NamedTuple):
    """An action that agents are offered.

    Attributes:
        verb: Its name in replies and in records.
        row: What a reply says with it, as a row of columns.
        apply: Does it, for an agent and the values of the columns by name.
        agents: The columns that name an agent, and of which class.
        by: The class of those who can do it.
    """

    verb: str
    row: type[Action]
    apply: Callable[[Any, Mapping[str, Any]], object]
    agents: dict[str, AgentKinds]
    by: AgentKinds


def read_actions(given: Sequence[Callable[..., Any]]) -> dict[str, AgentAction]:
    """Return actions by their verbs.

    Raises:
        BadInput: There is none, two have one name, or one cannot be used; the message says why.
    """
    if callable(given) or not given:
        raise BadInput("actions: give a list of functions or classes, one for each thing to do")
    read: dict[str, AgentAction] = {}
    for each in given:
        action = _of_class(each) if inspect.isclass(each) else _of_function(each)
        if action.verb in read:
            raise BadInput(f"actions: two of them are called {action.verb!r}; rename one")
        read[action.verb] = action
    return read


def _of_function(function: Callable[..., Any]) -> AgentAction:
    """Return the action that a function does."""
    verb = getattr(function, "__name__", "")
    if not verb.isidentifier():
        raise BadInput(f"actions: {function!r} has no name; write it as a function with def")
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise BadInput(f"the action {verb}: it takes nothing; its first parameter is the agent")
    for one in parameters[1:]:
        if one.kind not in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY):
            raise BadInput(f"the action {verb}: {one} cannot be told by its name; write it plainly")
    hints, rest = _hints(verb, function), parameters[1:]
    defaults = {one.name: one.default for one in rest if one.default is not one.empty}

    def apply(agent: Any, values: Mapping[str, Any]) -> object:
        return function(agent, **values)

    by = _agent_kinds(hints.get(parameters[0].name))
    told = {one.name: hints.get(one.name) for one in rest}
    return _action(verb, told, defaults, function, apply, by)


def _of_class(kind: type[Any]) -> AgentAction:
    """Return the action that the instances of a class are."""
    verb = _END_OF_WORD.sub("_", kind.__name__).lower()
    if not callable(getattr(kind, "apply", None)):
        raise BadInput(f"the action {kind.__name__} has no method apply(self, agent)")
    parameters = inspect.signature(kind).parameters.values()
    defaults = {one.name: one.default for one in parameters if one.default is not one.empty}
    hints = _hints(verb, kind)

    def apply(agent: Any, values: Mapping[str, Any]) -> object:
        return kind(**values).apply(agent)

    acting = _hints(verb, kind.apply)
    by = _agent_kinds(next((acting[name] for name in acting if name != "return"), None))
    told = {one.name: hints.get(one.name) for one in parameters}
    return _action(verb, told, defaults, kind, apply, by)


def _hints(verb: str, source: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(source, include_extras=True)
    except (NameError, TypeError) as error:
        raise BadInput(f"the action {verb}: its type hints cannot be read ({error})") from error


def _action(
    verb: str,
    hints: Mapping[str, Any],
    defaults: Mapping[str, Any],
    source: Callable[..., Any],
    apply: Callable[[Any, Mapping[str, Any]], object],
    by: AgentKinds,
) -> AgentAction:
    """Return an action from the types of its columns. Raises ``BadInput`` for one that has none."""
    kinds = {name: _agent_kinds(hint) for name, hint in hints.items()}
    agents = {name: kind for name, kind in kinds.items() if kind}
    columns = {}
    for name, hint in hints.items():
        if hint is None:
            raise BadInput(
                f"the action {verb}: {name} has no type hint; write {name}: int, or another of "
                f"{_ALLOWED}"
            )
        if name.startswith("_") or name in _RESERVED:
            raise BadInput(f"the action {verb}: a parameter cannot be called {name!r}; rename it")
        _refuse_wide(verb, name, AccountName if name in agents else hint)
        columns[name] = _agent_name(hint) if name in agents else hint
        if name in defaults:
            columns[name] |= None
    lines = (inspect.getdoc(source) or "").strip().splitlines()
    body = {
        **dict.fromkeys(name for name in columns if name in defaults),
        "__annotations__": columns,
        "__module__": __name__,
        "verb": verb,
        "phases": {},
        "help": lines[0] if lines else verb.replace("_", " "),
        "most": 1_000_000,  # the order of a reply decides: nothing is dropped for being said twice
    }
    row: type[Action] = type(Action)(verb, (Action,), body)  # type: ignore[misc]

    def apply_said(agent: Any, values: Mapping[str, Any]) -> object:
        said = {name: value for name, value in values.items() if value is not None}
        return apply(agent, {**defaults, **said})

    return AgentAction(verb, row, apply_said, agents, by or (mesa.Agent,))


def _agent_kinds(hint: Any) -> AgentKinds:
    """Return the classes of agents that a type stands for; empty: it is not that of agents."""
    options = get_args(hint) if get_origin(hint) in (Annotated, Union, UnionType) else (hint,)
    return tuple(kind for kind in options if inspect.isclass(kind) and issubclass(kind, mesa.Agent))


def _agent_name(hint: Any) -> Any:
    """Return the type of the name of an agent of a type."""
    return AccountName | None if type(None) in get_args(hint) else AccountName


def _refuse_wide(verb: str, name: str, hint: Any) -> None:
    """Raise ``BadInput`` for a type of which a reply cannot say a value."""
    try:
        types = value_schema(hint)["type"]
    except Exception:  # whatever pydantic makes of a type that is none
        types = "object"
    if not _PLAIN.issuperset({types} if isinstance(types, str) else {*types} - {"null"}):
        shown = getattr(hint, "__name__", hint)
        raise BadInput(f"the action {verb}: {name} cannot be of type {shown}; take {_ALLOWED}")
