"""Valid replies of a model, and a small town whose households it decides for."""

from __future__ import annotations

import json
from typing import Any

from econsim_mesa.llm.messages import ChatRequest
from econsim_mesa.society.model import EconModel


def text_for(request: ChatRequest, *entries: Any) -> str:
    """Return a valid reply that depends on who asks, and when, or one with these entries."""
    if request.schema_name == "StoreReply":
        entries = ({"set_prices": "Pizza", "price": 1900 + request.step},)
    elif not entries:
        place = ["home", "Pizza Place", "Daily Mart"][(int(request.agent[1:]) + request.step) % 3]
        post = {"post": f"{request.agent} at {request.step}"}
        entries = (post, {"move_to": place})
    return json.dumps({"thought": "", "do": entries})


def model(steps: int = 3, **changes: Any) -> EconModel:
    settings = {f"llm.{name}": value for name, value in changes.items() if name != "more"}
    settings = {"llm.model": "double", **settings, **changes.get("more", {})}
    return EconModel("pizza_place", seed=5, steps=steps, decider="llm", households=6, set=settings)
