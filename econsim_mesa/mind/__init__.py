"""What goes on inside a household: memory, stress and other internal states, and its persona.

Small classes over arrays with one row a household.
"""

from econsim_mesa.mind.experience import Experience, Start, Surroundings
from econsim_mesa.mind.feelings import Feeling
from econsim_mesa.mind.memory import Memory, MemoryView, Scene
from econsim_mesa.mind.persona import Personas, level_words
from econsim_mesa.mind.recall import Recalled
from econsim_mesa.mind.stress import Felt, Mode, Stress, StressView
from econsim_mesa.mind.stressors.base import S, Stressor
from econsim_mesa.mind.topics import Topics, TopicsView, valence
from econsim_mesa.mind.visit_memory import VisitMemory, VisitMemoryView

__all__ = [
    "Experience",
    "Feeling",
    "Felt",
    "Memory",
    "MemoryView",
    "Mode",
    "Personas",
    "Recalled",
    "S",
    "Scene",
    "Start",
    "Stress",
    "StressView",
    "Stressor",
    "Surroundings",
    "Topics",
    "TopicsView",
    "VisitMemory",
    "VisitMemoryView",
    "level_words",
    "valence",
]
