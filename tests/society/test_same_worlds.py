"""The worlds of the bundled scenarios are those on record, table by table, prompt by prompt."""

from __future__ import annotations

import json

import pytest
from recorded_worlds import FIXTURE, PROMPTS, WORLDS, key, prompts, tables

RECORDED = json.loads(FIXTURE.read_text(encoding="utf-8"))


@pytest.mark.soak
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: key(*world))
def test_every_table_is_that_on_record(world: tuple[str, int, int | None]) -> None:
    assert tables(*world) == RECORDED["tables"][key(*world)]


@pytest.mark.parametrize("world", PROMPTS, ids=lambda world: key(*world))
def test_the_prompts_of_forty_agents_are_those_on_record(world: tuple[str, int, int]) -> None:
    assert prompts(*world) == RECORDED["prompts"][key(*world)]
