"""What an agent replies: one strict JSON object per kind of agent, and its way into actions.

``thought`` comes first, so that an LLM reasons before it acts. A kind of agent has no field
that it cannot use.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from pydantic.json_schema import JsonSchemaValue

from econsim_mesa.scenario.base import Frozen
from econsim_mesa.society import actions as act

Text = Annotated[str, StringConstraints(max_length=60)]
Quantity = Annotated[int, Field(ge=1, le=10**9)]
Steps = Annotated[int, Field(ge=1, le=100_000)]
_MANY = 12


class OrderReply(Frozen):
    """An order at the store where the household stands."""

    store: Text
    item: Text
    quantity: Quantity
    ttl: Steps


class ProposeReply(Frozen):
    """A swap with a household in the same cell."""

    to: Text
    give: Text
    give_quantity: Quantity
    take: Text
    take_quantity: Quantity
    ttl: Steps


class ReactReply(Frozen):
    """An answer to a proposal or an order."""

    id: Annotated[int, Field(ge=0, le=10**12)]
    accept: bool


class EatReply(Frozen):
    """Something to eat now."""

    item: Text
    quantity: Quantity


class PostReply(Frozen):
    """A post, perhaps a reply."""

    text: Annotated[str, StringConstraints(max_length=280)]
    reply_to: Annotated[int, Field(ge=0, le=10**12)] | None


class PriceReply(Frozen):
    """A new base price."""

    item: Text
    price: Annotated[int, Field(ge=0, le=10**12)]


class HouseholdReply(Frozen):
    """What a household decides in one step; null and empty lists mean: not now."""

    thought: Annotated[str, StringConstraints(max_length=2000)]
    sleep_hours: Annotated[int, Field(ge=1, le=24)] | None
    move_to: Text | None
    order: Annotated[tuple[OrderReply, ...], Field(max_length=_MANY)]
    propose: Annotated[tuple[ProposeReply, ...], Field(max_length=_MANY)]
    react: Annotated[tuple[ReactReply, ...], Field(max_length=_MANY)]
    eat: Annotated[tuple[EatReply, ...], Field(max_length=_MANY)]
    post: PostReply | None
    follow: Annotated[tuple[Text, ...], Field(max_length=_MANY)]
    unfollow: Annotated[tuple[Text, ...], Field(max_length=_MANY)]

    def actions(self) -> tuple[act.Action, ...]:
        """Return the actions in the order of the reply's fields, but unfollow before follow.

        So one who follows as many as it may can replace one of them in one step.
        """
        found: list[act.Action] = []
        if self.sleep_hours is not None:
            found.append(act.Sleep(self.sleep_hours))
        if self.move_to is not None:
            found.append(act.MoveTo(self.move_to))
        found += [act.PlaceOrder(**dict(one)) for one in self.order]
        found += [act.Propose(**dict(one)) for one in self.propose]
        found += [act.React(one.id, one.accept) for one in self.react]
        found += [act.Eat(one.item, one.quantity) for one in self.eat]
        if self.post is not None:
            found.append(act.Publish(self.post.text, self.post.reply_to))
        found += [act.Unfollow(name) for name in self.unfollow]
        found += [act.Follow(name) for name in self.follow]
        return tuple(found)


class StoreReply(Frozen):
    """What a store decides in one step."""

    thought: Annotated[str, StringConstraints(max_length=2000)]
    set_prices: Annotated[tuple[PriceReply, ...], Field(max_length=100)]
    react: Annotated[tuple[ReactReply, ...], Field(max_length=1000)]
    post: PostReply | None

    def actions(self) -> tuple[act.Action, ...]:
        """Return the actions in the order of the reply's fields."""
        found: list[act.Action] = [act.SetPrice(one.item, one.price) for one in self.set_prices]
        found += [act.React(one.id, one.accept) for one in self.react]
        if self.post is not None:
            found.append(act.Publish(self.post.text, self.post.reply_to))
        return tuple(found)


ReplyType = type[HouseholdReply] | type[StoreReply]
REPLIES: dict[str, ReplyType] = {"Household": HouseholdReply, "Store": StoreReply}


def reply_type(kind: str) -> ReplyType:
    """Return the type of reply of a kind of agent: ``Household`` or any kind of store."""
    return HouseholdReply if kind == "Household" else StoreReply


def action_schemas() -> dict[str, JsonSchemaValue]:
    """Return the JSON Schema of the reply of each kind of agent."""
    return {kind: reply.model_json_schema() for kind, reply in REPLIES.items()}
