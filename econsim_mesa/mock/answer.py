"""What the server answers: the reply that came with a request, else one that its schema allows."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from econsim_mesa.mock.gullible import obey
from econsim_mesa.mock.keyed_random import KeyedRandom
from econsim_mesa.mock.request import ChatCall, Tool
from econsim_mesa.mock.schema_values import value_of_schema

_MOST_TEXT = 300


def called_tool(call: ChatCall, random: KeyedRandom, key: bytes) -> Tool | None:
    """Return which tool a reply calls: one of those that it may call, if there are any."""
    if not call.tools or call.prepared is not None:
        return None
    return call.tools[int(_draw(random, key, "?tool") * len(call.tools))]


def answer(
    call: ChatCall,
    random: KeyedRandom,
    key: bytes,
    *,
    tool: Tool | None = None,
    gullible: bool = False,
) -> str:
    """Return the text of a reply, or the arguments of the tool that it calls.

    The towns of this package prepare it: it is what the embedded decider would do. To anybody
    else it is a value that the schema of the request allows, or plain text, made of words of the
    prompt.

    Args:
        call: What is asked.
        random: What a reply that is made up is drawn from.
        key: What the draws belong to.
        tool: The tool that is called; None: none is.
        gullible: Whether texts in the prompt are obeyed.
    """
    text, schema = call.prompt[-_MOST_TEXT:], tool.parameters if tool else call.schema
    if call.prepared is None and schema is None:
        text = " ".join(text.split())
        return text if call.format == "text" else _json({"text": text})
    draw = partial(_draw, random, key)
    if call.prepared is None:
        reply = value_of_schema(schema, draw, text)
    elif not gullible:
        return call.prepared
    else:
        reply = json.loads(call.prepared)
    if gullible and isinstance(reply, dict):
        reply = obey(reply, call.user, schema or {})
        if call.repair:
            reply = value_of_schema(schema or {}, draw, text, reply)
    return _json(reply)


def _draw(random: KeyedRandom, key: bytes, place: str) -> float:
    return random.uniform(f"answer{place}", key)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
