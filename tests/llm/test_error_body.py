"""The sentence for people is found wherever a server puts it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from econsim_mesa.llm.error_body import read_error

RAW = json.dumps({"error": {"message": "top_k is too large", "code": "bad_top_k"}})


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"error": {"message": "No such thing.", "type": "t", "code": "c"}}, "No such thing."),
        ({"error": "model \"x\" is not here"}, 'model "x" is not here'),
        ({"object": "error", "message": "Too long", "code": 400}, "Too long"),
        ([{"error": {"code": 429, "message": "Slow down", "status": "EXHAUSTED"}}], "Slow down"),
        ({"detail": "Not allowed"}, "Not allowed"),
        ({"detail": [{"type": "x", "loc": ["body", "seed"], "msg": "Extra", "input": "sss"}]},
         "seed: Extra"),
        ({"object": "error", "message": {"detail": [{"loc": ["body", "n"], "msg": "Must be 1"}]}},
         "n: Must be 1"),
        ({"errors": [{"message": "one"}, {"message": "two"}]}, "one; two"),
        ({"error": "slow_down", "message": "Calm, please"}, "Calm, please"),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": RAW}}},
         "Provider returned error: top_k is too large"),
        ({"error": {"message": RAW}}, "top_k is too large"),
        ({"error": {"code": "only_a_code"}}, "only_a_code"),
        ("<html><head><title>502 Bad &amp; Ugly</title></head><body>x</body></html>",
         "502 Bad & Ugly"),
        ("<p>Log <b>in</b> first</p><script>alert(1)</script>", "Log in first"),
        ("plain\n words", "plain words"),
        ("", ""),
        ("[" * 5000, "[" * 300),
    ],
)  # fmt: skip
def test_the_sentence_is_found(body: Any, sentence: str) -> None:
    assert read_error(body if isinstance(body, str) else json.dumps(body)).sentence == sentence


def test_codes_a_status_and_headers_are_found_too() -> None:
    inner = {"code": "429", "message": "m", "type": "tokens", "param": None,
             "metadata": {"headers": {"X-RateLimit-Reset": 12, "Other": [1]}}}  # fmt: skip
    read = read_error(json.dumps({"error": inner}))
    assert (read.code, read.status) == ("429 tokens", 429)
    assert read.headers == {"X-RateLimit-Reset": "12"}
    assert read_error('{"error": {"code": 7}}').status is None
    flagged = read_error('{"error": {"message": "no", "metadata": {"flagged_input": "words"}}}')
    assert flagged.code == "flagged"
