"""What people are told of a failure has no internal word in it, and says what to do."""

from __future__ import annotations

import pytest

from econsim_mesa.llm.advice import advice, describe_fault, describe_kind
from econsim_mesa.llm.refusals import refusal
from econsim_mesa.llm.transport import TransportFault
from econsim_mesa.scenario.llm import LlmSpec

KINDS = ["timeout", "connect", "tls", "reset", "cut", "empty_body", "too_large", "encoded",
         "bad_utf8", "bad_http", "bad_json", "bad_envelope", "html", "stream", "http_503",
         "error_200", "error_TypeError"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_internal_word_is_shown(kind: str) -> None:
    words = describe_kind(kind)
    assert "_" not in words
    assert kind not in words.split() or kind == "stream"
    assert describe_fault(TransportFault(kind, retryable=True)) == words
    assert (
        describe_fault(TransportFault(kind, retryable=True, body="so\nit is"))
        == f"{words}: so it is"
    )


@pytest.mark.parametrize(
    ("said", "tokens"),
    [
        ("max_tokens is too large: 800. This model supports at most 480 completion tokens, whereas "
         "you provided 800.", 480),
        ("`max_tokens` must be less than or equal to `640`, the maximum value for `max_tokens` is "
         "less than the `context_window` for this model", 640),
        ("max_tokens: 800 > 256, which is the maximum allowed number of output tokens", 256),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 600]", 600),
        ("maxOutputTokens value of 800 but the supported range is from 1 (inclusive) to 501 "
         "(exclusive)", 500),
        ("Invalid 'max_completion_tokens': integer above maximum value. Expected a value <= 700, "
         "but got 800 instead.", 700),
        ("This model's maximum context length is 1024 tokens. However, you requested 1324 tokens "
         "(524 in the messages, 800 in the completion).", 450),
        ("'max_tokens' is too large: 800. This model's maximum context length is 1000 tokens and "
         "your request has 600 input tokens (800 > 1000 - 600).", 360),
    ],
)  # fmt: skip
def test_replies_that_are_too_long_are_made_as_long_as_they_may_be(said: str, tokens: int) -> None:
    assert f"--set llm.max_output_tokens={tokens}" in advice(f"HTTP 400: {said}", LlmSpec())
    shorter = LlmSpec(max_output_tokens=100)
    assert "max_output_tokens=800" not in advice(f"HTTP 400: {said}", shorter)


@pytest.mark.parametrize(
    ("status", "said", "to_do"),
    [
        (400, "After the optional system message, conversation roles must alternate",
         "another template"),
        (400, "the request exceeds the available context size", "than the model reads"),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", "than the model reads"),
        (400, "`inputs` tokens + `max_new_tokens` must be <= 4097", "than the model reads"),
        (413, "Payload Too Large", "larger than the server takes"),
        (429, "Request too large for m on tokens per min (TPM): Limit 6000, Requested 8100",
         "larger than the server takes"),
        (400, "property 'seed' is unsupported", "llm.send_seed=false"),
        (400, "`temperature` is deprecated for this model", "llm.temperature=null"),
        (422, "json_schema: grammar is too complex", "llm.response_format=text"),
        (401, "Unauthorized", "is the key"),
        (400, "API key not valid. Please pass a valid API key.", "is the key"),
        (402, "Insufficient Balance", "credit"),
        (403, "Country, region, or territory not supported", "no calls from here"),
        (403, "Project p has no access to model m", "allow this use"),
        (403, "Invalid authentication credentials", "is the key"),
        (403, "Input flagged by moderation", "llm.on_failure"),
        (400, "The prompt triggered the jailbreak filter", "llm.on_failure"),
        (404, "The model m does not exist", "name of the model"),
        (429, "Too many requests", "llm.requests_per_minute"),
    ],
)  # fmt: skip
def test_what_to_do_is_said(status: int, said: str, to_do: str) -> None:
    assert to_do in advice(describe_fault(refusal(status, said, {})))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_server_that_moved_is_named_and_not_followed(status: int) -> None:
    asked = "https://here.example/v1/chat/completions"
    there = "https://me:pw@there.example/api/v1/chat/completions?key=1234"
    fault = refusal(status, "", {"Location": there}, asked)
    words = describe_fault(fault)
    assert (fault.retryable, fault.hopeless) == (False, True)
    assert "https://there.example/api/v1/chat/completions" in words
    assert "pw" not in words
    assert "1234" not in words
    assert advice(words).endswith("--base-url https://there.example/api/v1")
    assert "exist there" in advice(
        describe_fault(refusal(status, "", {"Location": "/login"}, asked))
    )
    assert describe_fault(refusal(status, "", {}, asked)).endswith("it sends calls elsewhere")


def test_who_set_a_limit_on_time_is_told_to_take_it_away() -> None:
    late = describe_kind("timeout")
    assert "--set llm.timeout_seconds=null" in advice(late, LlmSpec(timeout_seconds=60))
    assert "--set llm.timeout_seconds=7200" in advice(late)
    gone = "no answer came within llm.deadline_seconds=300"
    spec = LlmSpec(deadline_seconds=300)
    assert advice(gone, spec) == "set none: --set llm.deadline_seconds=null"


def test_a_further_field_that_is_refused_is_named() -> None:
    spec = LlmSpec(extra_body={"top_k": 20, "min_p": 0.1})
    assert advice("HTTP 400: Unrecognized request argument supplied: top_k", spec) == (
        "leave top_k out: --set 'llm.extra_body={\"min_p\": 0.1}'"
    )
