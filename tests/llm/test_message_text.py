"""An answer is found wherever a server puts it, and reasoning is never taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fault_server import ANSWER, ask, completion

from econsim_mesa.llm.message_text import answer_at_end

CLIENTS = ["direct", "langchain"]
OBJECT = json.loads(ANSWER)
DRAFT = '{"thought":"a draft","actions":[]}'
ANSWERS: list[dict[str, Any]] = [
    {"content": None, "reasoning_content": f"Hungry. {ANSWER}"},
    {"content": "", "reasoning": ANSWER},
    {"content": " \n", "thinking": f"First {DRAFT}, but no:\n```json\n{ANSWER}\n```"},
    {"content": None, "reasoning_details": [{"type": "reasoning.text", "text": ANSWER}]},
    {"content": [{"type": "thinking", "thinking": f"I would {DRAFT}"},
                 {"type": "output_text", "text": ANSWER}]},
    {"content": [{"type": "reasoning", "summary": [{"type": "summary_text", "text": DRAFT}]},
                 {"type": "text", "text": {"value": ANSWER}}]},
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": ANSWER}]}]},
    {"content": [ANSWER]},
    {"content": OBJECT},
    {"content": None, "parsed": OBJECT},
    {"content": "I call the tool.", "tool_calls": [{"function": {"arguments": ANSWER}}]},
    {"content": None, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "a",
                                      "arguments": OBJECT}}]},
    {"content": None, "function_call": {"name": "a", "arguments": ANSWER}},
]  # fmt: skip


def sent(message: dict[str, Any], **changes: Any) -> str:
    body = completion(**changes)
    body["choices"][0]["message"] = {"role": "assistant", **message}
    return json.dumps(body)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("message", ANSWERS)
def test_an_answer_is_found(client: str, message: dict[str, Any]) -> None:
    (reply,), server, _ = ask(lambda n, body: sent(message), client=client, max_attempts=1)
    assert (reply.status, json.loads(reply.text or "")) == ("ok", OBJECT), reply
    assert len(server.bodies) == 1


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "message",
    [
        {"content": None, "reasoning_content": f"I could {DRAFT}, or wait and see."},
        {"content": "", "reasoning": 'So {"store": "Pizza Place"}'},
        {"content": None, "reasoning": "I am hungry."},
    ],
)
def test_reasoning_is_no_answer(client: str, message: dict[str, Any]) -> None:
    (reply,), _, _ = ask(lambda n, body: sent(message), client=client, max_attempts=1)
    assert (reply.status, reply.text or "") == ("empty", "")


@pytest.mark.parametrize("finish", ["length", "MAX_TOKENS", "stop"])
def test_a_reasoning_that_was_cut_holds_drafts_only(finish: str) -> None:
    message = {"content": "", "reasoning": f"Perhaps {DRAFT}" if finish != "stop" else "Perhaps"}
    usage = {"prompt_tokens": 150, "completion_tokens": 800}
    body = sent(message, finish_reason=finish, usage=usage)
    (reply,), _, _ = ask(lambda n, sent: body, max_reasoning_tokens=0)
    assert (reply.status, reply.text or "", reply.output_tokens) == ("truncated", "", 800)


def test_an_answer_ends_a_reasoning() -> None:
    keys = ["thought", "post"]
    said = '{"thought": "a } in a text", "post": {"text": "{"}}'
    assert answer_at_end(f"{{a}} {{b: {said}", keys) == said
    assert answer_at_end(f"{said} is what I think", keys) is None
    assert answer_at_end("{" * 100_000 + "}", keys) is None
    assert answer_at_end("", keys) is None
