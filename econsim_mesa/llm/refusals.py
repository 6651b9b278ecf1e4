"""What a server means by a status other than 200, or by an error inside a reply with 200."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from econsim_mesa.llm.error_body import ErrorBody, read_error
from econsim_mesa.llm.redact import Redactor
from econsim_mesa.llm.retry_time import asked_wait
from econsim_mesa.llm.transport import TransportFault

CALL = "/chat/completions"
"""Where calls go, below the address of a server."""
BUSY = 429
_RETRYABLE = frozenset({408, 409, 425, BUSY})
_FOR_ALL = frozenset({401, 402, 404, 405, 407})
"""Statuses that are about the key, the money, the address or the model, never about the text."""
_ABOUT_CONTENT = frozenset({400, 403, 422, 451})
_LOOKED_AT = 20_000  # characters of an error that are looked at
_UNLUCKY = "json_validate_failed"  # a 400 that another draw of the same reply mends
_CONTENT = re.compile(
    r"content.?(filter|policy|management)|ResponsibleAI|invalid_prompt|moderat|flagged|jailbreak"
    r"|usage (policy|policies|guidelines)|data_inspection|inappropriate|prohibited.content"
    r"|content exists risk|guardrail|unsafe|safety|harmful|sensitive (content|word|information)",
    re.IGNORECASE,
)
"""How content filters of the known providers say that they declined a text."""
SPENT = re.compile(
    r"insufficient.(quota|balance|credit|fund)|exceeded your current quota|billing_hard_limit"
    r"|credit balance is too low|(out of|no|more) credits?\b|quota (is )?(spent|used up|exhausted)",
    re.IGNORECASE,
)
"""How they say that no money is left, which no waiting mends."""
TOO_LONG = re.compile(
    r"context.?(length|size|window)|longer than the (model|context)|prompt (is )?too long|"
    r"input (length|tokens?).{0,60}exceed|input is too long|too many (input )?tokens|"
    r"reduce the length|inputs?.{0,3} tokens \+|string.{0,3}(too long|above max)",
    re.IGNORECASE,
)
"""How they say that a prompt is longer than the model reads."""
_WRONG_KEY = re.compile(r"API_KEY_INVALID|(invalid|incorrect|not.valid|wrong).{0,9}api.?key"
                        r"|api.?key.{0,9}(invalid|incorrect|not.valid|wrong)",
                        re.IGNORECASE)  # fmt: skip
_TOO_LARGE = re.compile(r"request too large|request is too large", re.IGNORECASE)
_LIMIT = re.compile(r"limit:? ([\d,]+).*?requested:? ([\d,]+)", re.IGNORECASE)
_STATUS = (
    (r"invalid.api.key|authentication|unauthenticated|unauthori[sz]ed|api.?key", 401),
    (SPENT.pattern, BUSY),
    (r"billing|payment", 402),
    (r"permission|forbidden|access.denied", 403),
    (r"(model|deployment).*(not (be )?found|not exist|unknown)|not.found|no such model", 404),
    (r"rate.?limit|too.many.requests|resource.exhausted|quota", BUSY),
    (r"invalid.(request|argument)|bad.?request|context.(length|size|window)|unsupported", 400),
    (r"overloaded|unavailable|try again|temporar|capacity|loading", 503),
    (r"time.?out|timed out|deadline", 504),
    (r"server.error|internal", 500),
)
"""Words of an error without a status -> the status that says the same."""


def refusal(status: int, text: str, headers: Mapping[str, str], url: str = "") -> TransportFault:
    """Return the fault for an HTTP status other than 200.

    Args:
        status: the HTTP status.
        text: the body, without any key.
        headers: those of the answer, such as ``Retry-After``.
        url: where the call went, to which a redirect is relative.
    """
    if 300 <= status < 400:
        return _redirect(status, headers, url)
    return _refusal(status, read_error(text[:_LOOKED_AT]), text[:_LOOKED_AT], headers)


def refusal_in_reply(data: Any, redactor: Redactor) -> TransportFault | None:
    """Return the fault in the JSON of a reply with status 200; None: it holds no error."""
    error = _error_in(data)
    if error is None:
        return None
    text = redactor.clean(json.dumps(error))[:_LOOKED_AT]
    body = read_error(text)
    signs = f"{body.code} {body.sentence}"
    named = (status for pattern, status in _STATUS if re.search(pattern, signs, re.IGNORECASE))
    status = body.status or next(named, None)
    if status is None:
        return TransportFault("error_200", retryable=True, body=body.sentence)
    return _refusal(status, body, text, {})


def _error_in(data: Any) -> Any:
    """Return the part of a reply that holds an error; None: there is none."""
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, dict):
        return None
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if isinstance(choice, dict) and (choice.get("error") or choice.get("finish_reason") == "error"):
        return {"error": choice.get("error") or data.get("error") or "the reply ended in an error"}
    if choice is not None:
        return None
    has_error = any(data.get(name) for name in ("error", "errors", "detail", "message", "msg"))
    return data if has_error else None


def _refusal(status: int, body: ErrorBody, text: str, headers: Mapping[str, str]) -> TransportFault:
    signs = f"{body.code} {body.sentence}"
    retryable = status in _RETRYABLE or (status >= 500 and status != 501)
    wait = None
    if retryable:
        wait = asked_wait({**body.headers, **headers}, text, limit=status == BUSY)
    spent = status in (402, BUSY) and wait is None and SPENT.search(signs) is not None
    again = retryable and not spent and not never_fits(status, signs)
    return TransportFault(
        f"http_{status}",
        retryable=again or (status == 400 and _UNLUCKY in signs),
        retry_after=wait,
        status=status,
        body=body.sentence,
        code=body.code,
        billed=False,
        hopeless=spent or status in _FOR_ALL or _WRONG_KEY.search(signs) is not None,
        declined=status in _ABOUT_CONTENT and _CONTENT.search(signs) is not None,
    )


def never_fits(status: int, text: str) -> bool:
    """Whether one request alone is larger than a limit, so that waiting does not help."""
    if status not in (413, BUSY):
        return False
    match = _LIMIT.search(text)
    most, asked = (int(part.replace(",", "")) for part in match.groups()) if match else (1, 0)
    return _TOO_LARGE.search(text) is not None or asked > most


def _redirect(status: int, headers: Mapping[str, str], url: str) -> TransportFault:
    """Return the fault for a server that sends calls elsewhere: they go nowhere else by itself."""
    target = urlsplit(urljoin(url, headers.get("Location", "")))
    shown = urlunsplit((target.scheme, target.netloc.rpartition("@")[2], target.path, "", ""))
    known = "Location" in headers and target.scheme in ("http", "https")
    return TransportFault(
        f"http_{status}",
        retryable=False,
        status=status,
        body=f"it sends calls on to {shown[:500]}" if known else "it sends calls elsewhere",
        billed=False,
        hopeless=True,
    )
