"""What a reader may do to a live town: each intervention is an event, recorded as an input."""

from __future__ import annotations

from collections.abc import Callable

from econsim_mesa.errors import BadInput

from .view import Scene

Form = dict[str, str]
"""Field -> what was filled in."""
LONGEST_POST = 280


def promotion(scene: Scene, form: Form, begin: int) -> dict[str, object]:
    """Return a promotion of a store, of one item or of all, from the next step on."""
    items = [form["item"]] if form.get("item") else []
    return {
        "type": "promotion",
        "store": form["store"],
        "items": items,
        "percent": _number(form, "percent"),
        "when": _span(form, begin),
    }


def price(scene: Scene, form: Form, begin: int) -> dict[str, object]:
    """Return a new base price of an item at a store."""
    amount = _money(scene, form, "price")
    return {
        "type": "price_change",
        "store": form["store"],
        "item": form["item"],
        "to": amount,
        "when": {"at": begin},
    }


def closing(scene: Scene, form: Form, begin: int) -> dict[str, object]:
    """Return a keep-out of one cell."""
    cell = [_whole(form, "x"), _whole(form, "y")]
    return {"type": "keep_out", "cells": [cell], "when": _span(form, begin)}


def post(scene: Scene, form: Form, begin: int) -> dict[str, object]:
    """Return a post by a store, the government or a scripted account."""
    kind = scene.kinds[scene.number[form["author"]]] if form["author"] in scene.number else ""
    return {
        "type": "scripted_posts",
        "author": form["author"],
        "account": kind == "Account",
        "texts": [form["text"]],
        "when": {"at": begin},
    }


def income(scene: Scene, form: Form, begin: int) -> dict[str, object]:
    """Return an income for every household, once."""
    return {"type": "salary", "amount": _money(scene, form, "amount"), "when": {"at": begin}}


INTERVENTIONS: dict[str, Callable[[Scene, Form, int], dict[str, object]]] = {
    "promotion": promotion,
    "price": price,
    "closing": closing,
    "post": post,
    "income": income,
}
"""Kind -> its event, from the scene, the form and the step in which it begins."""


def event_from_form(kind: str, scene: Scene, form: Form, begin: int) -> dict[str, object]:
    """Return the event of an intervention. Raises ``BadInput`` for what is not a number."""
    return INTERVENTIONS[kind](scene, form, begin)


def authors(scene: Scene) -> list[str]:
    """Return the agents for whom a reader may post: all but households."""
    return list(scene.names[scene.households :])


def _span(form: Form, begin: int) -> dict[str, object]:
    return {"between": [begin, begin + max(1, _whole(form, "steps"))]}


def _money(scene: Scene, form: Form, field: str) -> int:
    unit: int = 10**scene.currency.decimals
    return round(_number(form, field) * unit)


def _whole(form: Form, field: str) -> int:
    return int(_number(form, field))


def _number(form: Form, field: str) -> float:
    text = str(form.get(field, ""))
    try:
        number = float(text)
    except ValueError as error:
        raise BadInput(f"{field}: {text!r} is not a number; write digits") from error
    if not abs(number) < 1e15:
        raise BadInput(f"{field}: {text} is too large")
    return number
