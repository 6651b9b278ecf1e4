"""How long a server asks to wait is read in every form, and not believed where it is none."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from econsim_mesa.llm.retry_time import asked_wait

TOLERANCE = 3.0


def date_in(seconds: float) -> str:
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2.5", 2.5),
        ("-1", 0.0),
        ("nan", None),
        ("inf", None),
        ("-inf", None),
        ("1e300", None),
        ("soon", None),
        ("", None),
        ("1m2.5s", 62.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_the_header_is_a_number_a_duration_or_a_date(text: str, seconds: float | None) -> None:
    assert asked_wait({"Retry-After": text}) == seconds
    assert asked_wait({}) is None


def test_a_date_is_a_wait_from_now_on() -> None:
    assert asked_wait({"retry-after": date_in(60)}) == pytest.approx(60, abs=TOLERANCE)
    assert asked_wait({"retry-after-ms": "750", "retry-after": "1"}) == 0.75


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please retry in 47.25s.", 47.25),
        ("Rate limit reached. Please try again in 2m5.5s. Visit the page.", 125.5),
        ("Please try again in 350ms.", 0.35),
        ("Try again in 1 minute and 10 seconds", 70.0),
        ("Please retry after 26 seconds.", 26.0),
        ("Please wait 3 minutes before the next call", 180.0),
        ("Expected available in 12 seconds.", 12.0),
        ("The limit resets in 1h30m", 5400.0),
        ('{"details": [{"@type": "RetryInfo", "retryDelay": "17s"}]}', 17.0),
        ('{"retry_after": 4.5}', 4.5),
        ('{"retry_after_ms": 250}', 0.25),
        ("Try again later. Limit: 10 requests per 60 s", None),
        ("You have used 40 of 40 requests", None),
    ],
)
def test_the_sentence_tells_it(said: str, seconds: float | None) -> None:
    assert asked_wait({}, said) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"X-RateLimit-Reset-Requests": "6m0s", "X-RateLimit-Reset-Tokens": "20ms"}, 0.02),
        (
            {
                "x-ratelimit-reset-requests": "6m0s",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-tokens": "20ms",
                "x-ratelimit-remaining-tokens": "900",
            },
            360.0,
        ),
        ({"RateLimit-Reset": "45"}, 45.0),
    ],
)
def test_headers_of_a_limit_tell_when_it_begins_anew(
    headers: dict[str, str], seconds: float
) -> None:
    assert asked_wait(headers, limit=True) == seconds
    assert asked_wait(headers) is None  # no limit is spent
    assert asked_wait({**headers, "Retry-After": "2"}, limit=True) == 2.0
    assert asked_wait(headers, "try again in 7s", limit=True) == 7.0


@pytest.mark.parametrize("form", ["seconds", "milliseconds", "date", "ISO"])
def test_a_reset_may_be_a_time(form: str) -> None:
    at = time.time() + 90
    text = {
        "seconds": f"{at:.0f}",
        "milliseconds": f"{1000 * at:.0f}",
        "date": date_in(90),
        "ISO": datetime.fromtimestamp(at, UTC).isoformat(),
    }[form]
    wait = asked_wait({"X-RateLimit-Reset": text}, limit=True)
    assert wait == pytest.approx(90, abs=TOLERANCE)


def test_a_sentence_may_name_a_time() -> None:
    at = datetime.fromtimestamp(time.time() + 600, UTC)
    for said in (f"{at:%Y-%m-%d %H:%M:%S} UTC", f"{at:%Y-%m-%dT%H:%M:%SZ}"):
        assert asked_wait({}, f"Blocked until {said}") == pytest.approx(600, abs=TOLERANCE)
