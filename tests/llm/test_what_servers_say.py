"""What a server says in a reply with status 200 is heard as what it is, by both clients alike."""

from __future__ import annotations

import codecs
import json
import time
from typing import Any

import pytest
from fault_server import ANSWER, GOOD, FaultServer, ask, completion

from econsim_mesa.llm.advice import advice

CLIENTS = ["direct", "langchain"]
INTERNAL = ("bad_", "http_", "html", "gone", "encoded", "envelope")


def error(**fields: Any) -> str:
    return json.dumps({"error": fields})


def choice(**fields: Any) -> str:
    body = completion("half an answ", finish_reason="error")
    body["choices"][0] |= fields
    return json.dumps(body)


def answer_bytes(monkeypatch: pytest.MonkeyPatch, body: bytes, **headers: str) -> None:
    """Let servers of this test answer any call with these bytes."""
    from aiohttp import web

    async def behave(server: FaultServer, request: Any, what: str) -> Any:
        return web.Response(body=body, headers=headers)

    monkeypatch.setattr(FaultServer, "_behave", behave)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("body", "faults", "words", "to_do"),
    [
        (json.dumps({"error": "model 'qwen9' not found, try pulling it first"}), ("http_404",),
         "not found, try pulling", "name of the model"),
        (error(message="Your credit balance is too low"), ("http_429",), "credit balance",
         "credit left"),
        (error(message="Wrong api key", code="invalid_api_key"), ("http_401",), "Wrong api key",
         "is the key"),
        (error(message="Slow down", code="rate_limit_exceeded", retry_after=0.001),
         ("http_429",) * 3, "Slow down", "requests_per_minute"),
        (error(message="Backend sulks"), ("error_200",) * 2, "Backend sulks", ""),
        (json.dumps({"detail": "Worker is away"}), ("error_200",) * 2, "Worker is away", ""),
        (json.dumps({"choices": []}), ("bad_envelope",) * 2, "offers no choice", ""),
        (json.dumps({"pong": 1}), ("bad_envelope",) * 2, "it has pong", ""),
        (choice(error={"code": 503, "message": "The upstream fell over"}), ("http_503",) * 2,
         "The upstream fell over", ""),
        (choice(), ("error_200",) * 2, "ended in an error", ""),
        ("<html><title>Guest network</title><body>Hi</body></html>", ("html",) * 2,
         "web page came in place of an answer: Guest network", "logged in to its network"),
        (f'data: {{"id": "c"}}\n\ndata: {GOOD}\n\ndata: [DONE]\n', ("stream",), "is a stream",
         "switch streaming off"),
        ('event: x\ndata: {"a": 1}\n\n', ("stream",), "is a stream", "switch streaming off"),
        ('{"message": {"content": "a"}}\n{"message": {"content": "b"}}\n', ("stream",),
         "is a stream", "switch streaming off"),
    ],
)  # fmt: skip
def test_what_stands_in_a_reply_with_status_200(
    client: str, body: str, faults: tuple[str, ...], words: str, to_do: str
) -> None:
    settings = {"max_attempts": 2, "deadline_seconds": 2.0 if "Slow" in body else 30.0}
    (reply,), _, _ = ask(lambda n, asked: body, client=client, **settings)
    assert reply.status == "failed"
    assert reply.faults[: len(faults)] == faults
    assert words in reply.fault_text
    assert not any(word in reply.fault_text for word in INTERNAL)
    assert to_do in advice(reply.fault_text)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_reply_behind_a_mark_of_its_encoding_is_read(
    client: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_bytes(monkeypatch, codecs.BOM_UTF8 + GOOD.encode())
    (reply,), _, _ = ask(lambda n, body: "", client=client)
    assert (reply.status, reply.text, reply.faults) == ("ok", ANSWER, ())


@pytest.mark.parametrize("client", CLIENTS)
def test_long_headers_do_no_harm(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_bytes(monkeypatch, GOOD.encode(), **{"X-Trace": "t" * 40_000})
    (reply,), _, _ = ask(lambda n, body: "", client=client)
    assert (reply.status, reply.faults) == ("ok", ())


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    "said",
    [
        '400:{"error":{"message":"Your request was rejected","code":"content_policy_violation"}}',
        '400:{"error":{"message":"Invalid prompt: flagged as potentially violating our usage '
        'policy","code":"invalid_prompt"}}',
        '403:{"error":{"message":"Input flagged","code":403,"metadata":{"flagged_input":"a"}}}',
        '400:{"error":{"message":"Filtered","innererror":{"code":"ResponsibleAIPolicyViolation"}}}',
        '400:{"error":{"message":"Input data may contain inappropriate content.",'
        '"code":"data_inspection_failed"}}',
        '{"error":{"message":"Content Exists Risk","code":400}}',
    ],
)
def test_a_text_that_a_filter_declines_is_refused_and_no_fault(client: str, said: str) -> None:
    (reply,), server, _ = ask(lambda n, body: said, client=client)
    assert (reply.status, reply.faults, len(server.bodies)) == ("refused", (), 1)
    assert reply.fault_text.startswith("declined by a filter: ")
    assert "llm.on_failure" in advice(reply.fault_text)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_limit_by_the_minute_is_waited_for_however_many_attempts_it_takes(client: str) -> None:
    said = "429:" + error(message="Quota exceeded. Please retry in 0.001s.", code=429)
    (reply,), _, _ = ask(
        lambda n, body: said if n < 6 else "ok", client=client, max_attempts=2,
        deadline_seconds=60.0,
    )  # fmt: skip
    assert (reply.status, reply.faults) == ("ok", ("http_429",) * 6)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_limit_of_the_day_stops_all_at_once_and_says_until_when(client: str) -> None:
    reset = int(1000 * (time.time() + 5 * 3600))
    quoted = {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}}
    said = "429:" + error(message="free-models-per-day", code=429, metadata=quoted)
    replies, server, _ = ask(lambda n, body: said, 12, client=client, max_concurrency=2)
    assert len(server.bodies) <= 2
    day = f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(reset / 1000))}"
    stopped = [reply for reply in replies if reply.status == "stopped"]
    assert len(stopped) >= 10
    assert all(reply.fault_text.startswith("takes no calls now: HTTP 429") for reply in stopped)
    hour = day[:13]
    assert all(f"come again at {hour}" in reply.fault_text for reply in replies)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_request_that_never_fits_is_not_tried_again(client: str) -> None:
    said = "429:" + error(message="tokens per min: Limit 900, Requested 1,700", code="rate_limit")
    (reply,), server, _ = ask(lambda n, body: said, client=client)
    assert (reply.status, len(server.bodies)) == ("failed", 1)
    assert "larger than the server takes" in advice(reply.fault_text)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_is_refused_for_good_again_and_again_is_asked_no_more(client: str) -> None:
    replies, server, _ = ask(
        lambda n, body: "400:the field top_p must be set", 60, client=client, max_concurrency=4,
        breaker=8,
    )  # fmt: skip
    assert len(server.bodies) <= 8 + 4
    last = replies[-1]
    assert last.status == "stopped"
    assert last.fault_text == "refuses all calls: HTTP 400: the field top_p must be set"


def test_refusals_of_some_leave_the_others() -> None:
    replies, _, _ = ask(
        lambda n, body: "400:too rude" if n % 2 else "ok", 40, max_concurrency=1, breaker=3
    )
    assert {reply.status for reply in replies} == {"ok", "failed"}
    assert {reply.permanent for reply in replies if reply.status == "failed"} == {True}


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [("502:<title>Bad gateway</title>", "fails all calls: HTTP 502: Bad gateway"),
     ("hang", "does not answer: no answer came")],
)  # fmt: skip
def test_a_server_that_is_there_is_not_called_gone(behaviour: str, words: str) -> None:
    replies, _, _ = ask(
        lambda n, body: behaviour, 8, breaker=3, breaker_seconds=0.0, timeout_seconds=0.1
    )
    stopped = [reply.fault_text for reply in replies if reply.status == "stopped"]
    assert stopped
    assert all(said.startswith(words) for said in stopped)
