"""One background loop serves all threads, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from fault_server import ANSWER, FaultServer, gateway, request_of, threads

from econsim_mesa.errors import EconSimError
from econsim_mesa.llm import loop


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    yield
    loop.stop()
    assert "econsim-llm" not in threads()


async def name_of_thread() -> str:
    await asyncio.sleep(0)
    return threading.current_thread().name


def test_it_starts_when_used_and_once() -> None:
    loop.stop()  # another test may have used it
    assert "econsim-llm" not in threads()
    assert loop.run(name_of_thread()) == loop.wait(loop.submit(name_of_thread())) == "econsim-llm"
    assert sum(name == "econsim-llm" for name in threads()) == 1
    loop.stop()
    assert loop.run(name_of_thread()) == "econsim-llm"


def test_it_serves_many_threads_and_loops() -> None:
    async def wait(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return seconds

    found: list[float] = []
    workers = [
        threading.Thread(target=lambda i=i: found.append(loop.run(wait(i / 100)))) for i in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(found) == [i / 100 for i in range(8)]

    async def inside_another_loop() -> float:
        return await asyncio.to_thread(loop.run, wait(0.01))

    assert asyncio.run(inside_another_loop()) == 0.01


def test_errors_come_back_and_it_does_not_wait_for_itself() -> None:
    async def fail() -> None:
        raise ValueError("mine")

    async def nested() -> str:
        return loop.run(name_of_thread())

    with pytest.raises(ValueError, match="mine"):
        loop.run(fail())
    with pytest.raises(EconSimError, match="wait for itself"):
        loop.run(nested())


def test_a_cancelled_job_has_ended_when_it_says_so() -> None:
    ended = threading.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(0.05)
            ended.set()

    job = loop.submit(slow())
    loop.run(name_of_thread())
    job.cancel()
    with pytest.raises(EconSimError, match="cancelled"):
        loop.wait(job)
    assert ended.is_set()


def test_an_interrupt_cancels_and_waits_for_the_end() -> None:
    code = """
import asyncio, os, signal, threading
from econsim_mesa.llm import loop
async def slow():
    while not loop.main_thread_waits():
        await asyncio.sleep(0.01)
    print("began", flush=True)
    try:
        await asyncio.sleep(600)
    finally:
        await asyncio.sleep(0.1)
        print("ended", flush=True)
try:
    loop.run(slow())
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "began\n"
        child.send_signal(signal.SIGINT)
        assert child.communicate(timeout=60)[0] == "ended\ninterrupted\n"
    assert child.returncode == 0


@pytest.mark.soak
@pytest.mark.parametrize("client", ["direct", "langchain"])
def test_a_gateway_that_nobody_closed_ends_in_silence(client: str) -> None:
    code = f"""
import asyncio
from fault_server import *
from econsim_mesa.llm import loop
async def main():
    server = await FaultServer(lambda n, body: "ok").__aenter__()
    loop.run_at_exit(server.runner.cleanup)  # the server is the test's, so the test closes it
    asked = gateway(server, client={client!r})
    print((await asked.ask(request_of(0))).text)
    loop.submit(asked.ask(request_of(1)))
loop.run(main())
"""
    path = {"PYTHONPATH": ":".join(sys.path)}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=path)
    assert (done.stdout.strip(), done.stderr, done.returncode) == (ANSWER, "", 0)


def test_a_gateway_works_through_the_loop() -> None:
    async def main() -> str | None:
        async with FaultServer(lambda n, body: "ok") as server:
            asked = gateway(server)
            reply = await asked.ask(request_of(0))
            await asked.close()
            return reply.text

    assert loop.run(main()) == ANSWER


def test_a_thread_that_waits_can_be_interrupted_from_another() -> None:
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            loop.run(asyncio.sleep(60))
        except EconSimError as error:
            ended.append(error)

    worker = threading.Thread(target=wait)
    worker.start()
    while not loop.interrupt(worker):
        pass
    worker.join(5)
    assert [str(error) for error in ended] == ["the calls were cancelled"]
    assert not loop.interrupt(worker)
    assert not loop.interrupt(threading.current_thread())
