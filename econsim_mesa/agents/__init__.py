"""The agents that Mesa knows: state and little else; their numbers live in the town's arrays."""

from econsim_mesa.agents.government import Government
from econsim_mesa.agents.household import Household
from econsim_mesa.agents.store import Restaurant, Retailer, Store

__all__ = ["Government", "Household", "Restaurant", "Retailer", "Store"]
