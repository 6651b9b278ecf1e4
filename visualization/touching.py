"""What a reader may do to a live town: each wish becomes an event, recorded as an input."""

from __future__ import annotations

from collections.abc import Callable

from econsim_mesa.errors import BadInput

from .view import Scene

Form = dict[str, str]
"""What was filled in, by field."""
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


WISHES: dict[str, Callable[[Scene, Form, int], dict[str, object]]] = {
    "promotion": promotion,
    "price": price,
    "closing": closing,
    "post": post,
    "income": income,
}
"""Wish -> the event that grants it, from the scene, the form and the step in which it begins."""


def event_of(wish: str, scene: Scene, form: Form, begin: int) -> dict[str, object]:
    """Return the event of a wish. Raises ``BadInput`` for a number that is none."""
    return WISHES[wish](scene, form, begin)


def authors(scene: Scene) -> list[str]:
    """Return those for whom a reader may post: all that post but households."""
    return list(scene.names[scene.households :])


def _span(form: Form, begin: int) -> dict[str, object]:
    return {"between": [begin, begin + max(1, _whole(form, "steps"))]}


def _money(scene: Scene, form: Form, field: str) -> int:
    unit: int = 10**scene.money.decimals
    return round(_number(form, field) * unit)


def _whole(form: Form, field: str) -> int:
    return int(_number(form, field))


def _number(form: Form, field: str) -> float:
    given = str(form.get(field, ""))
    try:
        number = float(given)
    except ValueError as error:
        raise BadInput(f"{field}: {given!r} is not a number; write digits") from error
    if not abs(number) < 1e15:
        raise BadInput(f"{field}: {given} is too large")
    return number
