"""What goes back: completions, with usage, and errors, in the form of OpenAI's protocol."""

from __future__ import annotations

import json
from typing import NamedTuple

from econsim_mesa.mock.cache import CHARACTERS, tokens_of
from econsim_mesa.mock.request import ChatCall, Refused

MODEL = "econsim-mock"


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


class Completion(NamedTuple):
    """A reply with what surrounds it."""

    id: str
    model: str
    content: str | None
    finish: str
    usage: Usage
    refusal: str | None = None
    revision: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the reply as an object for JSON; it says nothing that depends on the clock."""
        message = {"role": "assistant", "content": self.content, "refusal": self.refusal}
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


def complete(call: ChatCall, content: str, cached: int) -> Completion:
    """Return the reply to a call, cut where it asked for fewer tokens."""
    length, finish = tokens_of(content), "stop"
    if call.limit is not None and length > call.limit:
        content, length, finish = content[: call.limit * CHARACTERS], call.limit, "length"
    usage = Usage(tokens_of(call.prompt), length, cached)
    return Completion(f"chatcmpl-{call.content.hex()}", call.model, content, finish, usage)


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
