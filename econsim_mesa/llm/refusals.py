"""What a server means by a status other than 200, and what the user can do about it."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping

from econsim_mesa.llm.client import ClientFault

_MAX_ERROR = 300  # characters of a server's error that are kept
_RETRYABLE = frozenset({408, 409, 425, 429})
_SPENT = "insufficient_quota"  # a 429 that waiting does not mend
_UNLUCKY = "json_validate_failed"  # a 400 that another draw of the same reply mends
_MESSAGE = re.compile(r'"message"\s*:\s*("(?:[^"\\]|\\.)*")')
_ADVICE = (
    (r"http_401|http_403", "is the key in the environment the right one for this server?"),
    (r"http_404|http_405", "do the address (up to /v1) and the name of the model exist there?"),
    (r"context.length|context.size|context_length", "the prompt is longer than the model reads"),
    (r"temperature", "leave it to the server: --set llm.temperature=null"),
    (r"\bseed\b", "send none: --set llm.send_seed=false"),
    (r"response_format|json_schema|json_object", "ask for another: --set llm.response_format=text"),
    (r"^truncated", "allow longer replies: --set llm.max_output_tokens=2000"),
)


def refusal(status: int, said: str, headers: Mapping[str, str]) -> ClientFault:
    """Return the fault for an HTTP status other than 200; ``said`` holds no key."""
    retryable = status in _RETRYABLE or (status >= 500 and status != 501)
    spent = status == 429 and _SPENT in said
    return ClientFault(
        f"http_{status}",
        retryable=(retryable and not spent) or (status == 400 and _UNLUCKY in said),
        retry_after=retry_after(headers),
        status=status,
        body=" ".join(said.split())[:_MAX_ERROR],
        billed=False,
        hopeless=spent or status in (401, 402),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait: a number or a date; None: not said."""
    text = headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        date = email.utils.parsedate_tz(text)
        if date is None:
            return None
        try:
            seconds = email.utils.mktime_tz(date) - time.time()
        except (ValueError, OverflowError):
            return None
    return max(seconds, 0.0) if seconds == seconds else None  # NaN is no number of seconds


def in_words(fault: ClientFault) -> str:
    """Return the kind of a fault and what the server said, without the JSON around it."""
    found = _MESSAGE.search(fault.body)
    try:
        body = str(json.loads(found[1])) if found else fault.body
    except ValueError:
        body = fault.body
    return f"{fault.kind}: {' '.join(body.split())}" if body.strip() else fault.kind


def advice(said: str) -> str:
    """Return what to do about a fault that is told in words; empty: nothing is known.

    >>> advice("http_400: Unsupported value: 'temperature'")
    'leave it to the server: --set llm.temperature=null'
    """
    return next((words for sign, words in _ADVICE if re.search(sign, said, re.IGNORECASE)), "")
