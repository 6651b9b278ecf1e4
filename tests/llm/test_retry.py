"""Waits grow and are spread; each failed attempt is followed by another one, or by a reason."""

from __future__ import annotations

import pytest
from fault_server import request_of

from econsim_mesa.llm import Backoff, Status, TransportFault
from econsim_mesa.llm.retry import GiveUp, Retry, after_fault


def test_waits_double_up_to_a_limit_and_differ() -> None:
    backoff = Backoff(first_seconds=0.5, longest_seconds=20.0)
    keys = [request_of(i).key for i in range(50)]
    for failures, longest in [(1, 0.5), (2, 1.0), (3, 2.0), (9, 20.0), (99, 20.0)]:
        waits = {backoff.seconds(failures, key) for key in keys}
        assert len(waits) > 40
        assert longest / 2 <= min(waits) < max(waits) <= longest
    assert backoff.seconds(1, keys[0], 30.0) == 30.0
    assert backoff.seconds(9, keys[0], 1.0) == 1.0
    assert backoff.seconds(9, keys[0], 0.0) >= 0.25


@pytest.mark.parametrize(
    ("fault", "tried", "time_left", "decision"),
    [
        (TransportFault("http_503", retryable=True), 1, 9.0, Retry(0.5)),
        (TransportFault("http_503", retryable=True), 2, 9.0, Retry(0.5)),
        (TransportFault("http_503", retryable=True), 3, 9.0, GiveUp(Status.failed, "attempts")),
        (TransportFault("timeout", retryable=True), 3, 9.0, GiveUp(Status.timed_out, "attempts")),
        (TransportFault("http_503", retryable=True), 1, 0.4, GiveUp(Status.failed, "deadline")),
        (TransportFault("timeout", retryable=True), 1, 0.5, GiveUp(Status.timed_out, "deadline")),
        (TransportFault("http_400", retryable=False), 1, 9.0, GiveUp(Status.failed, "permanent")),
        (
            TransportFault("http_400", retryable=False, declined=True),
            0,
            9.0,
            GiveUp(Status.refused, "declined"),
        ),
    ],
)
def test_a_fault_is_followed_by_an_attempt_or_a_reason(
    fault: TransportFault, tried: int, time_left: float, decision: Retry | GiveUp
) -> None:
    assert after_fault(fault, tried, max_attempts=3, wait=0.5, time_left=time_left) == decision
