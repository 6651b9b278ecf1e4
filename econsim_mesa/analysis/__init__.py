"""Analysis: reads finished runs only, and says what is in them."""

from econsim_mesa.analysis.heat import daily
from econsim_mesa.analysis.paired import paired_differences

__all__ = ["daily", "paired_differences"]
