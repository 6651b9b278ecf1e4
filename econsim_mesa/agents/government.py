"""The government: an account that receives taxes and may pay subsidies and post."""

from __future__ import annotations

from econsim_mesa.agents.base import Resident


class Government(Resident):
    """The government; it has no place on the grid."""
