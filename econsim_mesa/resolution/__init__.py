"""Resolution: how the joint actions of a step change the town, a domain a file."""

from econsim_mesa.resolution.resolve import resolve

__all__ = ["resolve"]
