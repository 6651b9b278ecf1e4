from __future__ import annotations

from collections.abc import Iterator

import pytest
from asking import household_prompts

from econsim_mesa.mock import MockServer
from econsim_mesa.prompts import Prompt


@pytest.fixture(scope="session")
def prompts() -> list[list[Prompt]]:
    return household_prompts("pizza_place", 30)


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(window=0.0) as running:
        yield running
