"""Where households are, how they move, and when they sleep."""

from econsim_mesa.domains.body.sleep import Sleep
from econsim_mesa.domains.mobility.overnight import send_home
from econsim_mesa.domains.mobility.routes import Routes
from econsim_mesa.domains.mobility.space import Space
from econsim_mesa.domains.mobility.travel import Journey, travel

__all__ = ["Journey", "Routes", "Sleep", "Space", "send_home", "travel"]
