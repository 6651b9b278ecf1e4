"""The background event loop of this process: all calls share it, whatever thread they come from.

A blocking portal of anyio would not do: it cancels again at each ``await`` of a call's clean-up,
so that connections stay open, and says that a call has ended before it has.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from econsim_mesa.errors import EconSimError
from econsim_mesa.llm.fairness import yield_to_replies
from econsim_mesa.llm.gc_freeze import frozen_gc

T = TypeVar("T")
Close = Callable[[], Awaitable[None]]
_JOIN_SECONDS = 5.0


class Job(Generic[T]):
    """A coroutine on the loop of another thread; ``outcome`` is set when it has truly ended."""

    def __init__(self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> None:
        self.outcome: Future[T] = Future()
        self._loop = loop
        self._task: asyncio.Task[T] | None = None
        loop.call_soon_threadsafe(self._start, coroutine)

    def cancel(self) -> None:
        """Ask the coroutine to stop; ``outcome`` is set when it has."""
        self._loop.call_soon_threadsafe(self._cancel)

    def _start(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._task = self._loop.create_task(coroutine)
        self._task.add_done_callback(self._end)

    def _cancel(self) -> None:
        if self._task is not None and not self._task.cancelling():
            self._task.cancel()  # once: it may take time to end

    def _end(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self.outcome.set_exception(EconSimError("the calls were cancelled"))
        elif (error := task.exception()) is not None:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(task.result())


class _LoopThread:
    """A running event loop, its thread, and the connections to close before it ends."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.loop = asyncio.new_event_loop()
        self.closes: list[Close] = []
        self.thread = threading.Thread(target=self._serve, name="econsim-llm", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Cancel what runs, close connections and end the thread."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(_JOIN_SECONDS)

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.run_until_complete(self._leave())
            self.loop.close()

    async def _leave(self) -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for close in self.closes:
            await close()


class BackgroundLoop:
    """Starts an event loop in a thread when it is used first, and anew in a forked process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: _LoopThread | None = None
        self._waits: dict[int, Job[Any]] = {}
        """The job that a thread waits for, by the thread's number."""

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Job[T]:
        """Start a coroutine and return at once."""
        return Job(self._started().loop, coroutine)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and wait for its result.

        An exception in the waiting thread, such as ``KeyboardInterrupt``, cancels the coroutine
        and is raised when that has ended.

        Raises:
            EconSimError: ``interrupt`` cancelled the coroutine; or this is the loop's own thread,
                which would wait for itself.
        """
        if threading.current_thread() is self._started().thread:
            coroutine.close()
            raise EconSimError("the event loop of the calls cannot wait for itself; await instead")
        with frozen_gc():
            return self.wait(self.submit(coroutine))

    def wait(self, job: Job[T]) -> T:
        """Wait for the result of a job; see ``run``."""
        thread = threading.get_ident()
        try:
            self._waits[thread] = job
            return job.outcome.result()
        except BaseException:
            if not job.outcome.done():
                job.cancel()
                job.outcome.exception()  # a second interrupt ends this wait
            raise
        finally:
            self._waits.pop(thread, None)

    def main_thread_waits(self) -> bool:
        """Whether the main thread waits for calls, so that an interrupt there cancels them."""
        return threading.main_thread().ident in self._waits

    def interrupt(self, thread: threading.Thread) -> bool:
        """Cancel the calls that a thread waits for; return False if it waits for none.

        The wait there ends with an ``EconSimError``.
        """
        job = self._waits.get(thread.ident or 0)
        if job is not None:
            job.cancel()
        return job is not None

    def run_at_exit(self, close: Close) -> None:
        """Have connections closed before the loop ends; on another event loop do nothing."""
        running = self._running
        if running is not None and asyncio.get_running_loop() is running.loop:
            running.closes.append(close)

    def forget_at_exit(self, close: Close) -> None:
        """Take back ``run_at_exit``: the connections are closed."""
        if self._running is not None and close in self._running.closes:
            self._running.closes.remove(close)

    def open_transports(self) -> int:
        """Return how many transports have connections that the end of the loop would close."""
        return 0 if self._running is None else len(self._running.closes)

    def is_running(self) -> bool:
        """Whether the loop runs in this process; if not, it has no open connection."""
        return self._running is not None and self._running.process == os.getpid()

    def stop(self) -> None:
        """Cancel what runs and close connections. The loop starts again when it is used."""
        with self._lock:
            ended, self._running = self._running, None
        if ended is not None and ended.process == os.getpid():
            ended.stop()

    def _started(self) -> _LoopThread:
        with self._lock:
            if self._running is None or self._running.process != os.getpid():
                self._running = _LoopThread()
                atexit.unregister(self.stop)
                atexit.register(self.stop)
            return self._running


_of_process = BackgroundLoop()
submit, run, wait = _of_process.submit, _of_process.run, _of_process.wait
main_thread_waits, interrupt = _of_process.main_thread_waits, _of_process.interrupt
run_at_exit, forget_at_exit = _of_process.run_at_exit, _of_process.forget_at_exit
open_transports = _of_process.open_transports
is_running, stop = _of_process.is_running, _of_process.stop


async def gather_in_order(
    coroutines: Iterable[Callable[[], Coroutine[Any, Any, T]]], at_once: int
) -> list[T]:
    """Run coroutines, at most so many at once, and return their results in order.

    Each is made when it is its turn: work that they do before they wait keeps back neither
    requests that are ready to go nor replies that have arrived. If one raises, no further one
    begins, and the others are cancelled and have ended.
    """
    tasks: list[asyncio.Task[T]] = []
    room, failed = asyncio.Semaphore(at_once), asyncio.Event()

    def end(task: asyncio.Task[T]) -> None:
        room.release()
        if task.cancelled() or task.exception() is not None:
            failed.set()

    try:
        for make in coroutines:
            await room.acquire()
            await yield_to_replies()
            if failed.is_set():
                break
            tasks.append(asyncio.ensure_future(make()))
            tasks[-1].add_done_callback(end)
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
