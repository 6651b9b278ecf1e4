"""What the utility decider knows of an observation: columns for the households that are asked.

r households are asked; each weighs at most K stores; the town has I items. The columns can be
filled from a town (``perceive``) or from the text of prompts; the choice reads nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from econsim_mesa.deciders.utility.words import Subject
from econsim_mesa.society.rng import Floats, Integers


class Suggestion(NamedTuple):
    """Somebody to follow: how many recent posts are about what the household knows.

    ``replaces`` is whom it would no longer follow; empty: there is room.
    """

    name: str
    relevance: int
    replaces: str


class SwapOffer(NamedTuple):
    """A proposal of a swap, with its values at list prices for the one who is asked."""

    id: int
    gain: float
    loss: float


@dataclass(frozen=True)
class Perception:
    """Columns of shape (r,) unless said otherwise."""

    hour: float
    """Clock hour."""
    at_home: Any
    homeward: Any
    """Whether it is on its way home."""
    going: Any
    """Whether it has a destination."""
    bound: Integers
    """The store to which it is going, -1 for none."""
    standing: Integers
    """The store where it stands, -1 for none."""
    x: Integers
    y: Integers
    hours: Floats
    """Hours since the last meal, at most ``choice.most.hours``."""
    holdings: Integers
    """Items owned, smallest units: (r, I)."""
    cash: Floats
    walked: Floats
    """Cells walked lately."""
    stores: Integers
    """Stores considered, -1 padded: (r, K)."""
    walk: Floats
    """Steps of walking to each: (r, K)."""
    price: Floats
    """Known price of each item there, nan where not sold: (r, K, I)."""
    crowd: Floats
    """Others last met there, 0 if unknown: (r, K)."""
    sold_out: Floats
    """Share of its items last seen sold out, or said to be in posts read since: (r, K).

    1 where it was found closed and has not been seen since.
    """
    talk_store: Floats
    """Timeline term of each store considered, its items not counted: (r, K)."""
    talk_item: Floats
    """Timeline term of each item: (r, I)."""
    posted: Floats
    """Posted prices where it stands, -1 where not sold or not at a store: (r, I)."""
    shelf: Integers
    """Stock where it stands, 0 if not at a store, or at one that is closed: (r, I)."""
    wait_over: Any
    """Whether it is asked since the wait that it named is over, and nothing has happened."""
    unasked: Integers
    """Steps awake in which it was not asked since it last was."""
    levels: dict[str, Floats]
    """Share felt of each stressor, 0 to 1."""
    overall: Floats
    """Overall stress felt, 0 to 1."""
    bought: Any
    """Whether it bought something in the last step."""
    rejected: Any
    """Whether something could not be done in the last step."""
    met: Integers
    """Others met at a store in the last step, 0 if none or not at a store."""
    price_change: Integers
    """Sign of the price change noticed in the last step."""
    subjects: Callable[[int], list[Subject]]
    """What the household in a row may write about."""
    suggestions: Callable[[int], Sequence[Suggestion]]
    """Whom the network suggests to the household in a row."""
    offers: Callable[[int], Sequence[SwapOffer]]
    """Proposals that the household in a row may answer."""
