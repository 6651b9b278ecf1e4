"""Measures of the economy: what stores sold, in items and in money."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction

from econsim_mesa.society.measures import (
    MONEY,
    Count,
    Measure,
    MeasuredStep,
    Subject,
    items_of_stores,
    stores,
)


def _units_of_items(step: MeasuredStep) -> dict[Subject, Count]:
    """Return the whole items sold by store and item; a Fraction of goods that have decimals."""
    sold: Counter[Subject] = Counter()
    for sale in step["sales"]:
        sold[sale.store, sale.item] += sale.quantity
    decimals = {item: step.scenario.items[item].decimals for _, item in sold}
    return {
        (store, item): Fraction(quantity, 10 ** decimals[item]) if decimals[item] else quantity
        for (store, item), quantity in sold.items()
    }


def _units(step: MeasuredStep) -> dict[Subject, Count]:
    """Return the whole items sold by store."""
    units: dict[Subject, Count] = defaultdict(int)
    for (store, _), quantity in step.once(_units_of_items).items():
        units[store,] += quantity
    return units


def _revenue(step: MeasuredStep) -> Counter[Subject]:
    """Return what buyers paid, tax included."""
    revenue: Counter[Subject] = Counter()
    for sale in step["sales"]:
        revenue[sale.store,] += sale.amount
    return revenue


UNITS = Measure("units {}", "items", _units, stores, said="items sold at {}")
REVENUE = Measure("revenue {}", MONEY, _revenue, stores, said="paid at {}")
ITEM_UNITS = Measure(
    "units {}: {}",
    "items",
    lambda step: step.once(_units_of_items),
    items_of_stores,
    said="{1} sold at {0}",
)
