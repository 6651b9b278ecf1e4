"""An executor on Ray: actors carry out the runs, on this machine or on those of a cluster.

An actor that sees the experiment's folder (on one machine, or on a shared file system) writes its
runs there, so that they can be resumed after any failure. Any other actor works in a temporary
folder: the files of a run are sent to it first, and back when the run ends or is stopped.
One more actor, the ``Limiter``, owns all limits on calls of language models.
"""

from __future__ import annotations

import io
import logging
import secrets
import tarfile
import tempfile
import threading
import time
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.jobs import (
    Job,
    JobProgress,
    JobResult,
    NextJob,
    ReportProgress,
    ShouldStop,
    run_job,
)
from econsim_mesa.experiment.limiter import Limiter, remote_pool
from econsim_mesa.experiment.lock import hold_as_worker
from econsim_mesa.experiment.shared_limits import SharedLimits
from econsim_mesa.llm.keys import name_servers, named_servers
from econsim_mesa.llm.pool import Pool
from econsim_mesa.llm.speed import ExpectedTime
from econsim_mesa.scenario.origins import Origin, import_all

_POLL_SECONDS = 0.5
_START_SECONDS = 120.0
_MAX_WAITING = 10_000
"""Most calls that may wait for the limiter at once."""


class RayWorker:
    """The actor: carries out runs in its threads, several at once if they call a model.

    Args:
        name: Name of the actor, by which the limiter knows it.
        folder: The folder of the experiment.
        limiter: Name of the limiter's actor; None: no run calls a model. A handle in its place
            would not outlive a restart of this actor.
        needed: Modules that define a user's own components.
        servers: Servers of language models that the user named.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        limiter: str | None,
        needed: Sequence[Origin],
        servers: Iterable[str],
    ) -> None:
        import_all(needed)
        name_servers(servers)
        self._folder, self._is_stopped = folder, False
        self._steps: dict[str, int] = {}
        self._starting = threading.Lock()
        self._pool: Pool | None = None
        if limiter is not None:
            owner = _ray().get_actor(limiter)

            def call(method: str, *arguments: Any) -> Awaitable[Any]:
                pending: Awaitable[Any] = getattr(owner, method).remote(*arguments)
                return pending

            self._pool = remote_pool(call, name)

    def sees(self, token: str) -> bool:
        """Whether a file that was just created in the experiment's folder exists here."""
        return (self._folder / token).is_file()

    def run(
        self, job: Job, shared: bool, packed_run: bytes | None
    ) -> tuple[JobResult, bytes | None]:
        """Carry out a job; return its result and, where the folder is not shared, the packed run.

        ``packed_run`` has the packed files of a run that was begun before; None if there are none.
        """
        if shared:
            with hold_as_worker(self._folder):
                return self._run(job), None
        with tempfile.TemporaryDirectory(prefix="econsim-") as parent:
            folder = Path(parent) / job.run
            if packed_run is not None:
                _unpack(packed_run, folder)
            result = self._run(job._replace(folder=folder))
            return result, _pack(folder)

    def steps(self, run: str) -> int:
        """Return how many steps of a run are recorded."""
        return self._steps.get(run, 0)

    def stop(self) -> None:
        """Cancel calls, and end all runs after the step under way."""
        self._is_stopped = True
        if self._pool is not None:
            self._pool.stop()

    def _run(self, job: Job) -> JobResult:
        def report(message: JobProgress | JobResult) -> None:
            self._steps[message.run] = message.steps

        with self._pool.entered() if self._pool is not None else nullcontext():
            return run_job(job, report, lambda: self._is_stopped, starting=self._starting)


class RayExecutor:
    """Carries out jobs by actors; ``start`` creates them.

    Args:
        actors: Handles of the workers.
        limiter: Handle of the limiter; None: no run calls a model.
        max_concurrency: Number of calls in flight.
        shared: Of each worker, whether it sees the experiment's folder.
        owns_ray: Whether ``close`` shuts Ray down.
    """

    def __init__(
        self,
        actors: Sequence[Any],
        limiter: Any,
        max_concurrency: int,
        shared: Sequence[bool],
        *,
        owns_ray: bool,
    ) -> None:
        self.actors = actors
        self._ray, self._limiter, self._shared = _ray(), limiter, shared
        self._max_concurrency, self._owns_ray = max_concurrency, owns_ray
        self._next_actor, self._guard = 0, threading.Lock()
        self._usage_text = ""

    @classmethod
    def start(
        cls,
        folder: Path,
        workers: int | None,
        limits: SharedLimits | None,
        llm_jobs: int,
        needed: Sequence[Origin] = (),
        *,
        ship_runs: bool = False,
    ) -> RayExecutor:
        """Create the actors on a Ray that is initialized already, or else started here.

        Args:
            folder: The folder of the experiment.
            workers: Number of actors, at most one a CPU of the cluster; None: that many.
            limits: Limits on calls of all runs together; None: no run calls a model.
            llm_jobs: Number of jobs that call a model, all of which one actor may carry out.
            needed: Modules that define a user's own components.
            ship_runs: Send runs to and fro even where an actor sees the folder.

        Raises:
            BadInput: Ray is not installed, or no actor starts.
        """
        ray = _ray()
        owns_ray = not ray.is_initialized()
        if owns_ray:
            ray.init(log_to_driver=False, logging_level=logging.ERROR)
        limiter, limiter_name = None, None
        if limits is not None:
            limiter_name = f"econsim-limiter-{secrets.token_hex(8)}"
            limiter_actor = ray.remote(num_cpus=0, max_concurrency=_MAX_WAITING, name=limiter_name)
            limiter = limiter_actor(Limiter).remote(*limits)
        cpus = max(int(ray.cluster_resources().get("CPU", 1)), 1)
        worker_actor = ray.remote(num_cpus=1, max_concurrency=llm_jobs + 2, max_restarts=-1)
        servers = named_servers()
        actors = [
            worker_actor(RayWorker).remote(
                _name_of(number), folder.absolute(), limiter_name, needed, servers
            )
            for number in range(min(workers or cpus, cpus))
        ]
        sees = _sees(actors, folder)
        return cls(
            actors,
            limiter,
            0 if limits is None else limits.max_concurrency,
            [False] * len(sees) if ship_runs else sees,
            owns_ray=owns_ray,
        )

    @property
    def workers(self) -> int:
        """The number of actors that carry out runs."""
        return len(self.actors)

    @property
    def max_concurrency(self) -> int:
        """The number of calls in flight; 0 if no run calls a model."""
        return self._max_concurrency

    def run_jobs(self, next_job: NextJob, report: ReportProgress, should_stop: ShouldStop) -> None:
        """Have an actor carry out jobs until there are no more; blocks the calling thread."""
        with self._guard:
            number, self._next_actor = self._next_actor, (self._next_actor + 1) % self.workers
        while not should_stop() and (job := next_job()) is not None:
            result = self._run_on(number, job, report, should_stop)
            report(result)
            if result.status == "failed" and not self._is_alive(number):
                return  # the other actors carry out the remaining jobs

    run_llm_jobs = run_jobs

    def usage_text(self) -> str:
        """Return calls, tokens and cost so far in one line; empty if no run calls a model."""
        if self._limiter is None:
            return ""
        try:
            state = self._ray.get(self._limiter.state.remote(), timeout=_POLL_SECONDS)
        except self._ray.exceptions.RayError:
            return self._usage_text
        done, in_flight, usage = state
        cost = f", ${usage.most_cost:.2f}" if usage.most_cost else ""
        self._usage_text = f"{done:,} calls, {in_flight} in flight, {usage.tokens:,} tokens{cost}"
        return self._usage_text

    def time_left(self, planned: int, left: int) -> ExpectedTime | None:
        """Return None: only the actors know how fast the servers answer."""
        return None

    def stop(self) -> None:
        """Cancel calls, and have all actors end their runs after the step under way."""
        for actor in self.actors:
            actor.stop.remote()

    def close(self) -> None:
        """End the actors, and Ray if it was started here."""
        for actor in (*self.actors, *filter(None, [self._limiter])):
            self._ray.kill(actor)
        if self._owns_ray:
            self._ray.shutdown()

    def _is_alive(self, number: int) -> bool:
        """Whether an actor answers, if need be after Ray has restarted it."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                self._ray.get(self.actors[number].steps.remote(""), timeout=_START_SECONDS)
            except self._ray.exceptions.RayError:
                time.sleep(_POLL_SECONDS)
            else:
                return True
        return False

    def _run_on(
        self, number: int, job: Job, report: ReportProgress, should_stop: ShouldStop
    ) -> JobResult:
        """Have one actor carry out a job, report its progress, and bring its folder here."""
        ray, actor, shared = self._ray, self.actors[number], self._shared[number]
        pending = actor.run.remote(job, shared, None if shared else _pack(job.folder))
        asked_to_stop = False
        try:
            while not ray.wait([pending], timeout=_POLL_SECONDS)[0]:
                if should_stop() and not asked_to_stop:
                    asked_to_stop = True
                    actor.stop.remote()
                report(JobProgress(job.run, ray.get(actor.steps.remote(job.run))))
            result: JobResult
            result, packed_run = ray.get(pending)
        except ray.exceptions.RayError as error:
            if self._limiter is not None:
                self._limiter.forget.remote(_name_of(number))
            message = f"its worker on Ray failed: {str(error).strip().splitlines()[0]}"
            return JobResult(job.run, "interrupted" if should_stop() else "failed", message, 0)
        if packed_run is not None:
            _unpack(packed_run, job.folder)
        return result


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise BadInput("the engine ray needs Ray: pip install ray") from error
    return ray


def _name_of(number: int) -> str:
    return f"worker {number}"


def _sees(actors: Sequence[Any], folder: Path) -> list[bool]:
    """Return whether each actor sees the experiment's folder."""
    ray = _ray()
    token = folder / f".seen-{secrets.token_hex(8)}"
    token.touch()
    try:
        pending = [actor.sees.remote(token.name) for actor in actors]
        answers: list[bool] = ray.get(pending, timeout=_START_SECONDS)
    except ray.exceptions.RayError as error:
        raise BadInput(f"no worker started on Ray: {error}") from error
    finally:
        token.unlink()
    return answers


def _pack(folder: Path) -> bytes | None:
    """Return a folder as a tar archive; None if it does not exist."""
    if not folder.is_dir():
        return None
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, arcname=".")
    return buffer.getvalue()


def _unpack(packed: bytes, folder: Path) -> None:
    """Extract an archive into a folder; files that are not in the archive stay."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")
