"""The collector spares what was there before, and what a program froze stays frozen."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from econsim_mesa.llm.gc_freeze import GcFreeze


@pytest.fixture(autouse=True)
def _nothing_frozen() -> Iterator[None]:
    before = gc.get_freeze_count()
    gc.unfreeze()
    yield
    gc.unfreeze()
    if before:
        gc.freeze()


def test_old_objects_are_spared_until_the_last_one_leaves() -> None:
    freeze = GcFreeze()
    with freeze.frozen():
        assert gc.get_freeze_count() > 1000
        with freeze.frozen():
            pass
        assert gc.get_freeze_count() > 1000
    assert gc.get_freeze_count() == 0


def test_what_a_program_froze_stays_frozen() -> None:
    gc.freeze()
    freeze = GcFreeze()
    for _ in range(2):
        with freeze.frozen():
            pass
        assert gc.get_freeze_count() > 1000


def test_what_a_program_froze_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    monkeypatch.setattr(gc, "get_freeze_count", lambda: counted.append(1) or 5)
    freeze = GcFreeze()
    for _ in range(3):
        with freeze.frozen():
            pass
    assert len(counted) == 1
