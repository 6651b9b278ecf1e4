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


def _units(step: MeasuredStep, by_item: bool) -> dict[Subject, Count]:
    """Return the whole items sold; a Fraction of goods that have decimals."""
    decimals = {name: item.decimals for name, item in step.scenario.items.items()}
    units: dict[Subject, Count] = defaultdict(int)
    for sale in step["sales"]:
        subject = (sale.store, sale.item) if by_item else (sale.store,)
        cut = decimals[sale.item]
        units[subject] += Fraction(sale.quantity, 10**cut) if cut else sale.quantity
    return units


def _units_of_stores(step: MeasuredStep) -> dict[Subject, Count]:
    return _units(step, by_item=False)


def _units_of_items(step: MeasuredStep) -> dict[Subject, Count]:
    return _units(step, by_item=True)


def _revenue(step: MeasuredStep) -> Counter[Subject]:
    """Return what buyers paid, tax included."""
    revenue: Counter[Subject] = Counter()
    for sale in step["sales"]:
        revenue[sale.store,] += sale.amount
    return revenue


UNITS = Measure("units {}", "items", _units_of_stores, stores)
REVENUE = Measure("revenue {}", MONEY, _revenue, stores)
ITEM_UNITS = Measure("units {}: {}", "items", _units_of_items, items_of_stores)
