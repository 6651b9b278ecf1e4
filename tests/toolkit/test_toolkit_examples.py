"""Whole models in forty lines: their batches, records, kills and pages, against a local server."""

from __future__ import annotations

import ast
import importlib
import inspect
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import mesa
import pytest
import solara
from mesa.examples.basic.virus_on_network.model import VirusOnNetwork
from mesa.visualization import SolaraViz, make_plot_component
from mesa.visualization.utils import force_update

from econsim_mesa.errors import RunIncomplete
from econsim_mesa.llm.gateways import Gateways
from econsim_mesa.llm.retry import Backoff
from econsim_mesa.mock import Latency, MockServer
from econsim_mesa.scenario.llm import LlmSpec
from econsim_mesa.toolkit import ModelRun, load_run, record, replay, resume, verify

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SEED = "seed" if "seed" in inspect.signature(VirusOnNetwork).parameters else "rng"
AT_ONCE = LlmSpec().max_concurrency
MOST_LINES, MOST_LINES_OF_MODEL = 40, 20
DIES = """
import os, signal, sys
sys.path[:0] = {paths!r}
from {module} import {name} as Model
from econsim_mesa.runs.store import SqliteStore
from econsim_mesa.toolkit import record
keep, left = SqliteStore.keep, [{replies}]
def keeping(self, call):
    keep(self, call)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
SqliteStore.keep = keeping
record(Model, "killed", steps=2, **{given!r})
"""


class Example(NamedTuple):
    """A file of ``docs/examples``: a model of at least a hundred agents, and a small one."""

    module: str
    name: str
    given: dict[str, Any]
    few: dict[str, Any]
    share: int = 1  #: one of so many agents is asked

    @property
    def model(self) -> Any:
        return getattr(importlib.import_module(self.module), self.name)

    @property
    def text(self) -> str:
        return (EXAMPLES / f"{self.module}.py").read_text(encoding="utf-8")


ALL = [
    Example("boltzmann", "Town", {"n": 100, "rng": 5}, {"n": 12, "rng": 5}),
    Example("schelling", "Town", {"size": 13, "rng": 5}, {"size": 5, "rng": 5}),
    Example("virus", "Town", {"num_nodes": 200, SEED: 5}, {"num_nodes": 20, SEED: 5}, 2),
    Example("market", "Market", {"n": 100, "rng": 5}, {"n": 12, "rng": 5}),
]


@pytest.fixture(params=ALL, ids=lambda example: example.module)
def example(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Example:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.setenv("OPENAI_MODEL", "mock")
    found: Example = request.param
    return found


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockServer]:
    with MockServer(latency=Latency("fixed", 0.03)) as started:
        monkeypatch.setenv("OPENAI_BASE_URL", started.base_url)
        yield started


class Whole(NamedTuple):
    """A run that was left alone, and what its server counted."""

    run: ModelRun
    done: dict[str, object]


def requests(server: MockServer) -> int:
    """Return how many requests a server got."""
    return int(str(server.stats()["requests"]))


def content(run: ModelRun) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows that say what happened."""
    return {table: list(run.rows(table)) for table in ("decisions", "results", "collected")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Example], Whole]:
    """Return what records the whole run of an example, once."""

    @cache
    def recorded(module: str) -> Whole:
        example = next(one for one in ALL if one.module == module)
        folder = tmp_path_factory.mktemp(module) / "run"
        latency = Latency("fixed", 0.25)
        with pytest.MonkeyPatch.context() as patch, MockServer(latency=latency) as server:
            patch.setenv("OPENAI_BASE_URL", server.base_url)
            run = record(example.model, folder, steps=2, **example.given)
            return Whole(run, server.stats())

    return lambda example: recorded(example.module)


def test_a_hundred_are_asked_at_once_and_the_run_comes_out_the_same(
    example: Example, whole: Callable[[Example], Whole]
) -> None:
    run, done = whole(example)
    assert run.model is not None
    asked = len(run.model.agents) // example.share
    assert asked >= 100
    assert (done["requests"], done["most_in_flight"]) == (2 * asked, AT_ONCE)
    assert run.table("calls").groupby("step")["agent"].nunique().to_list() == [asked, asked]
    assert set(run.table("decisions")["outcome"]) == {"accepted"}
    assert replay(run.folder, example.model).steps == 2
    assert not verify(run.folder, example.model)


def test_a_killed_run_is_resumed_as_if_it_had_not_been(
    example: Example, whole: Callable[[Example], Whole], server: MockServer, tmp_path: Path
) -> None:
    calls = len(whole(example).run.table("calls"))
    program = DIES.format(**example._asdict(), paths=sys.path, replies=3 * calls // 4)
    ended = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=False)
    assert ended.returncode == -signal.SIGKILL
    while server.stats()["in_flight"]:
        time.sleep(0.02)
    before = requests(server)
    with closing(sqlite3.connect("killed/run.sqlite")) as opened:
        kept = {key for (key,) in opened.execute("SELECT key FROM calls WHERE status = 'ok'")}
    assert calls // 2 < len(kept) < calls  # in the middle of the second of two steps
    run = resume("killed", example.model)
    assert requests(server) - before == calls - len(kept)
    keys = list(run.table("calls")["key"])
    assert len(keys) == len({*keys} | kept) == calls
    assert content(run) == content(whole(example).run)
    assert not verify("killed")


def test_batch_run_in_two_processes(example: Example, server: MockServer) -> None:
    size = next(iter(example.few))
    rows = mesa.batch_run(
        example.model,
        {size: [example.few[size], example.few[size] + 1]},
        number_processes=2,
        max_steps=1,
        display_progress=False,
    )
    assert {row[size] for row in rows} == {example.few[size], example.few[size] + 1}
    assert requests(server) >= 12


@pytest.mark.parametrize(
    ("fault", "words"),
    [("500", "HTTP 500: The server had an error"), ("refusal", "a call to .* ended as refused")],
)
def test_a_broken_server_is_told_and_the_run_goes_on(
    example: Example, monkeypatch: pytest.MonkeyPatch, fault: str, words: str
) -> None:
    with MockServer() as sound:
        monkeypatch.setenv("OPENAI_BASE_URL", sound.base_url)
        whole = record(example.model, "whole", steps=2, **example.few)
        calls = len(whole.table("calls"))
    with MockServer(script=("ok",) * (calls // 2 + 2), faults={fault: 1.0}) as broken:
        monkeypatch.setenv("OPENAI_BASE_URL", broken.base_url)
        gateways = Gateways(backoff=Backoff(first_seconds=0.005, longest_seconds=0.05))
        with gateways.entered(), pytest.raises(RunIncomplete, match=words) as stopped:
            record(example.model, "run", steps=2, **example.few)
    said = f"1 of 2 steps are whole in run; go on by resume('run', {example.name})"
    assert said in str(stopped.value)
    assert (load_run("run").status, load_run("run").steps) == ("interrupted", 1)
    with MockServer() as mended:
        monkeypatch.setenv("OPENAI_BASE_URL", mended.base_url)
        run = resume("run", example.model)
        assert requests(mended) == calls // 2 - 2
    assert content(run) == content(whole)


def test_a_model_steps_on_mesas_page(example: Example, server: MockServer) -> None:
    model = example.model(**example.few)
    measures = list(model.datacollector.model_reporters)[:1]
    page = SolaraViz(model, components=[make_plot_component(name) for name in measures])
    _, context = solara.render(page, handle_error=False)
    try:
        model.step()
        force_update()
        with ThreadPoolExecutor(1) as play:  # as the page's own button does it
            play.submit(model.step).result()
        force_update()
    finally:
        context.close()
    asked = len(model.agents) // example.share
    assert (model.steps, server.stats()["requests"]) == (2, 2 * asked)


def test_they_are_short(example: Example) -> None:
    assert len(example.text.splitlines()) <= MOST_LINES
    assert sum(_lines_of_model(ast.parse(example.text))) <= MOST_LINES_OF_MODEL


def _lines_of_model(tree: ast.Module) -> Iterator[int]:
    """Yield the lengths of what concerns the language model.

    These are the import of the toolkit, the statements that make ``minds`` and let it step, and
    the functions and classes of the file that ``LlmAgents`` is given.
    """
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    (made,) = (node for node in calls if ast.unparse(node.func) == "LlmAgents")
    named = _names(made) - {"self", "MoneyAgent"}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="econsim_mesa.toolkit"):
                yield _length(node)
            case ast.Assign(targets=targets) if named & set().union(*map(_names, targets)):
                named |= _names(node.value)  # what is put into words before the call
                yield _length(node)
            case ast.Assign() | ast.Expr(value=ast.Call()) if ".minds" in ast.unparse(node):
                yield _length(node)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in named:
            yield _length(node)


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _length(node: ast.stmt) -> int:
    return int(node.end_lineno or 0) - node.lineno + 1
