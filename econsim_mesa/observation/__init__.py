"""Observation: what each agent may see at the start of a step; read-only, without side effects."""

from econsim_mesa.observation.household import HouseholdObservation, StoreObservation
from econsim_mesa.observation.requests import Request, Requests
from econsim_mesa.observation.view import View, observe

__all__ = ["HouseholdObservation", "Request", "Requests", "StoreObservation", "View", "observe"]
