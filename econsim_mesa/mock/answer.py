"""What the server answers: the reply that came with a request, else one that its schema allows."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from econsim_mesa.mock.gullible import obey
from econsim_mesa.mock.keyed_random import KeyedRandom
from econsim_mesa.mock.request import ChatCall
from econsim_mesa.mock.schema_values import value_of_schema

_MOST_TEXT = 300


def answer(call: ChatCall, random: KeyedRandom, key: bytes, *, gullible: bool = False) -> str:
    """Return the text of a reply.

    The towns of this package prepare it: it is what the embedded decider would do. To anybody
    else it is a value that the schema of the request allows, or plain text, made of words of the
    prompt.

    Args:
        call: What is asked.
        random: What a reply that is made up is drawn from.
        key: What the draws belong to.
        gullible: Whether texts in the prompt are obeyed.
    """
    text, schema = call.prompt[-_MOST_TEXT:], call.schema or {}
    if call.prepared is None and call.schema is None:
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
        reply = obey(reply, call.user, schema)
        if call.repair:
            reply = value_of_schema(schema, draw, text, reply)
    return _json(reply)


def _draw(random: KeyedRandom, key: bytes, place: str) -> float:
    return random.uniform(f"answer{place}", key)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
