"""What holds for every test: no network but this machine's own, no keys, no traces outside tmp."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

LOCAL_HOSTS = {None, "", "localhost", "127.0.0.1", "::1"}
PRIVATE = ("OPENAI_", "LANGCHAIN_", "LANGSMITH_")
GUARDED = {"socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"}

attempts: list[str] = []
"""Contacts with other machines that were tried, and refused, since the present test began."""


class NetworkForbiddenError(RuntimeError):
    """A test tried to reach another machine."""


def _refuse_network(event: str, args: tuple[object, ...]) -> None:
    if event not in GUARDED:
        return
    target = args[1] if event in {"socket.connect", "socket.sendto"} else args[0]
    host = target[0] if isinstance(target, tuple) else target
    if isinstance(host, bytes):
        host = os.fsdecode(host)
    unix = isinstance(target, str | bytes) and event in {"socket.connect", "socket.sendto"}
    if not unix and host not in LOCAL_HOSTS:
        attempts.append(f"{event} {target!r}")
        raise NetworkForbiddenError(f"tests talk to this machine only: {attempts[-1]}")


def _clean_environment() -> None:
    """Take away keys, proxies, the user's home and threads, for this process and its children."""
    for name in list(os.environ):
        if name.upper().endswith(("_API_KEY", "_PROXY")) or name.startswith(PRIVATE):
            del os.environ[name]
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # threads of small matrices wait for each other
    os.environ.pop("XDG_CONFIG_HOME", None)
    os.environ["HOME"] = tempfile.mkdtemp(prefix="econsim-home-")
    atexit.register(shutil.rmtree, os.environ["HOME"], ignore_errors=True)
    if "PYTHONPATH" in os.environ:
        parts = os.environ["PYTHONPATH"].split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join(os.path.abspath(part) for part in parts)


def pytest_collection(session: pytest.Session) -> None:
    """Do not look for garbage among what is imported and collected: all of it stays."""
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on look for garbage among what tests make."""
    gc.freeze()
    gc.enable()


_clean_environment()
sys.addaudithook(_refuse_network)  # sees every socket, whatever library made it

settings.register_profile("ci", derandomize=True, deadline=None, database=None, print_blob=True)
settings.register_profile("explore", settings.get_profile("ci"), derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test in a folder of its own, so that ``runs/`` goes there.

    The folder must outlive the test (pytest's default): helper processes of multiprocessing
    start in it, and die if it is gone.
    """
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def _nobody_named() -> None:
    """Forget before each test which servers command lines and programs have named."""
    keys = sys.modules.get("econsim_mesa.llm.keys")
    if keys is not None:  # else nobody has named any, and to import it takes long
        keys.forget_named_servers()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures that tests found, which say more than that they passed."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [words for one in reports for name, words in one.user_properties if name == "shown"]
    if told:
        terminalreporter.section("figures found")
        for words in told:
            terminalreporter.write_line(str(words))


@pytest.fixture(autouse=True)
def _own_machine() -> Iterator[None]:
    """Fail a test that tried the network, even if the code under test swallowed the refusal."""
    attempts.clear()
    yield
    assert not attempts, f"the test tried to reach another machine: {attempts}"
