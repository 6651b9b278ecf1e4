"""Valid replies of a model, and a small town whose households it decides for."""

from __future__ import annotations

import json
from typing import Any

from econsim_mesa.deciders.schema import reply_of
from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.society.model import EconModel

IDLE: dict[str, Any] = {**reply_of("Household", []), "thought": ""}
STORE: dict[str, Any] = {**reply_of("Store", []), "thought": ""}
"""Replies of those who do nothing."""


def text_for(request: ChatRequest, **changes: Any) -> str:
    """Return a valid reply that depends on who asks, and when."""
    if request.schema_name == "StoreReply":
        price = 1900 + request.step
        return json.dumps({**STORE, "set_prices": [{"item": "Pizza", "price": price}]})
    place = ["home", "Pizza Place", "Daily Mart"][(int(request.agent[1:]) + request.step) % 3]
    post = {"text": f"{request.agent} at {request.step}", "reply_to": None}
    return json.dumps({**IDLE, "move_to": place, "post": post, **changes})


def model(steps: int = 3, **changes: Any) -> EconModel:
    settings = {f"llm.{name}": value for name, value in changes.items() if name != "more"}
    settings = {"llm.model": "double", **settings, **changes.get("more", {})}
    return EconModel("pizza_place", seed=5, steps=steps, decider="llm", households=6, set=settings)
