"""A mock server that is slow, limited by the minute, or has a model that reasons."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from asking import ask, body, content

from econsim_mesa.errors import BadInput, UnknownName
from econsim_mesa.mock import MockServer, Settings, capacity
from econsim_mesa.prompts import Prompt

Steps = list[list[Prompt]]


def test_a_reply_takes_the_time_of_its_tokens_and_slots_are_taken_in_turn(prompts: Steps) -> None:
    with MockServer(tokens_per_second=2000, slots=1, window=0.0) as server:
        begin = time.monotonic()
        with ThreadPoolExecutor(3) as threads:
            asked = [body(prompt) for prompt in prompts[5][:3]]
            replies = list(threads.map(lambda data: ask(server, data)[1]["usage"], asked))
        seconds, stats = time.monotonic() - begin, server.stats()
    tokens = sum(
        usage["completion_tokens"]
        + (usage["prompt_tokens"] - usage["prompt_tokens_details"]["cached_tokens"]) / 10
        for usage in replies
    )
    assert stats["worked"] == pytest.approx(tokens / 2000)
    assert seconds >= stats["worked"]


def test_a_server_gets_slower(prompts: Steps) -> None:
    with MockServer(tokens_per_second=5000, slowing=0.5, window=0.0, cache_block=0) as server:
        worked = [0.0]
        for _ in range(3):
            ask(server, body(prompts[5][0]))
            worked.append(server.stats()["worked"])
    first, second, third = (after - before for before, after in itertools.pairwise(worked))
    assert (second / first, third / first) == (pytest.approx(2), pytest.approx(4))


def test_beyond_its_limit_by_the_minute_it_says_when_to_come_again(
    prompts: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capacity, "MINUTE", 1.0)
    with MockServer(per_minute=2) as server:
        data = body(prompts[5][0])
        assert [ask(server, data)[0] for _ in range(3)] == [200, 200, 429]
        time.sleep(1.0)
        assert ask(server, data)[0] == 200
        assert server.stats()["limited"] == 1


def test_what_is_asked_while_it_is_worked_at_is_counted(prompts: Steps) -> None:
    with MockServer(tokens_per_second=500, window=0.0) as server:
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda data: ask(server, data), [body(prompts[5][0])] * 2))
        ask(server, body(prompts[5][0]))
        assert server.stats()["repeated"] == 1


def message(server: MockServer, prompt: Prompt, **changes: Any) -> tuple[dict[str, Any], int, str]:
    """Return the message of a reply, its tokens, and why it ended."""
    status, reply = ask(server, body(prompt, **changes))
    assert status == 200
    [choice] = reply["choices"]
    return choice["message"], reply["usage"]["completion_tokens"], choice["finish_reason"]


def test_a_model_reasons_by_its_effort_and_is_cut_where_it_has_no_room(prompts: Steps) -> None:
    prompt = prompts[5][0]
    with MockServer(reasoning=100) as server:
        said, tokens, finish = message(server, prompt)
        assert (said["content"][0], len(said["reasoning_content"]), finish) == ("{", 400, "stop")
        low = message(server, prompt, reasoning_effort="low")
        assert low[1] == tokens - 70
        assert "reasoning_content" not in message(server, prompt, reasoning_effort="none")[0]
        said, tokens, finish = message(server, prompt, max_tokens=80)
        assert (said["content"], tokens, finish) == ("", 80, "length")


@pytest.mark.parametrize("place", ["text", "both"])
def test_reasoning_leaks(prompts: Steps, place: str) -> None:
    with MockServer(reasoning=50, reasoning_in=place) as server:
        said, _, _ = message(server, prompts[5][0])
    if place == "text":
        assert said["content"].startswith("<think>\nLet me")
        assert said["content"].partition("</think>")[2].strip().startswith("{")
    else:
        assert said["content"] == ""
        assert said["reasoning_content"].endswith("}")


@pytest.mark.parametrize("name", ["temperature", "seed", "reasoning_effort", "system"])
def test_a_parameter_is_refused_by_name(prompts: Steps, name: str) -> None:
    data = body(prompts[5][0], temperature=0.7, reasoning_effort="low")
    with MockServer(refuse=[name]) as server:
        status, reply = ask(server, data)
        assert status == 400
        assert name in reply["error"]["message"].lower()
        if name == "system":
            data["messages"] = data["messages"][1:]
        else:
            del data[name]
        assert ask(server, data)[0] == 200
        assert content(ask(server, data)[1])


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"refuse": ("top_p",)}, UnknownName),
        ({"reasoning_in": "head"}, UnknownName),
        ({"slots": -1}, BadInput),
        ({"tokens_per_second": float("inf")}, BadInput),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        Settings(**settings)
