"""The command line in processes of its own, and small scenarios to give it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from econsim_mesa.scenario import load_scenario, to_json

Econsim = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def econsim() -> Econsim:
    """Run ``econsim WORDS`` as a process and return what it did."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "econsim_mesa", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=os.environ | environment,
        )

    return run


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write ``pizza_place`` with changed top-level keys (``...`` takes one out) to a file."""

    def written(**changes: Any) -> Path:
        data = json.loads(to_json(load_scenario("pizza_place"))) | changes
        path = tmp_path / "town.json"
        path.write_text(json.dumps({key: one for key, one in data.items() if one is not ...}))
        return path

    return written
