"""The notebook runs from top to bottom in a kernel of its own, and shows what it promises."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel

NOTEBOOK = Path(__file__).parents[2] / "docs/examples/notebook.ipynb"
SECONDS = 120


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[Any]:
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(tmp_path))
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_every_cell_runs(kernel: Any) -> None:
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert len(cells) == 20
    shown: list[str] = []

    def listen(message: dict[str, Any]) -> None:
        if message["msg_type"] == "error":
            shown.append("\n".join(message["content"]["traceback"]))
        shown.extend(message["content"].get("data", {}).values())

    for cell in cells:
        if cell.cell_type == "code":
            reply = kernel.execute_interactive(cell.source, output_hook=listen, timeout=SECONDS)[
                "content"
            ]
            assert reply["status"] == "ok", f"{cell.source}\n{shown[-1] if shown else reply}"
    assert any("4 of 4, finished" in text for text in shown)
