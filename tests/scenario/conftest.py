"""A small complete scenario as raw data, to be broken or changed by the tests of this folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.scenario import bundled

Raw = dict[str, Any]


@pytest.fixture
def raw() -> Raw:
    data: Raw = json.loads(bundled()["pizza_place"].read_text(encoding="utf-8"))
    return data


@pytest.fixture
def write(tmp_path: Path) -> Callable[[object], Path]:
    """Return a function that writes a scenario (raw data, text or bytes) and gives its path."""

    def write(content: object) -> Path:
        path = tmp_path / "town.json"
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            text = content if isinstance(content, str) else json.dumps(content)
            path.write_text(text, encoding="utf-8")
        return path

    return write
