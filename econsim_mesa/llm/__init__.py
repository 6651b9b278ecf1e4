"""The chat gateway: every call to a language model, within limits, recorded, never faked.

Importing this loads neither LangChain nor aiohttp: a transport loads what it needs.
"""

from econsim_mesa.llm.budget import Usage
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.gateway import Gateway
from econsim_mesa.llm.gateways import Gateways
from econsim_mesa.llm.messages import ChatReply, ChatRequest, Message, Status
from econsim_mesa.llm.progress import Progress
from econsim_mesa.llm.retry import Backoff
from econsim_mesa.llm.transport import Completion, OnReply, Transport, TransportFault

__all__ = [
    "Backoff",
    "ChatReply",
    "ChatRequest",
    "Completion",
    "Gateway",
    "Gateways",
    "Message",
    "OnReply",
    "Progress",
    "Status",
    "Transport",
    "TransportFault",
    "Usage",
    "connect",
]
