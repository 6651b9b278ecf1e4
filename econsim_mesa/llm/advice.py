"""A fault of a server in words for people, and what they can do about it."""

from __future__ import annotations

import json
import re
import shlex

from econsim_mesa.llm.refusals import CALL, SPENT
from econsim_mesa.llm.request_fields import SYSTEM_ROLE
from econsim_mesa.llm.transport import TransportFault
from econsim_mesa.scenario.llm import LlmSpec

_KINDS = {
    "timeout": "no answer came in the time allowed for one",
    "connect": "it cannot be reached",
    "tls": "no secure connection came about",
    "reset": "the connection was closed before the answer was there",
    "cut": "its answer broke off",
    "empty_body": "its answer has nothing in it",
    "too_large": "its answer is larger than two megabytes",
    "encoded": "its answer is packed in a way that nobody asked for",
    "bad_utf8": "its answer is no UTF-8 text",
    "bad_http": "its answer is no HTTP",
    "bad_json": "its answer is no JSON",
    "bad_envelope": "its answer is no chat completion",
    "html": "a web page came in place of an answer",
    "stream": "its answer is a stream, though a whole one was asked for",
    "error_200": "it answered with an error",
}
WITHOUT_REPLIES = "to go on without such replies: --set llm.on_failure=idle (or utility)"
_DECLINED = f"what one agent wrote or read was declined; {WITHOUT_REPLIES}"
_SHORTER = "shorter prompts (--set memory.steps=4) or replies (--set llm.max_output_tokens=400)"
_SLOWER = "ask more slowly: --set llm.requests_per_minute=10, or --max-concurrency 2"
_ADVICE = (
    (r"declined by a filter", _DECLINED),
    (r"https, and the address begins with http:", "give --base-url with https://"),
    (r"plain http, and the address begins with https:", "give --base-url with http://"),
    (r"certificate has expired|certificate is not valid yet",
     "is the clock of this machine right? Else who runs the server must renew it"),
    (r"certificate is for another name", "give --base-url with the name in the certificate"),
    (r"certificate", "if you trust it, name a file with its certificate, or with that of who "
     "signed it, in the environment: SSL_CERT_FILE=FILE"),
    (r"it sends calls on to", "does the address (up to /v1) exist there?"),
    (r"HTTP 407", "put user and password of the proxy into its variable"),
    (r"web page|login page", "is the address that of the API (up to /v1), and is this machine "
     "logged in to its network?"),
    (r"answer is a stream", "switch streaming off in the gateway in front of the model"),
    (r"answer is packed", "switch compression off in the gateway in front of the model"),
    (r"headers are", "let the gateway in front of the model send fewer or shorter ones"),
    (r"HTTP 429.*(retry|again) (in|after|at)", _SLOWER),
    (rf"HTTP 402|{SPENT.pattern}", "is there credit left with the provider?"),
    (r"HTTP 401|api.?key|HTTP 403.*(credential|authenticat|unauthori|access token|bearer)",
     "is the key in the environment the right one for this server?"),
    (r"HTTP 404|HTTP 405", "do the address (up to /v1) and the name of the model exist there?"),
    (r"HTTP 403.*(country|region|territory|location)", "the provider serves no calls from here"),
    (r"HTTP 403", "does the provider allow this use, and this model, to who calls?"),
    (r"request (is )?too large|HTTP 413|limit:? [\d,]+.*requested:? [\d,]+",
     f"one call alone is larger than the server takes: {_SHORTER}, or a higher limit there"),
    (SYSTEM_ROLE.pattern,
     "this model's template does not take the messages, even without a system role: take another "
     "model, or give the server another template (--chat-template of vLLM and llama.cpp)"),
    (r"context.?(length|size|window)|longer than the (model|context)|prompt (is )?too long|"
     r"input (length|tokens?).{0,60}exceed|input is too long|too many (input )?tokens|"
     r"reduce the length|inputs?.{0,3} tokens \+",
     f"the prompt is longer than the model reads: {_SHORTER}, or a longer context there"),
    (r"llm\.deadline_seconds", "set none: --set llm.deadline_seconds=null"),
    (r"temperature", "leave it to the server: --set llm.temperature=null"),
    (r"\bseed\b", "send none: --set llm.send_seed=false"),
    (r"response_format|json_schema|json_object|guided|grammar",
     "ask for another: --set llm.response_format=text"),
    (r"HTTP 429", _SLOWER),
    (r"HTTP (408|504|524)", "what stands in front of the model waits no longer: raise its limit, "
     "or ask for less at once: --max-concurrency 1"),
    (r"through the proxy", ""),
    (r"nothing listens|unknown here|no way leads|nothing answered",
     "is it running, and is --base-url right?"),
    (r"reasoning.?effort|\beffort\b", "leave it to the model: --set llm.reasoning_effort=null"),
)  # fmt: skip
"""What stands in the words of a fault -> what to do; the first that fits counts."""
_SAID_MOST = re.compile(
    r"max(imum)?_?(completion_|output_?|new_)?tokens|completion tokens|output tokens", re.IGNORECASE
)
_ROOM = re.compile(
    r"context length (?:is|of) (\d+).*?(?:(\d+) (?:in|of|from) the (?:input )?(?:messages|prompt)"
    r"|(?:request has|prompt contains(?: at least)?) (\d+) (?:input )?tokens)",
    re.IGNORECASE,
)
_ROOM_TO_REASON, _MOST_ALLOWED = 4000, 1_000_000
"""Tokens in which most models have reasoned and answered; the most that the setting can be."""
_NEARLY = 0.9
"""Share of the most tokens above which a reply has reached them: counts differ."""
_LONGER_CONTEXT = (
    "the server itself ends replies before that: give it a longer context (OLLAMA_CONTEXT_LENGTH; "
    f"-c of llama.cpp; --max-model-len of vLLM), or ask for {_SHORTER}"
)
_NUMBER = re.compile(r"(?<![\w.-])\d{2,9}(?![\w-]|\.\d)")


def describe_fault(fault: TransportFault) -> str:
    """Return what went wrong in words, with what the server said itself."""
    name = describe_kind(fault.kind)
    if fault.declined:
        name = "declined by a filter"
    if not fault.body.strip():
        return name
    return f"{name}: {' '.join(fault.body.split())}"


def describe_kind(kind: str) -> str:
    """Return the kind of a failed attempt, as it is recorded, in words.

    >>> describe_kind("http_503"), describe_kind("cut")
    ('HTTP 503', 'its answer broke off')
    """
    known = _KINDS.get(kind)
    if known is not None:
        return known
    if kind.startswith("http_"):
        return f"HTTP {kind.removeprefix('http_')}"
    return f"the library that asks could not go on ({kind.removeprefix('error_')})"


def describe_faults(faults: dict[str, int]) -> str:
    """Return how many attempts failed in which way."""
    return ", ".join(f"{n:,} x {describe_kind(kind)}" for kind, n in faults.items())


def advice(text: str, spec: LlmSpec | None = None) -> str:
    """Return what to do about a fault by its description; empty: nothing is known.

    >>> advice("HTTP 400: Unsupported value: 'temperature'")
    'leave it to the server: --set llm.temperature=null'
    """
    spec = spec or LlmSpec()
    if _KINDS["timeout"] in text:
        return _wait_longer(spec)
    room = room_for_reply(text, spec.max_output_tokens)
    if room is not None:
        return f"allow shorter replies: --set llm.max_output_tokens={room}"
    if (moved := re.search(rf"calls on to (\S+?){CALL}\b", text)) is not None:
        return f"if that is the server that you mean: --base-url {moved[1]}"
    for name in spec.extra_body:
        if re.search(rf"\b{re.escape(name)}\b", text):
            others = {key: value for key, value in spec.extra_body.items() if key != name}
            setting = shlex.quote(f"llm.extra_body={json.dumps(others)}")
            return f"leave {name} out: --set {setting}"
    return next((remedy for sign, remedy in _ADVICE if re.search(sign, text, re.IGNORECASE)), "")


def more_room(spec: LlmSpec, written: int | None, *, reasoned: bool) -> str:
    """Return what to do about a reply that was cut.

    Args:
        spec: what was allowed.
        written: tokens of the reply; None: not known.
        reasoned: whether the model was still at its reasoning. Then it had ``max_reasoning_tokens``
            more than other models.

    >>> more_room(LlmSpec(), 800, reasoned=False)
    'allow longer replies: --set llm.max_output_tokens=4000'
    """
    most = spec.most_output_tokens if reasoned else spec.max_output_tokens
    if (written is not None and written < _NEARLY * spec.max_output_tokens) or (
        reasoned and spec.max_output_tokens < _NEARLY * (written or most) < _NEARLY**2 * most
    ):
        return _LONGER_CONTEXT
    setting, before = "max_output_tokens", max(most, written or 0)
    if reasoned:
        setting, before = "max_reasoning_tokens", max(before - spec.max_output_tokens, 0)
    longer = max(_ROOM_TO_REASON, 2 * before)
    if longer > _MOST_ALLOWED:
        return "take a model that answers more briefly"
    briefer = ", or let it reason less: --set llm.reasoning_effort=low" if reasoned else ""
    return f"allow longer replies: --set llm.{setting}={longer}{briefer}"


def _wait_longer(spec: LlmSpec) -> str:
    """Return what to do about a reply that took too long."""
    if spec.timeout_seconds is not None:
        return "wait as long as this server needs: --set llm.timeout_seconds=null"
    return (
        "if it is at work, wait longer: --set llm.timeout_seconds=7200, or ask for less at once: "
        "--max-concurrency 1"
    )


def room_for_reply(text: str, most: int) -> int | None:
    """Return how long replies may be by what a server says of one of ``most`` tokens.

    None: it does not speak of that.
    """
    match = _ROOM.search(text)
    if match is not None:
        context, prompt = int(match[1]), int(match[2] or match[3])
        return (context - prompt) * 9 // 10 if context - prompt >= 32 else None
    if not _SAID_MOST.search(text) or re.search(r"HTTP 40[123]|HTTP 5|at the same time", text):
        return None
    numbers = map(int, _NUMBER.findall(re.sub(r"HTTP \d+", "", text)))
    smaller = [number for number in numbers if 16 <= number < most]
    if not smaller:
        return None
    largest = max(smaller)
    below = re.search(rf"(less than\W+{largest}\b|{largest} \(exclusive)", text)
    return largest - 1 if below and "or equal" not in text else largest
