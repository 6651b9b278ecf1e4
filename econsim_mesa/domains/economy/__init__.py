"""The economy: ledger, goods, prices, orders and swaps as pure rules over integers."""

from __future__ import annotations

from econsim_mesa.domains.economy.goods import MAX_PRICE, Goods, Item, round_half_up
from econsim_mesa.domains.economy.market import Market
from econsim_mesa.domains.economy.orders import Order, Refusal, Settlement, StoreTerms, Trade
from econsim_mesa.domains.economy.perishables import Batch, Larder
from econsim_mesa.domains.economy.prices import NOT_SOLD, Prices, split_tax
from econsim_mesa.domains.economy.proposals import Proposal, Swap, Swaps, SwapSettlement
from econsim_mesa.society.ledger import MAX_AMOUNT, WORLD, Ledger, Leg

__all__ = [
    "MAX_AMOUNT",
    "MAX_PRICE",
    "NOT_SOLD",
    "WORLD",
    "Batch",
    "Goods",
    "Item",
    "Larder",
    "Ledger",
    "Leg",
    "Market",
    "Order",
    "Prices",
    "Proposal",
    "Refusal",
    "Settlement",
    "StoreTerms",
    "Swap",
    "SwapSettlement",
    "Swaps",
    "Trade",
    "round_half_up",
    "split_tax",
]
