"""A local OpenAI-compatible server that answers with valid actions by the utility model.

For demos, tests and benchmarks: real HTTP on 127.0.0.1, no key, no model. It knows the scenario
and reads everything else in the prompts that it is sent.
"""

from econsim_mesa.mock.faults import CHAOS, FAULTS
from econsim_mesa.mock.latency import Latency
from econsim_mesa.mock.server import MockServer
from econsim_mesa.mock.settings import Settings

__all__ = ["CHAOS", "FAULTS", "Latency", "MockServer", "Settings"]
