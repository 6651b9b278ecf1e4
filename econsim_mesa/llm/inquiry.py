"""Asking a server what it says of the model: its list of models, where it has one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from econsim_mesa.llm.client import ClientFault
from econsim_mesa.llm.redact import Redactor
from econsim_mesa.llm.told import label
from econsim_mesa.llm.wire import Wire

_FIELDS = ("id", "root", "parent", "created", "owned_by", "max_model_len")
"""Fields of an entry that identify a model; servers have different ones of them."""
_ACCOUNTS = ("org-", "user-")
"""How the name of an owner begins that is somebody's account: it is left out."""
_SECONDS = 3.0


async def inquire(wire: Wire, model: str) -> str | None:
    """Return what the server's list of models says of ours, as canonical JSON.

    Of a list of one it is that one: such a server answers by it under any name. None: there is
    no list, or it names other models only. Whatever the server does, this does not raise.
    """
    server = wire.server
    headers = {"Authorization": f"Bearer {server.key}", "Accept-Encoding": "identity"}
    try:
        body = await wire.get(server.address.page("models"), headers, _SECONDS)
        entry = _entry(json.loads(body), model)
    except (ClientFault, ValueError, RecursionError):
        return None
    told = dict(_told(entry, server.redactor))
    return json.dumps(told, sort_keys=True, separators=(",", ":")) if told else None


def _entry(content: Any, model: str) -> Mapping[str, Any]:
    models = content.get("data") if isinstance(content, dict) else None
    entries = [one for one in models if isinstance(one, dict)] if isinstance(models, list) else []
    ours = [one for one in entries if one.get("id") == model]
    alone = entries if len(entries) == 1 else []
    return next(iter([*ours, *alone]), {})


def _told(entry: Mapping[str, Any], redactor: Redactor) -> Iterator[tuple[str, str | int]]:
    """Yield name and value of what identifies a model; of a path only its last two parts."""
    for name in _FIELDS:
        value = entry.get(name)
        text = label(value, redactor)
        if text is not None and not text.startswith(_ACCOUNTS):
            yield name, "/".join(text.split("/")[-2:])
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, value
