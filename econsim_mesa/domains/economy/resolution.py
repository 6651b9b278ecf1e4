"""Stores' own actions, orders and their settlement, swaps between households."""

from __future__ import annotations

from typing import Any

from econsim_mesa.domains.economy import Order, Trade
from econsim_mesa.domains.social.resolution import post
from econsim_mesa.society import records as record
from econsim_mesa.society.actions import PlaceOrder, Propose, Publish, React, SetPrice
from econsim_mesa.society.resolution import MARKET, SWAPS, Deed, Turn
from econsim_mesa.society.rng import Integers
from econsim_mesa.society.town import Town


def run_stores(turn: Turn) -> None:
    """Let stores set prices, answer orders and post, before anyone buys."""
    for deed in turn.deeds(MARKET, SetPrice, React, Publish):
        if deed.agent < turn.households:
            continue
        reason = _run_store(turn.town, deed)
        if reason is not None:
            turn.reject(deed, reason)
    if turn.deeds(MARKET, SetPrice):
        turn.town.reprice()


def _run_store(town: Town, deed: Deed) -> str | None:
    """Do one action of a store, or return why not."""
    store, action = deed.agent - town.who.households, deed.action
    if isinstance(action, React):
        return town.market.react(town.t, store, action.id, action.accept)
    if isinstance(action, Publish):
        return post(town, deed)
    item = town.goods.index.get(action.item)
    if item is None or not town.prices.sells[store, item]:
        return f"does not sell {action.item!r}"
    if not 0 <= action.price <= 10**12:
        return f"cannot ask {action.price} for {action.item}"
    town.prices.set_base(store, item, action.price)
    return None


def trade(turn: Turn, asleep: Any, seen_prices: Integers) -> None:
    """Take new orders, then let every store settle what it can."""
    town = turn.town
    standing = town.space.standing()
    for deed in turn.deeds(MARKET, PlaceOrder):
        order = _order(town, deed, asleep, standing, seen_prices)
        if isinstance(order, str):
            turn.reject(deed, order)
        else:
            town.records["orders"].append(_order_record(town, order, deed.action.ttl))
    settled = town.market.settle(town.t, standing, asleep, town.space.arrived, turn.rank(MARKET))
    for sale in settled.sales:
        town.deeds.bought[sale.buyer] += 1
        town.records["sales"].append(_sale_record(town, sale))
    turn.refuse(settled.rejections)


def _order(
    town: Town, deed: Deed, asleep: Any, standing: Integers, seen_prices: Integers
) -> Order | str:
    """Place one order, or return why not."""
    action = deed.action
    store, item = town.who.store(action.store), town.goods.index.get(action.item)
    if asleep[deed.agent]:
        return "asleep"
    if store is None:
        return f"there is no store {action.store!r}"
    if item is None:
        return f"there is no item {action.item!r}"
    if standing[deed.agent] != store:
        return f"not at {action.store}"
    if action.ttl > town.scenario.market.max_ttl:
        return f"an order may stay open for {town.scenario.market.max_ttl} steps at most"
    return town.market.place(
        town.t,
        deed.agent,
        store,
        item,
        action.quantity,
        action.ttl,
        int(seen_prices[store, item]),
        deed.place,
    )


def _order_record(town: Town, order: Order, ttl: int) -> record.Order:
    return record.Order(
        town.t,
        order.id,
        town.who.names[order.buyer],
        town.who.store_names[order.store],
        town.goods.names[order.item],
        order.quantity,
        ttl,
        order.seen_price,
    )


def _sale_record(town: Town, sale: Trade) -> record.Sale:
    return record.Sale(
        town.t,
        town.records.time,
        town.who.store_names[sale.store],
        town.goods.names[sale.item],
        sale.quantity,
        sale.price,
        sale.amount,
        sale.net,
        sale.tax,
        town.who.names[sale.buyer],
        sale.order_id,
    )


def swap(turn: Turn, asleep: Any) -> None:
    """Take answers to proposals of earlier steps, carry them out, then take new proposals."""
    town = turn.town
    for deed in turn.deeds(SWAPS, React):
        if deed.agent < turn.households:
            answer = deed.action
            reason = (
                "asleep"
                if asleep[deed.agent]
                else town.swaps.react(town.t, deed.agent, answer.id, answer.accept, deed.place)
            )
            if reason is not None:
                turn.reject(deed, reason)
    for deed in turn.deeds(SWAPS, Propose):
        reason = _propose(town, deed, asleep)
        if reason is not None:
            turn.reject(deed, reason)
    settled, refusals = town.swaps.settle(town.t, town.space.cells, asleep, turn.rank(SWAPS))
    names, goods = town.who.names, town.who.commodities
    town.records["swaps"].extend(
        record.Swap(
            town.t,
            done.proposal_id,
            names[done.proposer],
            names[done.acceptor],
            goods[done.give_commodity],
            done.give_quantity,
            goods[done.take_commodity],
            done.take_quantity,
        )
        for done in settled
    )
    turn.refuse(refusals)


def _propose(town: Town, deed: Deed, asleep: Any) -> str | None:
    """Make one proposal, or return why not."""
    action, goods = deed.action, town.who.commodities
    other = town.who.household(action.to)
    if asleep[deed.agent]:
        return "asleep"
    if other is None:
        return f"there is no household {action.to!r}"
    if town.space.cells[other] != town.space.cells[deed.agent]:
        return f"{action.to} is not in the same cell"
    unknown = [name for name in (action.give, action.take) if name not in goods]
    if unknown:
        return f"there is no item {unknown[0]!r}"
    if action.ttl > town.scenario.market.max_ttl:
        return f"a proposal may stay open for {town.scenario.market.max_ttl} steps at most"
    made = town.swaps.propose(
        town.t,
        deed.agent,
        other,
        goods.index(action.give),
        action.give_quantity,
        goods.index(action.take),
        action.take_quantity,
        action.ttl,
        deed.place,
    )
    return made if isinstance(made, str) else None
