"""What a server's list of models says of the model in use."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from econsim_mesa.llm.http_client import HttpClient
from econsim_mesa.llm.redact import Redactor
from econsim_mesa.llm.server_identity import clean_label
from econsim_mesa.llm.transport import TransportFault

MOCK_OWNER = "econsim-mesa"
"""Whom the local test server names as the owner of its model."""
_FIELDS = ("id", "root", "parent", "created", "owned_by", "max_model_len")
"""Fields of an entry that identify a model; each server has some of them."""
_ACCOUNTS = ("org-", "user-")
"""How the name of an owner begins that is somebody's account: it is left out."""
_TIMEOUT_SECONDS = 3.0


async def fetch_model_entry(http: HttpClient, model: str) -> str | None:
    """Return what the server's list of models says of a model, as canonical JSON.

    A server that lists one model alone answers by it under any name: then that entry is taken.
    None: there is no list, or it names other models only. Whatever the server does, this does not
    raise.
    """
    server = http.server
    try:
        body = await http.get(server.address.page("models"), server.headers, _TIMEOUT_SECONDS)
        entry = _entry(json.loads(body), model)
    except (TransportFault, ValueError, RecursionError):
        return None
    fields = dict(_identifying(entry, server.redactor))
    return json.dumps(fields, sort_keys=True, separators=(",", ":")) if fields else None


def is_mock_server(entry: str | None) -> bool:
    """Whether an entry, as ``fetch_model_entry`` returns it, is that of the local test server.

    >>> is_mock_server('{"id":"econsim-mock","owned_by":"econsim-mesa"}'), is_mock_server(None)
    (True, False)
    """
    return entry is not None and json.loads(entry).get("owned_by") == MOCK_OWNER


def _entry(content: Any, model: str) -> Mapping[str, Any]:
    models = content.get("data") if isinstance(content, dict) else None
    entries = (
        [each for each in models if isinstance(each, dict)] if isinstance(models, list) else []
    )
    if len(entries) == 1:
        return entries[0]
    return next((entry for entry in entries if entry.get("id") == model), {})


def _identifying(entry: Mapping[str, Any], redactor: Redactor) -> Iterator[tuple[str, str | int]]:
    """Yield name and value of what identifies a model; of a path only its last two parts."""
    for name in _FIELDS:
        value = entry.get(name)
        text = clean_label(value, redactor)
        if text is not None and not text.startswith(_ACCOUNTS):
            yield name, "/".join(text.split("/")[-2:])
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, value
