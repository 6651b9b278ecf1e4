"""What households and stores are shown of the economy stands in lines of a prompt."""

from __future__ import annotations

from datetime import datetime

from econsim_mesa.domains.economy.observation import (
    EconomySection,
    Good,
    KnownStore,
    LastStep,
    Offer,
    Shelf,
    StoreSection,
    WaitingOrder,
)
from econsim_mesa.society.clock import Clock
from econsim_mesa.society.wording import Wording

WORDING = Wording("coin", 2, {"Tea": 1}, Clock(datetime(2026, 1, 5), 60))
NOTHING = LastStep((), (), -1, 0, "")
SHELVES = (Shelf("Tea", 20, 0), Shelf("Pie", 100, 9), Shelf("Rice 5", 30, -1))


def household(**changes: object) -> EconomySection:
    shown = {"t": 9, "cash": 0, "goods": (), "last_step": NOTHING, "here": None, "stores": (),
             "offers": ()}  # fmt: skip
    return EconomySection(**(shown | changes))  # type: ignore[arg-type]


def store(name: str, visited: int, crowd: int, shut: int = -1) -> KnownStore:
    return KnownStore(name, "Retailer", 4, 4, 3, visited, crowd, SHELVES, shut)


def test_who_knows_nothing_is_shown_cash_and_goods_alone() -> None:
    assert list(household(cash=7).lines("given", WORDING)) == ["[cash] 0.07 coin", "[goods] none"]


def test_a_household_is_shown_what_it_has_remembers_and_is_offered() -> None:
    section = household(
        goods=(Good("Tea", 2), Good("Rice 5", 1)),
        last_step=LastStep(("Pie",), ("not at Cafe",), 2, -1, "Pie", ("bought 1 Pie", "ate 1 Pie")),
        here=store("Cafe", 9, 2),
        stores=(store("Shop", 4, 3, 7), store("Mill", -1, -1), store("Bar", 8, -1)),
        offers=(Offer(5, "H1", "Pie", 1, "coin", 90),),
    )
    assert list(section.lines("given", WORDING)) == [
        "[cash] 0.00 coin",
        '[goods] 0.2 Tea, 1 "Rice 5"',
        '[last] Mon 08:00: bought 1 Pie; ate 1 Pie; could not: "not at Cafe"; met 2 others; '
        "Pie cheaper",
        '[here] Cafe: Tea 0.20 (sold out), Pie 1.00 (9 left), "Rice 5" 0.30; 2 others here',
        "[known] Shop: 3 cells away; found closed Mon 07:00; seen Mon 04:00 with 3 others: "
        'Tea 0.20 (sold out), Pie 1.00 (9 left), "Rice 5" 0.30',
        "[known] Mill: 3 cells away",
        "[known] Bar: 3 cells away; seen Mon 08:00: "
        'Tea 0.20 (sold out), Pie 1.00 (9 left), "Rice 5" 0.30',
        "[offers] id 5: H1 gives 1 Pie for 0.90 coin",
    ]


def test_options_stand_in_the_order_asked_for() -> None:
    section = household(
        goods=(Good("Tea", 2), Good("Pie", 1)), stores=(store("Shop", -1, -1), store("Bar", -1, -1))
    )
    for listing in ("reversed", "alphabetical"):
        _, goods, *known = section.lines(listing, WORDING)  # type: ignore[arg-type]
        assert (goods, known) == (
            "[goods] 1 Pie, 0.2 Tea",
            ["[known] Bar: 3 cells away", "[known] Shop: 3 cells away"],
        )


def test_a_store_is_shown_its_shelves_and_the_orders_that_wait() -> None:
    section = StoreSection(
        50, SHELVES, (Good("Tea", 25),), 2, (WaitingOrder(3, "H0", "Tea", 4, 20),)
    )
    assert list(section.lines("reversed", WORDING)) == [
        "[cash] 0.50 coin",
        '[shelves] "Rice 5" 0.30, Pie 1.00 (9 left), Tea 0.20 (sold out)',
        "[base] Tea 0.25",
        "[visitors] 2 households",
        "[orders] id 3: H0 wants 0.4 Tea at 0.20 coin each",
    ]
