"""The chat gateway: every call to a language model, within limits, recorded, never faked.

Importing this loads neither LangChain nor aiohttp: a client loads what it needs.
"""

from econsim_mesa.llm.budget import Usage
from econsim_mesa.llm.client import ChatClient, ClientFault, Raw
from econsim_mesa.llm.connect import connect
from econsim_mesa.llm.gateway import Gateway
from econsim_mesa.llm.messages import ChatGateway, ChatReply, ChatRequest, Message, Status
from econsim_mesa.llm.progress import Progress

__all__ = [
    "ChatClient",
    "ChatGateway",
    "ChatReply",
    "ChatRequest",
    "ClientFault",
    "Gateway",
    "Message",
    "Progress",
    "Raw",
    "Status",
    "Usage",
    "connect",
]
