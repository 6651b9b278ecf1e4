"""The feed shows the newest of what happened, filtered and searched."""

from __future__ import annotations

from itertools import pairwise

from econsim_mesa.visualization.activity_feed import (
    MOST_ENTRIES,
    FeedFilter,
    kinds_of,
    newest_entries,
)
from econsim_mesa.visualization.view import Frame


def test_the_feed_is_newest_first_bounded_filtered_and_searched(frame: Frame) -> None:
    everything = newest_entries(frame, FeedFilter(), most=10**6)
    steps = [entry.step for entry in everything]
    assert steps == sorted(steps, reverse=True)
    tables = ("posts", "rejections", "swaps", "events", "inputs")
    baskets = {(sale.step, sale.buyer, sale.store) for sale in frame.so_far("sales", 0)}
    others = sum(len(frame.so_far(table, 0)) for table in tables)
    assert len(everything) == others + len(baskets)
    assert len(newest_entries(frame, FeedFilter())) == MOST_ENTRIES < len(everything)
    assert {entry.kind for entry in newest_entries(frame, FeedFilter(("sale",)))} == {"sale"}
    soda = newest_entries(frame, FeedFilter(text="SODA"), most=10**6)
    assert soda == [e for e in everything if "soda" in f"{e.agent} {e.text} {e.other}".casefold()]
    mine = newest_entries(frame, FeedFilter(agent="Pizza Place"), most=10**6)
    assert mine
    assert all("Pizza Place" in (entry.agent, entry.other) for entry in mine)
    assert {entry.kind for entry in everything} == set(kinds_of(frame.scene))


def test_what_one_buyer_takes_at_one_store_is_one_line(frame: Frame) -> None:
    sales = frame.so_far("sales", 0)
    first = next(
        one
        for one, other in pairwise(sales)
        if (one.step, one.buyer, one.store) == (other.step, other.buyer, other.store)
    )
    basket = [
        sale
        for sale in sales
        if (sale.step, sale.buyer, sale.store) == (first.step, first.buyer, first.store)
    ]
    (line,) = (
        entry.text
        for entry in newest_entries(frame, FeedFilter(("sale",), agent=first.buyer), most=None)
        if (entry.step, entry.other) == (first.step, first.store)
    )
    wording = frame.scene.wording
    goods = ", ".join(wording.amount(sale.item, sale.quantity) for sale in basket)
    paid = wording.money(sum(sale.amount for sale in basket))
    assert line == f"buys {goods} for {paid}"
