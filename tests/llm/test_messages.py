"""A request's key changes with each part of its content, and with nothing else."""

from __future__ import annotations

import asyncio
import copy
import dataclasses
import json
import subprocess
import sys

import pytest
from fault_server import SCHEMA, request_of

from econsim_mesa.llm import ChatRequest, Message, Status
from econsim_mesa.llm.messages import ReplySchema
from econsim_mesa.llm.request_fields import Accepted, RequestFields
from econsim_mesa.scenario.llm import LlmSpec


def test_each_part_is_in_the_key() -> None:
    base = request_of(1)
    others = [
        request_of(1, step=4),
        request_of(2),
        request_of(1, call=1),
        request_of(1, messages=base.messages[::-1]),
        request_of(1, messages=(*base.messages, Message("assistant", ""))),
        request_of(1, seed=0),
        request_of(1, schema=ReplySchema({**SCHEMA, "title": "x"})),
    ]
    assert len({base.key, *(other.key for other in others)}) == 8
    assert all(len(other.key) == 64 for other in others)


def test_the_key_does_not_depend_on_order_or_process() -> None:
    base = request_of(1)
    turned = ReplySchema(reversed(copy.deepcopy(SCHEMA).items()))
    assert request_of(1, schema=turned).key == base.key
    assert dataclasses.replace(base).key == base.key
    code = "from fault_server import request_of; print(request_of(1).key)"
    other = {"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=other)
    assert done.stdout.strip() == base.key


def test_texts_that_no_encoding_holds_have_a_key() -> None:
    assert request_of(1, messages=(Message("user", "\ud800"),)).key != request_of(1).key


def test_a_schema_is_written_once_and_in_one_way() -> None:
    assert json.loads(SCHEMA.text) == SCHEMA
    assert SCHEMA.text is SCHEMA.text
    assert ReplySchema({"b": 1, "a": [2]}).text == '{"a":[2],"b":1}'


def test_statuses_are_plain_words() -> None:
    assert [str(status) for status in Status] == (
        ["ok", "refused", "truncated", "empty", "timed_out", "over_budget", "failed", "stopped"]
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        request_of(1).step = 2  # type: ignore[misc]
    assert ChatRequest.__slots__


def test_importing_loads_no_client() -> None:
    code = (
        "import sys, econsim_mesa.llm, econsim_mesa.llm.gateway;"
        "sys.exit(str({'aiohttp', 'openai', 'langchain_core', 'httpx', 'numpy'} & set(sys.modules)"
        " or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


@pytest.mark.parametrize(
    ("url", "names"),
    [
        (None, {"max_completion_tokens"}),
        ("https://api.openai.com/v1", {"max_completion_tokens"}),
        ("https://mine.openai.azure.com/openai/v1", {"max_completion_tokens"}),
        ("http://127.0.0.1:8000/openai.com", {"max_completion_tokens", "max_tokens"}),
        ("https://openrouter.ai/api/v1", {"max_completion_tokens", "max_tokens"}),
    ],
)
def test_a_limit_goes_out_under_the_names_that_a_server_takes(
    url: str | None, names: set[str]
) -> None:
    spec = LlmSpec.model_validate({"base_url": url, "max_output_tokens": 77})
    fields, sent = RequestFields(spec), []

    async def attempt(accepted: Accepted) -> None:
        sent.append(fields.common(request_of(1), accepted))

    asyncio.run(fields.send(request_of(1), attempt))
    assert sent == [{**dict.fromkeys(names, 77), "temperature": 0.7}]
