"""Language-model agents, memory, stress, records and replay for any Mesa model.

See ``docs/toolkit.md``: a model of one's own in twenty lines.
"""

from econsim_mesa.toolkit.actions import Refused
from econsim_mesa.toolkit.agents import ActionResult, AgentStep, LlmAgents, agent_name
from econsim_mesa.toolkit.memory import Memory
from econsim_mesa.toolkit.runs import ModelRun, load_run, record, replay, resume, verify
from econsim_mesa.toolkit.scripted import Scripted
from econsim_mesa.toolkit.stress import Stress

__all__ = [
    "ActionResult",
    "AgentStep",
    "LlmAgents",
    "Memory",
    "ModelRun",
    "Refused",
    "Scripted",
    "Stress",
    "agent_name",
    "load_run",
    "record",
    "replay",
    "resume",
    "verify",
]
