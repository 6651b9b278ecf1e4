"""The built-in internal states, one a module, over the small base class ``Stressor``."""

from econsim_mesa.mind.stressors.base import (
    S,
    Stressor,
    level_above,
    level_apart,
    level_below,
)
from econsim_mesa.mind.stressors.congestion import Congestion, CongestionParameters
from econsim_mesa.mind.stressors.fatigue import Fatigue, FatigueParameters
from econsim_mesa.mind.stressors.hunger import Hunger, HungerParameters
from econsim_mesa.mind.stressors.money import Money, MoneyParameters
from econsim_mesa.mind.stressors.sleep import Sleep, SleepParameters
from econsim_mesa.mind.stressors.trust import Trust, TrustParameters
from econsim_mesa.mind.stressors.window import DiscountedSum

__all__ = [
    "Congestion",
    "CongestionParameters",
    "DiscountedSum",
    "Fatigue",
    "FatigueParameters",
    "Hunger",
    "HungerParameters",
    "Money",
    "MoneyParameters",
    "S",
    "Sleep",
    "SleepParameters",
    "Stressor",
    "Trust",
    "TrustParameters",
    "level_above",
    "level_apart",
    "level_below",
]
