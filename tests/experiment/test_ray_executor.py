"""Runs made by actors of a local Ray of two workers are those that local processes make."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from own_components import named_by
from studies import study

ray: Any = pytest.importorskip("ray", reason="Ray comes with the extra ray")

from econsim_mesa.errors import BadInput  # noqa: E402
from econsim_mesa.experiment.load import Design  # noqa: E402
from econsim_mesa.experiment.ray_executor import RayExecutor  # noqa: E402
from econsim_mesa.experiment.run import ExperimentReport, run_experiment  # noqa: E402
from econsim_mesa.experiment.runner import ExperimentProgress  # noqa: E402
from econsim_mesa.experiment.tables import tables  # noqa: E402
from econsim_mesa.llm import loop  # noqa: E402
from econsim_mesa.mock import MockServer  # noqa: E402
from econsim_mesa.mock.latency import Latency  # noqa: E402
from econsim_mesa.runs.reader import fingerprint, load_run  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # of Ray's own


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        object_store_memory=80 * 2**20,
        _node_ip_address="127.0.0.1",
    )
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Design, Path, ExperimentReport]:
    folder = tmp_path_factory.mktemp("local")
    design = study(folder)
    return design, folder / "out", run_experiment(design, folder / "out", workers=1)


def prints(out: Path) -> dict[str, str]:
    return {path.name: fingerprint(path) for path in sorted((out / "runs").iterdir())}


@pytest.mark.parametrize("shared", [True, False])
def test_the_identical_table_and_runs(
    reference: tuple[Design, Path, ExperimentReport],
    tmp_path: Path,
    shared: bool,
) -> None:
    """Also where no worker sees the experiment's folder, so that runs are sent back."""
    engine = partial(RayExecutor.start, ship_runs=not shared)
    design, out, local = reference
    seen: list[ExperimentProgress] = []
    stopped = run_experiment(
        design, tmp_path / "out", engine=engine, watch=seen.append, stop=lambda: seen[-1].runs > 1
    )
    assert stopped.interrupted
    assert stopped.unfinished
    report = run_experiment(design, tmp_path / "out", engine=engine)
    assert not report.unfinished
    assert tables(design, report.measured) == tables(design, local.measured)
    assert prints(tmp_path / "out") == prints(out)
    assert not list((tmp_path / "out").glob(".seen-*"))


@pytest.mark.usefixtures("own")
def test_workers_know_what_the_program_registered(tmp_path: Path) -> None:
    report = run_experiment(named_by(tmp_path), tmp_path / "out", engine="ray", workers=1)
    assert report.unfinished == []
    with load_run(tmp_path / "out" / "runs" / "base.s1") as run:
        assert "boredom" in run.stressors
        assert set(run.decisions[run.decisions["kind"] == "Household"]["decider"]) == {"sloth"}


def test_one_owner_of_slots_and_budget(tmp_path: Path) -> None:
    llm = {"llm.model": "mock", "llm.client": "direct", "llm.max_concurrency": 3}
    days = {"clock.start": "2026-01-05T09:00", "clock.active": ["09:00", "21:00"]}  # nobody sleeps
    town = {"decider": "llm", "steps": 4, "agents.Household.count": 4, **days, **llm}
    design = study(
        tmp_path, set=town, factors={"stress.mode": ["on", "off"]}, contrasts=[], hypotheses=[]
    )
    with MockServer(window=0.0, latency=Latency.parse("50")) as server:  # calls overlap

        def make(out: str, engine: Any = "ray", **operations: Any) -> ExperimentReport:
            return run_experiment(
                design, tmp_path / out, engine=engine,
                operations={"base_url": server.base_url, **operations},
            )  # fmt: skip

        first = make("out", max_calls=20)
        assert {status for _, status, _ in first.unfinished} == {"incomplete"}
        assert server.stats()["requests"] <= 20
        assert 1 < server.stats()["most_in_flight"] <= 3
        last = make("out")
        assert not last.unfinished
        requests = server.stats()["requests"]
        assert server.stats()["most_in_flight"] <= 3
        local = make("local", "local")
    loop.stop()
    assert tables(design, last.measured) == tables(design, local.measured)
    calls, same = (
        {run.name: len(load_run(run).calls) for run in (tmp_path / out / "runs").iterdir()}
        for out in ("out", "local")
    )
    assert calls == same
    assert requests == sum(calls.values())  # no reply was paid twice


def test_a_worker_that_dies_takes_one_run_with_it(
    tmp_path: Path, reference: tuple[Design, Path, ExperimentReport]
) -> None:
    design, _, local = reference
    executors: list[RayExecutor] = []
    killed: list[Any] = []

    def start(*arguments: Any) -> RayExecutor:
        executors.append(RayExecutor.start(*arguments))
        return executors[-1]

    def watch(progress: ExperimentProgress) -> None:
        if progress.runs == 1 and not killed:
            killed.append(executors[0].actors[0])
            ray.kill(killed[0], no_restart=False)

    first = run_experiment(design, tmp_path / "out", engine=start, watch=watch)
    assert killed
    assert [status for _, status, _ in first.unfinished] in ([], ["failed"])
    report = run_experiment(design, tmp_path / "out", engine="ray")
    assert tables(design, report.measured) == tables(design, local.measured)


def test_more_workers_than_cpus_are_not_waited_for(
    tmp_path: Path, reference: tuple[Design, Path, ExperimentReport]
) -> None:
    executor = RayExecutor.start(tmp_path, 50, None, 0)
    assert executor.workers == 2
    executor.close()
    with pytest.raises(BadInput, match="another plan"):
        run_experiment(study(tmp_path / "x", replicates=3), reference[1], engine="ray")
