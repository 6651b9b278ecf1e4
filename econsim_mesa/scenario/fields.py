"""Walk the types of the scenario format: which keys stand where, and what is said of them."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from econsim_mesa.errors import UnknownName
from econsim_mesa.scenario.actors import AgentsSpec, StoreMap
from econsim_mesa.scenario.base import BUILD
from econsim_mesa.scenario.draws import Draw
from econsim_mesa.scenario.paths import Path_
from econsim_mesa.scenario.registry import names, parameters_type, section_names, title
from econsim_mesa.scenario.types import Scenario

COMPONENTS: dict[str, str] = {
    "events": "event",
    "stress.stressors": "stressor",
    "social.recommender": "recommender",
}
"""Where registered components stand in a scenario, and their kind."""


def key_of(name: str, field: FieldInfo) -> str:
    """Return the key under which a field stands in JSON."""
    return field.alias or name


def every_field() -> Iterator[tuple[str, FieldInfo]]:
    """Yield each field of the format with its dotted pattern; ``*`` is any name or position.

    Parameters of all registered events, stressors, recommenders and domains are among them. What
    stands in a draw is a part of the field that is drawn.
    """
    yield from _fields(Scenario, "")
    for name in section_names():
        section, said = parameters_type("domain", name), title("domain", name)
        yield name, FieldInfo(annotation=section, description=said, json_schema_extra=BUILD)
        yield from _fields(section, f"{name}.")


def build_only_keys() -> frozenset[str]:
    """Return the dotted patterns of all keys that are read only while the town is built.

    A pattern such as ``items.*.price`` stands for that key alone: what lies below it, if
    anything does, has patterns of its own.
    """
    return frozenset(
        pattern
        for pattern, field in every_field()
        if isinstance(field.json_schema_extra, dict)
        and BUILD.items() <= dict(field.json_schema_extra).items()
    )


def open_keys() -> frozenset[str]:
    """Return the dotted patterns of all objects whose keys are names that the user chooses."""
    return frozenset(
        pattern
        for pattern, field in every_field()
        if any(get_origin(member) is dict for member in members(field.annotation))
    )


def matches(path: list[str], pattern: str) -> bool:
    """Whether the keys of a path fit a pattern.

    >>> matches(["items", "Pizza", "price"], "items.*.price")
    True
    """
    wanted = pattern.split(".")
    return len(path) == len(wanted) and all(
        want in ("*", have) for have, want in zip(path, wanted, strict=True)
    )


def keys_at(path: Path_, data: Any, top: type[BaseModel] = Scenario) -> list[str]:
    """Return the keys that the object at a path of raw data may have, [] if it is not fixed.

    ``top`` is the type of the whole data.
    """
    here: list[Any] = [top]
    value = data
    for depth, step in enumerate(path):
        value = _below(value, step)
        component = _component(path[: depth + 1], value) if top is Scenario else []
        here = component or [member for one in here for member in _down(one, step)]
    return [key for one in here if _is_model(one) for key in _keys(one)]


def members(annotation: Any) -> list[Any]:
    """Return the plain types in an annotation, without ``Annotated`` and unions."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for one in get_args(annotation) for member in members(one)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _keys(model: type[BaseModel]) -> list[str]:
    own = [key_of(name, field) for name, field in model.model_fields.items()]
    more = names("store") if model is AgentsSpec else []
    more = section_names() if model is Scenario else more
    return [*own, *(name for name in more if name not in own)]


def _fields(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        pattern = prefix + key_of(name, field)
        yield pattern, field
        if pattern in COMPONENTS:
            yield from _component_fields(pattern)
        else:
            yield from _inside(field.annotation, pattern)
    if model is AgentsSpec:
        kinds = (kind for kind in names("store") if kind not in model.model_fields)
        for kind in kinds:
            yield from _inside(StoreMap, f"{prefix}{kind}")


def _inside(annotation: Any, pattern: str) -> Iterator[tuple[str, FieldInfo]]:
    for member in members(annotation):
        if member is Draw:
            continue
        if _is_model(member):
            yield from _fields(member, f"{pattern}.")
        elif get_origin(member) is dict:
            yield from _inside(get_args(member)[1], f"{pattern}.*")
        elif get_origin(member) is tuple:
            yield from _inside(get_args(member)[0], f"{pattern}.*")


def _component_fields(pattern: str) -> Iterator[tuple[str, FieldInfo]]:
    kind = COMPONENTS[pattern]
    for name in names(kind):
        below = {"event": "*.", "stressor": f"{name}.", "recommender": ""}[kind]
        yield from _fields(parameters_type(kind, name), f"{pattern}.{below}")


def _below(value: Any, step: str | int) -> Any:
    if isinstance(value, Mapping) and isinstance(step, str):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None


def _down(annotation: Any, step: str | int) -> list[Any]:
    if _is_model(annotation):
        for name, field in annotation.model_fields.items():
            if step == key_of(name, field):
                return members(field.annotation)
        return members(StoreMap) if annotation is AgentsSpec else []
    if get_origin(annotation) is dict:
        return members(get_args(annotation)[1])
    if get_origin(annotation) is tuple and isinstance(step, int):
        inside = get_args(annotation)
        return members(inside[0] if Ellipsis in inside else inside[min(step, len(inside) - 1)])
    return []


def _component(path: Path_, value: Any) -> list[Any]:
    """Return the parameter type of the component that stands at a path, if one does."""
    try:
        if len(path) == 1 and path[0] in section_names():
            return [parameters_type("domain", str(path[0]))]
        if len(path) == 2 and path[0] == "events":
            return [parameters_type("event", str(_below(value, "type")))]
        if path == ("social", "recommender"):
            return [parameters_type("recommender", str(_below(value, "name")))]
        if len(path) == 3 and path[:2] == ("stress", "stressors"):
            return [parameters_type("stressor", str(path[2]))]
    except UnknownName:
        return []
    return []
