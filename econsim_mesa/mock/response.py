"""What goes back: completions, with usage, and errors, in the form of OpenAI's protocol."""

from __future__ import annotations

import json
from typing import NamedTuple

from econsim_mesa.mock.cache import CHARACTERS, tokens_of
from econsim_mesa.mock.request import ChatCall, Refused

MODEL = "econsim-mock"
EFFORTS = {"none": 0.0, "minimal": 0.1, "low": 0.3, "medium": 1.0, "high": 2.0, "xhigh": 4.0}
"""How long a model reasons by its effort, over how long at medium effort."""


class Usage(NamedTuple):
    """Tokens of a call."""

    prompt: int
    completion: int
    cached: int

    def to_json(self) -> dict[str, object]:
        """Return the usage as it stands in a completion."""
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached},
        }


class Reasoning(NamedTuple):
    """How long a model reasons at medium effort, in tokens, and where a server puts that."""

    tokens: int
    place: str


class Completion(NamedTuple):
    """A reply with what surrounds it; ``content`` may be the arguments of a call of ``tool``."""

    id: str
    model: str
    content: str | None
    finish: str
    usage: Usage
    refusal: str | None = None
    revision: str = ""
    reasoning: str = ""
    tool: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the reply as an object for JSON; it says nothing that depends on the clock."""
        message: dict[str, object] = {"role": "assistant", "content": self.content}
        message["refusal"] = self.refusal
        if self.tool and self.content:
            function = {"name": self.tool, "arguments": self.content}
            called = {"id": f"call-{self.id}", "type": "function", "function": function}
            message |= {"content": None, "tool_calls": [called]}
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": 0,
            "model": self.model,
            "choices": [choice],
            "usage": self.usage.to_json(),
            **({"system_fingerprint": self.revision} if self.revision else {}),
        }

    def encode(self) -> bytes:
        """Return the reply as it is sent."""
        return json.dumps(self.to_json(), ensure_ascii=False).encode("utf-8", "replace")


def complete(
    call: ChatCall, content: str, cached: int, reasoning: Reasoning, tool: str = ""
) -> Completion:
    """Return the reply to a call, cut where it asked for fewer tokens.

    Its content is the arguments of a call of ``tool``, if one is named.
    """
    thought = _thought(call, reasoning.tokens)
    length, finish = tokens_of(thought) + tokens_of(content), "tool_calls" if tool else "stop"
    if call.limit is not None and length > call.limit:
        length, finish = call.limit, "length"
        most = call.limit * CHARACTERS
        thought, content = thought[:most], content[: max(most - len(thought), 0)]
    place = "" if tool else reasoning.place  # reasons do not mix with arguments
    if thought and place in ("text", "begun"):
        opened = "<think>\n" if place == "text" else ""
        closed = "\n</think>\n\n" if content else ""
        thought, content = "", f"{opened}{thought}{closed}{content}"
    elif thought and place == "both":
        thought, content = f"{thought}\n{content}", ""
    usage = Usage(tokens_of(call.prompt), length, cached)
    name = f"chatcmpl-{call.content.hex()}"
    return Completion(name, call.model, content, finish, usage, reasoning=thought, tool=tool)


def _thought(call: ChatCall, tokens: int) -> str:
    """Return what a model reasons, with as many tokens as the effort of a call has."""
    characters = int(tokens * EFFORTS.get(call.effort or "", 1.0)) * CHARACTERS
    return ("Let me think about the day, the purse and the shops. " * (characters // 50 + 1))[
        :characters
    ]


def error(message: str, status: int, param: str | None = None) -> bytes:
    """Return the body of an error."""
    kind = "invalid_request_error" if status < 429 else "server_error"
    kind = "rate_limit_exceeded" if status == 429 else kind
    content = {"message": message, "type": kind, "param": param, "code": status}
    return json.dumps({"error": content}).encode()


def refusal(refused: Refused) -> bytes:
    """Return the body that answers a request that cannot be served."""
    return error(str(refused), refused.status, refused.param)


def models(owner: str) -> bytes:
    """Return the list of models of an owner: one, though any name is answered."""
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": owner}
    return json.dumps({"object": "list", "data": [model]}).encode()
