"""What one step did to every household: the only thing that internal states learn from.

All arrays have one row a household, in the order of the dense index. An experience is made by
the model at the end of a step and read by stressors; nobody writes into it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from econsim_mesa.languages import ENGLISH, Language
from econsim_mesa.society.rng import Booleans, Floats, Integers


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where all households stand, and what they have; arrays of shape (n,) unless said otherwise.

    At the start of a step that is not what the step before left: overnight they were sent home,
    and this step's events have paid income and changed prices.
    """

    at_home: Booleans
    """Whether the household is at home."""
    cash: Integers
    """Cash in the smallest currency unit."""
    holdings: Integers
    """Items held in their smallest units, shape (n, I)."""
    unit: Integers
    """Smallest units in a whole item, shape (I,)."""
    cheapest: Floats
    """Cheapest posted price per whole item, shape (I,); nan: sold nowhere."""
    near: Callable[[int], Integers]
    """Other households within radius r of each, given r in cells of king's distance."""
    near_out: Callable[[int], Integers]
    """The same, but for those at home: they are not counted, and for them it is 0."""


@dataclass(frozen=True, slots=True)
class Experience(Surroundings):
    """One step of all households, and where it left them; arrays as in ``Surroundings``."""

    t: int
    """The step."""
    hour: float
    """Clock hour at which the step begins, 0 <= hour < 24."""
    step_hours: float
    """Length of a step in hours."""
    nutrition: Floats
    """Nutrition points eaten in this step."""
    distance: Floats
    """Cells moved in this step (a diagonal is 1)."""
    slept: Booleans
    """Whether the household was asleep during this step."""
    fell_asleep: Booleans
    """Whether it fell asleep in this step."""
    woke: Booleans
    """Whether it woke in this step."""
    events: Mapping[str, Integers | Floats]
    """Further counts by name for states of one's own: ``bought``, ``ate``, ``rejected``,
    ``stock_outs`` (orders refused for want of stock), and what was learned on coming to a store:
    ``empty_shelves``, ``false_news``, ``true_news``."""


@dataclass(frozen=True, slots=True)
class Start:
    """The households before step 0: what a history can be filled with."""

    n: int
    """Number of households."""
    cash: Integers
    """Cash in the smallest currency unit, shape (n,)."""
    holdings: Integers
    """Items held in their smallest units, shape (n, I)."""
    unit: Integers
    """Smallest units in a whole item, shape (I,)."""
    cheapest: Floats
    """Cheapest posted price per whole item, shape (I,); nan: sold nowhere."""
    step_hours: float
    """Length of a step in hours."""
    items: tuple[str, ...] = ()
    """Names of the items in the order of the columns, for parameters that name an item."""
    language: Language = ENGLISH
    """The language in which reasons are given."""
    needs: Mapping[str, Floats] = field(default_factory=dict)
    """Stressor -> factor on its target for each household, shape (n,); the others have none."""
