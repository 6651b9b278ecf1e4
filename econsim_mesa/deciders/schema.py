"""What an agent replies: one strict JSON object per role, and its way into actions.

``thought`` comes first, so that an LLM reasons before it acts. Then comes a key for each action
that the role has: null or a value where it can be taken once, else a list. An action with one
column is written as the value of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, ClassVar, get_type_hints

from pydantic import Field, StringConstraints, create_model
from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.domains.roster import OF_PACKAGE, Domains, role_of, verbs_of
from econsim_mesa.scenario.base import Frozen
from econsim_mesa.society.action import HOUSEHOLD, STORE, Action, Reply


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


def action_schemas(domains: Domains = OF_PACKAGE) -> dict[str, JsonSchemaValue]:
    """Return the JSON Schema of the reply of each role."""
    return {role: reply_type(role, domains).model_json_schema() for role in (HOUSEHOLD, STORE)}
