"""Within ``offline`` the network is blocked: for what is called there, and for nobody else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from econsim_mesa.evidence.offline import NetworkBlocked, offline


@pytest.fixture
def port() -> Iterator[int]:
    """Return the port of a server on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def connect(port: int) -> Callable[[], None]:
    """Return what connects to the server."""
    return lambda: socket.create_connection(("127.0.0.1", port), timeout=5).close()


def test_the_network_is_blocked_while_it_is_entered(connect: Callable[[], None]) -> None:
    connect()
    with offline():
        with pytest.raises(NetworkBlocked, match="socket"):
            connect()
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams, pytest.raises(NetworkBlocked):
            datagrams.sendto(b"x", ("127.0.0.1", 9))
    connect()


def test_it_may_be_entered_again_within_itself(connect: Callable[[], None]) -> None:
    with offline():
        with offline():
            pass
        with pytest.raises(NetworkBlocked):
            connect()
    connect()


def test_it_ends_with_an_error(connect: Callable[[], None]) -> None:
    with pytest.raises(ValueError, match="within"), offline():
        raise ValueError("within")
    connect()


def test_other_threads_keep_the_network(connect: Callable[[], None]) -> None:
    with ThreadPoolExecutor(1) as other, offline():
        other.submit(connect).result(timeout=5)
        with pytest.raises(NetworkBlocked):
            connect()


def test_threads_enter_and_leave_it_in_any_order(connect: Callable[[], None]) -> None:
    both_within, first_left = threading.Barrier(2), threading.Event()

    def first() -> None:
        with offline():
            both_within.wait(timeout=5)
        connect()
        first_left.set()

    def second() -> None:
        with offline():
            both_within.wait(timeout=5)
            assert first_left.wait(timeout=5)
            with pytest.raises(NetworkBlocked):
                connect()
        connect()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(first), pool.submit(second)]:
            done.result(timeout=10)


def test_calls_on_an_event_loop_of_another_thread_are_blocked(port: int) -> None:
    async def call() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        await writer.wait_closed()

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with offline(), pytest.raises(NetworkBlocked):
            asyncio.run_coroutine_threadsafe(call(), loop).result(timeout=5)
        asyncio.run_coroutine_threadsafe(call(), loop).result(timeout=5)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
