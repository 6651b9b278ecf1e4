"""One background event loop a process: all calls share it, whatever thread they come from."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from econsim_mesa.errors import EconSimError
from econsim_mesa.llm.garbage import old_objects_spared
from econsim_mesa.llm.turns import turn

T = TypeVar("T")
_EXIT_SECONDS = 5.0


class Job(Generic[T]):
    """A coroutine on the background loop; ``outcome`` is set when it has truly ended."""

    def __init__(self, loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, T]) -> None:
        self.outcome: Future[T] = Future()
        self._loop = loop
        self._task: asyncio.Task[T] | None = None
        loop.call_soon_threadsafe(self._start, coroutine)

    def cancel(self) -> None:
        """Ask the coroutine to stop; ``outcome`` tells when it has."""
        self._loop.call_soon_threadsafe(self._cancel)

    def result(self) -> T:
        """Wait for the result; an interrupt cancels the coroutine and waits for its end."""
        global _waiting
        _waited_for[threading.get_ident()] = self
        try:
            _waiting = threading.current_thread() is threading.main_thread()
            return self.outcome.result()
        except BaseException:
            if not self.outcome.done():
                self.cancel()
                self.outcome.exception()  # a second interrupt ends this wait
            raise
        finally:
            _waiting = False
            _waited_for.pop(threading.get_ident(), None)

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


class _Background:
    """The loop, its thread, and what to do before it ends."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.loop = asyncio.new_event_loop()
        self.last: list[Callable[[], Awaitable[None]]] = []
        self.thread = threading.Thread(target=self._serve, name="econsim-llm", daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.run_until_complete(self._leave())
            self.loop.close()

    async def _leave(self) -> None:
        """Cancel what still runs, then close connections."""
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for close in self.last:
            await close()


_guard = threading.Lock()
_background: _Background | None = None
_waiting = False
_waited_for: dict[int, Job[Any]] = {}
"""The job that each thread waits for, by the thread's number."""


def waiting() -> bool:
    """Whether the main thread waits for calls, so that an interrupt there cancels them."""
    return _waiting


def interrupt(thread: threading.Thread) -> bool:
    """Cancel the calls that a thread waits for; return False if it waits for none.

    The wait there ends with an ``EconSimError``.
    """
    job = _waited_for.get(thread.ident or 0)
    if job is not None:
        job.cancel()
    return job is not None


async def in_turn(
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
            await turn()
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


def submit(coroutine: Coroutine[Any, Any, T]) -> Job[T]:
    """Start a coroutine on the background loop and return at once."""
    return Job(_running().loop, coroutine)


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the background loop and wait for its result.

    ``KeyboardInterrupt`` in the waiting thread cancels it, and is raised when it has ended.
    Raises ``EconSimError`` on the loop's own thread, which would wait for itself.
    """
    if threading.current_thread() is _running().thread:
        coroutine.close()
        raise EconSimError("the event loop of the calls cannot wait for itself; await instead")
    with old_objects_spared():
        return submit(coroutine).result()


def on_exit(close: Callable[[], Awaitable[None]]) -> None:
    """Have connections of the background loop closed at its end; on other loops do nothing."""
    if _background is not None and asyncio.get_running_loop() is _background.loop:
        _background.last.append(close)


def closed(close: Callable[[], Awaitable[None]]) -> None:
    """Forget connections that are closed already."""
    if _background is not None and close in _background.last:
        _background.last.remove(close)


def is_up() -> bool:
    """Whether the background loop runs; where it does not, no connection of its is open."""
    return _background is not None and _background.process == os.getpid()


def stop() -> None:
    """End the background loop: cancel what runs, close connections. It starts again when used."""
    global _background
    with _guard:
        ended, _background = _background, None
    if ended is not None and ended.process == os.getpid():
        ended.loop.call_soon_threadsafe(ended.loop.stop)
        ended.thread.join(_EXIT_SECONDS)


def _running() -> _Background:
    """Return the loop, started at first use, and anew in a forked process."""
    global _background
    with _guard:
        if _background is None or _background.process != os.getpid():
            _background = _Background()
        return _background


atexit.register(stop)
