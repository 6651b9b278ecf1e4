"""Workers on Ray: actors that make runs, on this machine or on those of a cluster.

A worker that sees the experiment's folder (one machine, or a shared file system) writes its runs
there, so that they can be resumed whatever happens. Any other makes them in a folder of its own;
what is there of a run is shipped to it first, and back when the run ends or is stopped. One
actor, the ``Limiter``, owns all limits on calls of language models.
"""

from __future__ import annotations

import io
import logging
import secrets
import tarfile
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from econsim_mesa.errors import BadInput
from econsim_mesa.experiment.limiter import Limiter, RemotePool
from econsim_mesa.experiment.lock import hold_as_worker
from econsim_mesa.experiment.run import Done, Job, carry_out
from econsim_mesa.experiment.sharing import Terms
from econsim_mesa.experiment.workers import Message
from econsim_mesa.llm.keys import name_servers, named_servers
from econsim_mesa.scenario.origins import Origin, import_all

_TELL_SECONDS = 0.5
_START_SECONDS = 120.0
_WAITING = 10_000
"""Most calls that may wait for the limiter at once."""


class Maker:
    """The worker of an actor: makes runs in threads, as many as are asked for at once."""

    def __init__(
        self,
        name: str,
        folder: Path,
        slots: int,
        limiter: str | None,
        needed: Sequence[Origin],
        named: Iterable[str],
    ) -> None:
        """``limiter`` is the name of its actor: a handle here would not outlive a restart.

        ``needed`` are the modules of a user's own components, ``named`` the servers that he named.
        """
        import_all(needed)
        name_servers(named)
        self._folder, self._stopped = folder, False
        self._steps: dict[str, int] = {}
        self._pool: RemotePool | None = None
        if limiter is not None:
            owner = _ray().get_actor(limiter)

            def call(method: str, *arguments: Any) -> Awaitable[Any]:
                pending: Awaitable[Any] = getattr(owner, method).remote(*arguments)
                return pending

            self._pool = RemotePool(slots, call, name)

    def sees(self, token: str) -> bool:
        """Whether the experiment's folder is here, by a file that was just made in it."""
        return (self._folder / token).is_file()

    def make(self, job: Job, shared: bool, past: bytes | None) -> tuple[Done, bytes | None]:
        """Make what is left of a run; ``past`` and the second result are its folder, packed."""
        if shared:
            with hold_as_worker(self._folder):
                return self._make(job), None
        with tempfile.TemporaryDirectory(prefix="econsim-") as parent:
            folder = Path(parent) / job.run
            if past is not None:
                _unpack(past, folder)
            done = self._make(job._replace(folder=folder))
            return done, _pack(folder)

    def steps(self, run: str) -> int:
        """Return how many steps of a run are made."""
        return self._steps.get(run, 0)

    def stop(self) -> None:
        """Stop all runs after the step under way, and cancel calls."""
        self._stopped = True
        if self._pool is not None:
            self._pool.stop()

    def _make(self, job: Job) -> Done:
        def hear(steps: int) -> None:
            self._steps[job.run] = steps

        with self._pool.entered() if self._pool is not None else nullcontext():
            done = carry_out(job, hear, lambda: self._stopped)
        if self._stopped and done.status == "incomplete":
            return done._replace(status="interrupted")
        return done


class Cluster:
    """The actors of an experiment on a Ray that runs already, or is started here.

    ``workers`` is the number of actors, at most one a CPU of the cluster (None: that many).
    ``terms``: limits of runs that call a model; None: no run does. Raises ``BadInput`` where Ray
    is not installed or no actor starts.
    """

    def __init__(
        self,
        folder: Path,
        workers: int | None,
        terms: Terms | None,
        runs_each: int,
        needed: Sequence[Origin] = (),
    ) -> None:
        self._ray = ray = _ray()
        self._started = not ray.is_initialized()
        if self._started:
            ray.init(log_to_driver=False, logging_level=logging.ERROR)
        self.max_concurrency = 0 if terms is None else terms.max_concurrency
        self._limiter, limiter = None, None
        if terms is not None:
            limiter = f"econsim-limiter-{secrets.token_hex(8)}"
            owner = ray.remote(num_cpus=0, max_concurrency=_WAITING, name=limiter)(Limiter)
            self._limiter = owner.remote(terms.max_concurrency, terms.caps, terms.spent)
        cpus = max(int(ray.cluster_resources().get("CPU", 1)), 1)
        count = min(workers or cpus, cpus)
        kind = ray.remote(num_cpus=1, max_concurrency=runs_each + 2, max_restarts=-1)(Maker)
        named = named_servers()
        self._names = [f"worker {k}" for k in range(count)]
        self._makers = [
            kind.remote(name, folder.absolute(), self.max_concurrency, limiter, needed, named)
            for name in self._names
        ]
        self._shared = self._see(folder)
        self._turn, self._guard = 0, threading.Lock()
        self._words = ""

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self._makers)

    def serve(
        self,
        take: Callable[[], Job | None],
        report: Callable[[Message], None],
        stopped: Callable[[], bool],
    ) -> None:
        """Have a worker make the runs that ``take`` gives. To be run in a thread."""
        with self._guard:
            number, self._turn = self._turn % self.size, self._turn + 1
        while not stopped() and (job := take()) is not None:
            done = self._one(number, job, report, stopped)
            report(done)
            if done.status == "failed" and not self._is_there(number):
                return  # others make what is left

    call = serve

    def words(self) -> str:
        """Return calls, tokens and cost so far, in one line."""
        if self._limiter is None:
            return ""
        try:
            state = self._ray.get(self._limiter.state.remote(), timeout=_TELL_SECONDS)
        except self._ray.exceptions.RayError:
            return self._words
        done, in_flight, usage = state
        cost = f", ${usage.most_cost:.2f}" if usage.most_cost else ""
        self._words = f"{done:,} calls, {in_flight} in flight, {usage.tokens:,} tokens{cost}"
        return self._words

    def stop(self) -> None:
        """Ask all workers to stop whole."""
        for maker in self._makers:
            maker.stop.remote()

    def close(self) -> None:
        """End the actors, and Ray if it was started here."""
        for actor in (*self._makers, *filter(None, [self._limiter])):
            self._ray.kill(actor)
        if self._started:
            self._ray.shutdown()

    def _is_there(self, number: int) -> bool:
        """Whether a worker answers, if need be after Ray has started it anew."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            try:
                self._ray.get(self._makers[number].steps.remote(""), timeout=_START_SECONDS)
            except self._ray.exceptions.RayError:
                time.sleep(_TELL_SECONDS)
            else:
                return True
        return False

    def _see(self, folder: Path) -> list[bool]:
        """Return of each worker whether it sees the folder."""
        token = folder / f".seen-{secrets.token_hex(8)}"
        token.touch()
        try:
            asked = [maker.sees.remote(token.name) for maker in self._makers]
            found: list[bool] = self._ray.get(asked, timeout=_START_SECONDS)
        except self._ray.exceptions.RayError as error:
            raise BadInput(f"no worker started on Ray: {error}") from error
        finally:
            token.unlink()
        return found

    def _one(
        self,
        number: int,
        job: Job,
        report: Callable[[Message], None],
        stopped: Callable[[], bool],
    ) -> Done:
        """Have one run made, telling of its steps, and bring its folder here."""
        ray, maker, shared = self._ray, self._makers[number], self._shared[number]
        past = None if shared else _pack(job.folder)
        made, told = maker.make.remote(job, shared, past), False
        try:
            while not ray.wait([made], timeout=_TELL_SECONDS)[0]:
                if stopped() and not told:
                    told = True
                    maker.stop.remote()
                report((job.run, ray.get(maker.steps.remote(job.run))))
            done, packed = ray.get(made)
        except ray.exceptions.RayError as error:
            if self._limiter is not None:
                self._limiter.forget.remote(self._names[number])
            words = f"its worker on Ray failed: {str(error).strip().splitlines()[0]}"
            return Done(job.run, "interrupted" if stopped() else "failed", words, 0, None)
        if packed is not None:
            _unpack(packed, job.folder)
        result: Done = done
        return result


def _ray() -> Any:
    try:
        import ray
    except ImportError as error:
        raise BadInput("the engine ray needs Ray: pip install ray") from error
    return ray


def _pack(folder: Path) -> bytes | None:
    """Return a folder as a tar archive; None: it is not there."""
    if not folder.is_dir():
        return None
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz", compresslevel=1) as archive:
        archive.add(folder, arcname=".")
    return held.getvalue()


def _unpack(packed: bytes, folder: Path) -> None:
    """Put an archive in the place of a folder, file by file: what is not in it stays."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        archive.extractall(folder, filter="data")
