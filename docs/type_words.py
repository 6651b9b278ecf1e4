"""Fields of the JSON formats, and their types in words."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo

from econsim_mesa.scenario.fields import key_of, members

WORDS: dict[Any, str] = {
    str: "text",
    int: "integer",
    float: "number",
    bool: "true or false",
    NoneType: "null",
    datetime.datetime: "date and time",
    datetime.date: "date",
    datetime.time: "time of day",
    Any: "any JSON",
    JsonValue: "any JSON",
}


def fields_below(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    """Yield all fields of a model and of the models in it, with their dotted keys."""
    for name, field in model.model_fields.items():
        key = prefix + key_of(name, field)
        yield key, field
        for below, inside in _models(field.annotation):
            yield from fields_below(inside, f"{key}{below}.")


def _models(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    for one in members(annotation):
        if isinstance(one, type) and issubclass(one, BaseModel):
            yield "", one
        elif get_origin(one) in (dict, tuple):
            item = get_args(one)[0 if get_origin(one) is tuple else 1]
            yield from ((f".*{below}", inside) for below, inside in _models(item))


def kind_of(field: FieldInfo) -> str:
    """Return the type of a field in words."""
    return words_of(field.annotation)


def words_of(annotation: Any) -> str:
    """Return a type in words.

    >>> words_of(dict[str, tuple[int, ...] | None])
    'object of (list of integer) or null'
    """
    found = list(dict.fromkeys(_word(one) for one in members(annotation)))
    return " or ".join(f"({one})" if " of " in one and found[1:] else one for one in found)


def _word(one: Any) -> str:
    if get_origin(one) is Annotated:
        return words_of(get_args(one)[0])
    if get_origin(one) is dict:
        return f"object of {words_of(get_args(one)[1])}"
    if get_origin(one) is tuple:
        inside = get_args(one)
        if Ellipsis in inside:
            return f"list of {words_of(inside[0])}"
        return "[" + ", ".join(words_of(each) for each in inside) + "]"
    if get_origin(one) is Literal:
        return words_of(type(get_args(one)[0]))
    if isinstance(one, type) and issubclass(one, BaseModel):
        return "object"
    return WORDS[one]
