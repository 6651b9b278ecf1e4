"""What a decider says of itself, which others ask: whether it asks a model, who it is in words."""

from __future__ import annotations

from collections.abc import Collection
from typing import ClassVar, Protocol

from econsim_mesa.errors import NotInstalled, UnknownName
from econsim_mesa.scenario.registry import is_built_in, lookup


class DeciderTraits:
    """Base of deciders that say more of themselves than their name.

    A decider of your own need not inherit from it: what it does not say is as it stands here.
    """

    asks_model: ClassVar[bool] = False
    """Whether it asks a language model: then ``llm`` of the scenario is looked at before a run,
    calls are estimated, and records, reports and the page say that a model decided."""
    has_own_transport: ClassVar[bool] = False
    """Whether its calls go another way than that of ``llm``: then no key and no server is asked
    for before a run."""
    acts_as: ClassVar[str] = ""
    """Name of the decider that acts where the model only writes what is posted."""
    by_formula: ClassVar[bool] = False
    """Whether it reads no words and gives no reasons: its posts are templates, traits of
    households do not act on it, and what it does says nothing about people."""
    in_words: ClassVar[str] = ""
    """Who decides, to follow *the*, and what that is worth; empty: its name says it."""


_TRAITS = tuple(DeciderTraits.__annotations__)


class _Named(Protocol):
    name: ClassVar[str]


def traits(decider: type | _Named) -> type[DeciderTraits]:
    """Return what a decider, or its class, says of itself, with the defaults for the rest."""
    kind = decider if isinstance(decider, type) else type(decider)
    if issubclass(kind, DeciderTraits):
        return kind
    own = {name: getattr(decider, name) for name in _TRAITS if hasattr(decider, name)}
    return type(kind.__name__, (DeciderTraits,), own) if own else DeciderTraits


def traits_of(name: str) -> type[DeciderTraits]:
    """Return what the decider of a name says of itself; the defaults, if it is not installed."""
    try:
        return traits(lookup("decider", name))
    except (UnknownName, NotInstalled):
        return DeciderTraits


def recorded_traits(name: str, named: Collection[str]) -> type[DeciderTraits]:
    """Return what a decider of recorded decisions says of itself.

    A user's own counts only if it is among those that the scenario of the run names: an object that
    was handed over is not there for everybody who reads the run, and another may have its name.
    """
    return traits_of(name) if name in named or is_built_in("decider", name) else DeciderTraits


def is_embedded(name: str) -> bool:
    """Whether a decider is one of the package that decides by formula: anybody can ask it again."""
    return is_built_in("decider", name) and traits_of(name).by_formula


def decides_by_model(kind: type[DeciderTraits]) -> bool:
    """Whether a language model decides, and does not only write."""
    return kind.asks_model and not kind.acts_as
