"""A local OpenAI-compatible server without a model.

For demos, tests and benchmarks: real HTTP on 127.0.0.1, no key. Its list of models says that it
is this package's; so a town that asks it sends along, beside the prompt, the reply that the
embedded decider would give, and gets it back. Anybody else gets a reply that is valid under the
JSON schema of the request, a call of one of its tools, or plain text. It reads no prompt.
"""

from econsim_mesa.mock.faults import CHAOS, FAULTS
from econsim_mesa.mock.latency import Latency
from econsim_mesa.mock.server import MockServer
from econsim_mesa.mock.settings import Settings

__all__ = ["CHAOS", "FAULTS", "Latency", "MockServer", "Settings"]
