"""Models that reason, and refuse what others take: each run ends in decisions, or in what to do."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from llm_town import HOUSEHOLDS, econsim, outcomes, run_small
from recorded import rows

from econsim_mesa.mock import MockServer, app
from econsim_mesa.mock.request import ChatCall, Refused
from econsim_mesa.runs.reader import load_run

CLIENTS = ("direct", "langchain")
STEPS = 2
MODELS: dict[str, dict[str, Any]] = {
    "reasons in a field": {"reasoning": 200},
    "reasons in the text": {"reasoning": 200, "reasoning_in": "text"},
    "answers in the field": {"reasoning": 200, "reasoning_in": "both"},
    "has begun to reason in the prompt": {"reasoning": 200, "reasoning_in": "begun"},
    "reasons for long": {"reasoning": 2000},
    "reasons for long in the text": {"reasoning": 2000, "reasoning_in": "text"},
    "reasons for long, unmarked": {"reasoning": 2000, "reasoning_in": "begun"},
    "reasons for long in one field": {"reasoning": 2000, "reasoning_in": "both"},
    "refuses most": {"refuse": ["temperature", "seed", "reasoning_effort", "system"]},
    "knows the old limit only": {"refuse": ["max_completion_tokens"]},
    "knows the new limit only": {"refuse": ["max_tokens"], "reasoning": 2000},
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("model", MODELS)
def test_with_default_settings_households_decide(model: str, client: str, tmp_path: Path) -> None:
    with MockServer(**MODELS[model]) as server:
        told = run_small(
            server.base_url, tmp_path / "run", "--steps", STEPS, client=client,
            llm__reasoning_effort="medium",
        )  # fmt: skip
    assert told.code == 0, told
    ends = outcomes(tmp_path / "run")
    assert set(ends) <= {"accepted", "repaired"}
    assert sum(ends.values()) == HOUSEHOLDS * STEPS
    cut = [row for row in rows(tmp_path / "run", "calls") if row[4] == "truncated"]
    assert len(cut) <= HOUSEHOLDS  # those of the first step alone


def test_what_a_model_refuses_is_told_and_on_record(tmp_path: Path) -> None:
    with MockServer(refuse=["temperature", "seed"]) as server:
        told = run_small(server.base_url, tmp_path / "run", "--steps", 1)
    assert told.code == 0, told
    assert "seed, temperature: the model refuses it" in told.out
    assert load_run(tmp_path / "run").meta["left_out@0"] == "seed, temperature"
    assert econsim("verify", tmp_path / "run").code == 0


Refuse = Callable[[dict[str, Any]], str | None]
"""Returns why a request is refused; None: it is not."""


def room_is(room: int) -> Refuse:
    """Return the words of vLLM where a reply would be longer than the model's context allows."""

    def refuse(body: dict[str, Any]) -> str | None:
        most, prompt = body.get("max_tokens") or body["max_completion_tokens"], 1500
        if most <= room:
            return None
        context = prompt + room
        return (
            f"'max_tokens' is too large: {most}. This model's maximum context length is {context} "
            f"tokens and your request has {prompt} input tokens ({most} > {context} - {prompt})."
        )

    return refuse


def refuse_by(monkeypatch: pytest.MonkeyPatch, refuse: Refuse) -> None:
    """Have the test server refuse what ``refuse`` gives a reason for."""

    def read(body: bytes, *rest: Any) -> ChatCall:
        why = refuse(json.loads(body))
        if why is not None:
            raise Refused(why)
        return read_call(body, *rest)

    read_call = app.read_call
    monkeypatch.setattr(app, "read_call", read)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_model_reasons_for_as_long_as_its_context_allows(
    client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_by(monkeypatch, room_is(4000))
    with MockServer(reasoning=2000) as server:
        told = run_small(server.base_url, tmp_path / "run", "--steps", 1, client=client)
    assert told.code == 0, told
    assert outcomes(tmp_path / "run") == {"accepted": HOUSEHOLDS}


def nothing(body: dict[str, Any]) -> str | None:
    """Refuse nothing."""
    return None


STOPS: dict[str, tuple[dict[str, Any], Refuse, dict[str, Any], str]] = {
    "reasons without end": (
        {"reasoning": 3000}, nothing, {"llm__max_reasoning_tokens": 1000},
        "llm.max_reasoning_tokens=4000",
    ),
    "reasons without end, unmarked": (
        {"reasoning": 2000, "reasoning_in": "begun"}, nothing, {"llm__max_reasoning_tokens": 0},
        "llm.max_output_tokens=4000",
    ),
    "has little room": ({}, room_is(500), {}, "llm.max_output_tokens=450"),
    "knows no field of the user's": (
        {}, lambda body: "Unrecognized argument: top_k" if "top_k" in body else None,
        {"llm__extra_body": {"top_k": 20, "min_p": 0.1}}, 'llm.extra_body={"min_p": 0.1}',
    ),
    "takes low temperatures only": (
        {}, lambda body: "temperature must be between 0 and 1" if body.get("temperature") else None,
        {"llm__temperature": 1.5}, "llm.temperature=null",
    ),
    "takes small seeds only": (
        {}, lambda body: "seed must be less than 1024" if body.get("seed") else None,
        {}, "llm.send_seed=false",
    ),
    "takes other efforts only": (
        {}, lambda body: "effort: at least low" if body.get("reasoning_effort") else None,
        {"llm__reasoning_effort": "none"}, "llm.reasoning_effort=null",
    ),
    "knows no such form": (
        {}, lambda body: "bad grammar" if body.get("response_format") else None,
        {"llm__response_format": "json_schema"}, "llm.response_format=text",
    ),
    "answers nothing": ({"script": ["empty_content"] * 12}, nothing, {}, "llm.on_failure=idle"),
}  # fmt: skip
"""A server, what it refuses, settings of a run -> the setting that the line names."""


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("model", STOPS)
def test_a_run_that_stops_names_a_setting_with_which_it_goes_on(
    model: str, client: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, refuse, settings, wanted = STOPS[model]
    refuse_by(monkeypatch, refuse)
    with MockServer(**server) as mock:
        told = run_small(mock.base_url, tmp_path / "run", "--steps", 1, client=client, **settings)
        assert told.code == 3, told
        [line] = [line for line in told.err.splitlines() if "stopped at step" in line]
        named = re.search(r"--set ('[^']*'|[^\s;,]+)", line)
        assert named is not None, line
        [setting] = shlex.split(named[1])
        assert setting == wanted
        done = econsim("resume", tmp_path / "run", "--set", setting)
    assert done.code == 0, done
    ends = outcomes(tmp_path / "run")
    assert sum(ends.values()) == HOUSEHOLDS
    without = {"unparseable"} if wanted == "llm.on_failure=idle" else set()
    assert set(ends) <= {"accepted", "repaired"} | without
