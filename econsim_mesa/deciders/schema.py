"""What an agent replies: one strict JSON object per role, and its way into actions.

``thought`` comes first, so that an LLM reasons before it acts. Then comes a key for each action
that the role has: null or a value where it can be taken once, else a list. An action with one
column is written as the value of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, get_type_hints

from pydantic import Field, JsonValue, StringConstraints, create_model
from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.domains.roster import OF_PACKAGE, Domains, role_of, verbs_of
from econsim_mesa.scenario.base import Frozen
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action, Reply
from econsim_mesa.society.wording import PLAIN


class AgentReply(Frozen):
    """What an agent decides in one step; null and empty lists mean: not now."""

    verbs: ClassVar[dict[str, type[Action]]]
    """The actions that have a key, in the order of their keys."""

    thought: Annotated[str, StringConstraints(max_length=2000)]

    def actions(self) -> tuple[Action, ...]:
        """Return the actions in the order in which they are to be done."""
        ordered = sorted(self.verbs.values(), key=lambda action: action.listed or action.position)
        return tuple(made for action in ordered for made in self._of(action))

    def _of(self, action: type[Action]) -> Iterator[Action]:
        """Yield the actions that the reply's key of a verb asks for."""
        value = getattr(self, action.verb)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        for said in values:
            yield action(**dict(said)) if isinstance(said, Frozen) else action(said)


def reply_type(kind: str, domains: Domains = OF_PACKAGE) -> type[AgentReply]:
    """Return the type of the reply of a kind of agent: ``Household`` or any kind of store."""
    return _reply_type(role_of(kind), domains)


@cache
def _reply_type(role: str, domains: Domains) -> type[AgentReply]:
    verbs = verbs_of(role, domains)
    keys: dict[str, Any] = {verb: (_key(action), ...) for verb, action in verbs.items()}
    made = create_model(f"{role}Reply", __base__=AgentReply, __doc__=AgentReply.__doc__, **keys)
    made.verbs = verbs
    return made


def _key(action: type[Action]) -> Any:
    """Return the type of what stands under the key of a verb."""
    hints = get_type_hints(action, include_extras=True)
    columns = {column: (_said(hints[column]), ...) for column in action._fields}
    (first, _), *others = columns.values()
    if others:
        first = create_model(
            action.__name__,
            __base__=Frozen,
            __doc__=action.__doc__,
            **columns,  # type: ignore[call-overload]
        )
    if action.most == 1:
        return first | None
    return Annotated[tuple[first, ...], Field(max_length=action.most)]


def _said(hint: Any) -> Any:
    """Return the type in which a reply gives a column."""
    marks = (mark for mark in getattr(hint, "__metadata__", ()) if isinstance(mark, Reply))
    return next((mark.type for mark in marks), hint)


def reply_of(
    kind: str, actions: Sequence[Action], domains: Domains = OF_PACKAGE
) -> dict[str, JsonValue]:
    """Return the reply by which an agent of a kind asks for actions, as an object for JSON."""
    reply: dict[str, JsonValue] = {"thought": thought_of(actions)}
    for verb, kind_of_action in verbs_of(role_of(kind), domains).items():
        values = [_value(action) for action in actions if action.verb == verb]
        reply[verb] = values if kind_of_action.most > 1 else next(reversed(values), None)
    return reply


def _value(action: Action) -> Any:
    """Return what stands under the key of an action: its columns, or the only one."""
    hints = get_type_hints(type(action), include_extras=True)
    columns = {
        column: value if _said(hints[column]) is hints[column] else max(round(value), 1)
        for column, value in action._asdict().items()
    }
    return columns if len(columns) > 1 else columns.popitem()[1]


def thought_of(actions: Sequence[Action]) -> str:
    """Return private reasoning that names what the actions do.

    >>> thought_of([verbs_of(HOUSEHOLD)["move_to"]("Cafe"), verbs_of(HOUSEHOLD)["eat"]("Rice", 1)])
    'I go to Cafe, eat 1 Rice.'
    """
    if not actions:
        return "I go on as I am; there is nothing to do now."
    return f"I {', '.join(action.in_words(PLAIN) for action in actions)}."


def action_schemas(domains: Domains = OF_PACKAGE) -> dict[str, JsonSchemaValue]:
    """Return the JSON Schema of the reply of each role."""
    return {role: reply_type(role, domains).model_json_schema() for role in (HOUSEHOLD, STORE)}
