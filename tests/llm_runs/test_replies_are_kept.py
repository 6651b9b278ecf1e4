"""Every reply is on disk while its step is still under way.

How soon after its arrival, in milliseconds, ``benchmarks/llm.py`` measures.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from llm_town import asking

from econsim_mesa.mock import Latency, MockServer
from econsim_mesa.runs.recorder import Recorder
from econsim_mesa.society.model import EconModel

pytestmark = pytest.mark.soak  # whole runs


class Watch:
    """Notes when each row of ``calls`` can first be read from outside, and the last whole step."""

    def __init__(self, path: Path) -> None:
        self._path, self._over = path, threading.Event()
        self.seen: dict[str, tuple[int, int]] = {}
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        last = 0
        with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)) as opened:
            while not self._over.wait(0.004):
                found = opened.execute(
                    "SELECT rowid, prompt, step, (SELECT max(step) FROM steps) FROM calls "
                    "WHERE rowid > ?",
                    (last,),
                ).fetchall()
                for number, prompt, step, whole in found:
                    last = number
                    self.seen[prompt] = step, whole

    def end(self) -> None:
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize(("client", "households"), [("direct", 60), ("langchain", 30)])
def test_a_reply_is_kept_while_its_step_goes_on(
    client: str, households: int, tmp_path: Path
) -> None:
    seen = seen_while_running(client, households, tmp_path / "run")
    assert len(seen) == households * 3
    early = [whole < step for step, whole in seen.values()]
    assert sum(early) > 0.9 * len(early)


def seen_while_running(client: str, households: int, folder: Path) -> dict[str, tuple[int, int]]:
    """Make three steps of a town; return what was seen of its calls from outside."""
    with MockServer(latency=Latency("lognormal", 0.15, 0.7)) as server:
        town = asking(
            server.base_url, client, agents__Household__count=households, steps=4,
            llm__max_concurrency=64,
        )  # fmt: skip
        model = EconModel(town, seed=1)
        recorder = Recorder.begin(model, folder)
        watch = Watch(recorder.folder / "run.sqlite")
        try:
            for _ in range(3):
                model.step()
            time.sleep(0.05)
        finally:
            watch.end()  # an open reader would keep the run from closing its file
        recorder.close("interrupted")
    return watch.seen
