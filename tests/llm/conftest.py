"""Waiting after a fault takes milliseconds in these tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("econsim_mesa.llm.limits._FIRST_WAIT", 0.005)
