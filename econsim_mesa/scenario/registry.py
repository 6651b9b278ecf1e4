"""The registry: names in a scenario file -> classes, without importing code that a file names.

Built-in names map to import paths that are fixed here and imported when first used. A user's
own component is registered by the decorator ``register`` or by a package entry point in the
group ``econsim_mesa.<kind>``; a scenario can only say its name.

A component of the kinds ``stressor``, ``recommender`` and ``domain`` has a nested class
``Parameters``; an ``event`` is itself the frozen type of its parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple, TypeVar

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from econsim_mesa.errors import BadInput, NotInstalled, UnknownName
from econsim_mesa.scenario.base import Frozen

MAX_LISTED = 50_000
"""Most components in one list of a scenario: a town of 200,000 households at the density of
``pizza_place`` has 27,000 events, four for each restaurant."""


class _BuiltIn(NamedTuple):
    """Where a component of the package lives, and what it is in one line."""

    path: str
    title: str


_STRESSORS, _DOMAINS = "econsim_mesa.mind.stressors", "econsim_mesa.domains"
_DECISION, _STORES = "econsim_mesa.deciders", "econsim_mesa.society.agents"
_BUILT_IN: dict[str, dict[str, _BuiltIn]] = {
    "decider": {
        "utility": _BuiltIn(
            f"{_DECISION}.utility:Utility",
            "embedded discrete-choice model (default): no key, no network, a baseline",
        ),
        "llm": _BuiltIn(f"{_DECISION}.llm:Llm", "a chat model: OpenAI-compatible, or by LangChain"),
        "utility_llm_words": _BuiltIn(
            f"{_DECISION}.llm_words:UtilityLlmWords",
            "the embedded model acts, and a chat model writes the posts alone",
        ),
        "random": _BuiltIn(
            f"{_DECISION}.random:Random", "uniform over what is legal: the control that must fail"
        ),
        "idle": _BuiltIn(f"{_DECISION}.idle:Idle", "does nothing (benchmarks, tests)"),
    },
    "stressor": {
        "hunger": _BuiltIn(f"{_STRESSORS}.hunger:Hunger", "too little (or much) eaten lately"),
        "fatigue": _BuiltIn(f"{_STRESSORS}.fatigue:Fatigue", "too far walked lately"),
        "congestion": _BuiltIn(f"{_STRESSORS}.congestion:Congestion", "too many people around"),
        "money": _BuiltIn(f"{_STRESSORS}.money:Money", "little cash, poorer than others, losing"),
        "sleep": _BuiltIn(f"{_STRESSORS}.sleep:Sleep", "too little or irregular sleep"),
        "trust": _BuiltIn(f"{_STRESSORS}.trust:Trust", "lost by empty shelves and false news"),
    },
    "recommender": {
        "two_hop": _BuiltIn(
            "econsim_mesa.domains.social.recommend:TwoHop",
            "those followed by those whom one follows",
        ),
    },
    "event": {
        "promotion": _BuiltIn(
            f"{_DOMAINS}.economy.price_events:Promotion",
            "percent off for a while, or on some days or hours",
        ),
        "price_change": _BuiltIn(
            f"{_DOMAINS}.economy.price_events:PriceChange", "a new base price"
        ),
        "consumption_tax": _BuiltIn(
            f"{_DOMAINS}.economy.price_events:ConsumptionTax", "a new rate of tax"
        ),
        "closure": _BuiltIn(
            f"{_DOMAINS}.economy.closing_events:Closure",
            "stores closed for a while, or on some days or hours",
        ),
        "restock": _BuiltIn(f"{_DOMAINS}.economy.supply_events:Restock", "goods arrive at stores"),
        "supply_change": _BuiltIn(
            f"{_DOMAINS}.economy.supply_events:SupplyChange", "another level of restocking"
        ),
        "salary": _BuiltIn(
            f"{_DOMAINS}.economy.transfer_events:Salary", "income for every household"
        ),
        "expense": _BuiltIn(
            f"{_DOMAINS}.economy.transfer_events:Expense", "a bill that every household has to pay"
        ),
        "transfer": _BuiltIn(
            f"{_DOMAINS}.economy.transfer_events:OneOffTransfer",
            "money for households that are drawn",
        ),
        "grant": _BuiltIn(f"{_DOMAINS}.economy.transfer_events:Grant", "an item for households"),
        "subsidy": _BuiltIn(
            f"{_DOMAINS}.economy.transfer_events:Subsidy", "money back for each sale"
        ),
        "keep_out": _BuiltIn(
            f"{_DOMAINS}.mobility.events:KeepOut",
            "cells closed for a while, or on some days or hours",
        ),
        "scripted_posts": _BuiltIn(
            f"{_DOMAINS}.social.events:ScriptedPosts", "posts by a store or a scripted account"
        ),
    },
    "store": {
        "Restaurant": _BuiltIn(f"{_STORES}:Restaurant", "sells food, eaten on the spot or not"),
        "Retailer": _BuiltIn(f"{_STORES}:Retailer", "sells goods to take away"),
    },
    "domain": {
        "body": _BuiltIn(f"{_DOMAINS}.body.domain:Body", "meals and sleep"),
        "mobility": _BuiltIn(f"{_DOMAINS}.mobility.domain:Mobility", "homes, ways and closures"),
        "economy": _BuiltIn(
            f"{_DOMAINS}.economy.domain:Economy", "stores, prices, orders, swaps and transfers"
        ),
        "social": _BuiltIn(f"{_DOMAINS}.social.domain:Social", "followers, posts and timelines"),
    },
    "study": {
        "online_offline": _BuiltIn(
            "econsim_mesa.studies.online_offline.study:OnlineOffline",
            "sales over posts: an inverted U, the spread of sentiment (default)",
        ),
    },
}
KINDS = tuple(_BUILT_IN)
"""Kinds of components."""
_registered: dict[str, dict[str, type]] = {kind: {} for kind in _BUILT_IN}
"""What decorators registered, by kind and name: an import happens once in a process."""
_Component = TypeVar("_Component", bound=type)


def register(kind: str, name: str) -> Callable[[_Component], _Component]:
    """Return a decorator that registers a class under a name that scenarios may use.

    ``kind`` is event, stressor, recommender, decider, store, domain or study. Raises
    ``UnknownName`` for another kind, and ``BadInput`` for a name that is taken and for a domain
    that can have no section of its name in a scenario.
    """
    if kind not in _BUILT_IN:
        raise UnknownName("kind of component", kind, _BUILT_IN)

    def keep(component: _Component) -> _Component:
        taken = name in _BUILT_IN[kind] or _registered[kind].get(name, component) is not component
        if taken:
            raise BadInput(f"the {kind} {name!r} is already registered; choose another name")
        if kind == "domain":
            _check_domain(name, component)
        _registered[kind][name] = component
        return component

    return keep


@contextmanager
def own_registrations() -> Iterator[None]:
    """Begin with no registered component, and forget at the end what was registered within.

    So are sites that were declared within, and files of the user's that were imported within.
    Entry points are looked up anew within, and after it.
    For tests, and for notebooks that register a component again and again.
    """
    global _registered
    from econsim_mesa.scenario.user_files import imported_anew
    from econsim_mesa.society.rng import SITES  # loads NumPy, which a gateway does not need

    sites = dict(SITES)
    before, _registered = _registered, {kind: {} for kind in _BUILT_IN}
    _plugged.cache_clear()
    try:
        with imported_anew():
            yield
    finally:
        _registered = before
        for site in SITES.keys() - sites.keys():
            del SITES[site]
        _plugged.cache_clear()


def registered() -> Iterator[tuple[str, str, type]]:
    """Yield kind, name and class of all that this process registered, entry points left out."""
    for kind, components in _registered.items():
        for name, component in components.items():
            yield kind, name, component


def names(kind: str) -> list[str]:
    """Return all known names of a kind: built in, registered, or from entry points."""
    return list(dict.fromkeys([*_BUILT_IN[kind], *_registered[kind], *_plugged(kind)]))


def section_names() -> list[str]:
    """Return the names of installed domains, but those of the package, in alphabetical order.

    Each may stand at the top of a scenario, with the parameters of the domain.
    """
    fixed = {*_BUILT_IN["domain"], *format_keys()}
    return sorted(name for name in names("domain") if name not in fixed)


def format_keys() -> list[str]:
    """Return the keys at the top of a scenario that belong to the format itself."""
    from econsim_mesa.scenario.types import Scenario  # imports this module

    return [field.alias or name for name, field in Scenario.model_fields.items()]


@cache
def _plugged(kind: str) -> dict[str, EntryPoint]:
    """Return the entry points of a kind; looking through all packages takes 10 ms and more."""
    return {point.name: point for point in entry_points(group=f"econsim_mesa.{kind}")}


def is_built_in(kind: str, name: str) -> bool:
    """Whether a component comes with the package, so that everybody has it."""
    return name in _BUILT_IN[kind]


def lookup(kind: str, name: str) -> Any:
    """Return the class registered under a name. Raises ``UnknownName`` with the nearest one."""
    if name in _registered[kind]:
        return _registered[kind][name]
    if name in _BUILT_IN[kind]:
        module, _, attribute = _BUILT_IN[kind][name].path.partition(":")
        return getattr(import_module(module), attribute)
    if name in _plugged(kind):
        return _load(kind, _plugged(kind)[name])
    raise UnknownName(kind, name, names(kind))


def _load(kind: str, point: EntryPoint) -> Any:
    try:
        component = point.load()
    except Exception as error:  # the code of somebody else
        of = f" of {point.dist.name}" if point.dist is not None else ""
        raise NotInstalled(
            f"the {kind} {point.name!r} ({point.value}{of}) cannot be imported: "
            f"{type(error).__name__}: {error}; install it anew, with what it needs"
        ) from error
    if kind == "domain":
        _check_domain(point.name, component)
    return component


def title(kind: str, name: str) -> str:
    """Return what a component is, in one line; a user's own says it in its docstring."""
    if name in _BUILT_IN[kind]:
        return _BUILT_IN[kind][name].title
    return (lookup(kind, name).__doc__ or "").strip().partition("\n")[0]


def parameters_type(kind: str, name: str) -> type[Frozen]:
    """Return the frozen type of a component's parameters. Raises ``UnknownName``.

    Those of a domain are its section of a scenario, which domains of the package do not have.
    """
    if kind == "domain" and name not in section_names():
        raise UnknownName("domain", name, section_names())
    component = lookup(kind, name)
    chosen: type[Frozen] = component if kind == "event" else component.Parameters
    return chosen


def _check_domain(name: str, domain: type) -> None:
    """Refuse a domain that can have no section. Raises ``BadInput``."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
        raise BadInput(
            f"a domain cannot be named {name!r}: its name must begin with a lower-case letter and "
            "go on with a-z, 0-9 or _"
        )
    if name in format_keys():
        raise BadInput(
            f"a domain cannot be named {name!r}: that is a key of every scenario; choose another "
            "name"
        )
    own_name = getattr(domain, "name", name)
    if own_name != name:
        raise BadInput(f"the domain {name!r} has another name of its own: {own_name!r}")
    parameters = getattr(domain, "Parameters", None)
    if not (isinstance(parameters, type) and issubclass(parameters, Frozen)):
        raise BadInput(
            f"the domain {name!r} needs a nested class Parameters, a subclass of Frozen: its "
            "section of a scenario"
        )


def parse_by_key(kind: str, value: object) -> object:
    """Parse ``{name: parameters}`` into the parameter types of the named components."""
    return parse_all(kind, value) if isinstance(value, Mapping) else value


def parse_all(kind: str, data: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters of components by their names. Raises pydantic's error for all."""
    errors: list[InitErrorDetails] = []
    parsed = {name: _parse(kind, name, value, (name,), errors) for name, value in data.items()}
    _raise_all(kind, errors)
    return parsed


def parse_one(kind: str, value: object, *, key: str) -> object:
    """Parse one object whose ``key`` names its component."""
    errors: list[InitErrorDetails] = []
    parsed = _parse_named(kind, value, key, (), errors)
    _raise_all(kind, errors)
    return parsed


def parse_event(data: Mapping[str, Any]) -> Any:
    """Return the event of a JSON object. Raises ``UnknownName`` and pydantic's errors."""
    return parameters_type("event", str(data.get("type"))).model_validate_json(json.dumps(data))


def parse_list(kind: str, value: object, *, key: str) -> object:
    """Parse a list of objects whose ``key`` names their components."""
    if not isinstance(value, list | tuple):
        return value
    errors: list[InitErrorDetails] = []
    if len(value) > MAX_LISTED:
        errors.append(_error("too_long", f"more than {MAX_LISTED:,} entries", (), value))
        value = ()
    parsed = tuple(_parse_named(kind, one, key, (i,), errors) for i, one in enumerate(value))
    _raise_all(kind, errors)
    return parsed


def _parse_named(
    kind: str, value: object, key: str, at: tuple[int | str, ...], errors: list[InitErrorDetails]
) -> object:
    if isinstance(value, Frozen):
        return value
    if not isinstance(value, Mapping) or not isinstance(value.get(key), str):
        wanted = ", ".join(names(kind))
        message = f"needs an object with the key {key!r}; one of: {wanted}"
        errors.append(_error("missing", message, (*at, key), value))
        return value
    return _parse(kind, value[key], value, at, errors, (*at, key))


def _parse(
    kind: str,
    name: str,
    data: object,
    at: tuple[int | str, ...],
    errors: list[InitErrorDetails],
    name_at: tuple[int | str, ...] | None = None,
) -> object:
    if isinstance(data, Frozen):
        return data
    try:
        return parameters_type(kind, name).model_validate_json(json.dumps(data, default=str))
    except UnknownName as error:
        errors.append(_error("unknown_name", str(error), name_at or at, name))
    except ValidationError as error:
        errors.extend(
            _error(one["type"], one["msg"], (*at, *one["loc"]), one["input"])
            for one in error.errors()
        )
    return data


def _error(kind: str, message: str, at: tuple[int | str, ...], value: object) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError(kind, message), loc=at, input=value)


def _raise_all(title: str, errors: list[InitErrorDetails]) -> None:
    if errors:
        raise ValidationError.from_exception_data(title, errors)
