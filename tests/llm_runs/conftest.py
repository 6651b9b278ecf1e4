"""Waiting after a fault takes milliseconds in these tests; every run has the canary as its key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from llm_town import CANARY

from econsim_mesa.llm import loop


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("econsim_mesa.llm.limits._FIRST_WAIT", 0.005)
    monkeypatch.setattr("econsim_mesa.llm.limits._LONGEST_WAIT", 0.05)
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)


@pytest.fixture(autouse=True)
def _no_loop_left() -> Iterator[None]:
    yield
    loop.stop()
