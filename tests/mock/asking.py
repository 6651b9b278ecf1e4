"""What the tests of the mock server share: prompts of real runs, and a client of one function."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np

from econsim_mesa.mock import MockServer
from econsim_mesa.prompts import Prompt, render
from econsim_mesa.prompts.reply_form import ReplyForm
from econsim_mesa.scenario import load_scenario
from econsim_mesa.society.model import EconModel
from econsim_mesa.society.requests import Requests
from econsim_mesa.society.view import observe

Watch = Callable[[Any, Any], None]


def watch(model: EconModel, steps: int, look: Watch) -> None:
    """Run a model and look at the view of each step, just as its households decide."""
    decide = model.scheduler.decide

    def both(view: Any) -> Any:
        look(view, np.flatnonzero(view.awake))
        return decide(view)

    model.scheduler.decide = both  # type: ignore[method-assign]
    for _ in range(steps):
        model.step()


def household_prompts(name: str, steps: int, **options: Any) -> list[list[Prompt]]:
    """Return the prompts of all households awake in each of some steps."""
    found: list[list[Prompt]] = []
    watch(
        EconModel(name, seed=2, **options),
        steps,
        lambda view, rows: found.append([render(one) for one in Requests(view, rows.tolist())]),
    )
    return found


def store_prompt(model: EconModel, store: int = 0) -> Prompt:
    """Return what a store is sent before the next step."""
    town = model.town
    town.begin(town.t + 1)
    return render(Requests(observe(town), [town.roster.store_number(store)])[0])


FORM = ReplyForm.of("Household", load_scenario("pizza_place"))
"""The form of replies in the towns of these tests."""


def body(prompt: Prompt, form: ReplyForm = FORM, **changes: Any) -> dict[str, Any]:
    """Return the request that a client would send."""
    return {
        "model": "any",
        "messages": [
            {"role": "system", "content": prompt.system},
            {"role": "user", "content": prompt.user},
        ],
        "seed": 7,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": form.name, "strict": True, "schema": form.schema},
        },
        **changes,
    }


def ask(server: MockServer, data: Any, timeout: float = 20.0) -> tuple[int, dict[str, Any]]:
    """Post a chat request; return status and body."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-canary-1234567890"}
    request = Request(f"{server.base_url}/chat/completions", raw, headers)
    try:
        with urlopen(request, timeout=timeout) as reply:
            return reply.status, json.load(reply)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


def content(reply: dict[str, Any]) -> str:
    text: str = reply["choices"][0]["message"]["content"]
    return text
