from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from urllib.request import urlopen

import pytest

from econsim_mesa.cli import main

pytestmark = pytest.mark.soak  # a server as a process of its own


def start(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "econsim_mesa", "mock-server", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_it_answers_until_a_signal(number: signal.Signals, code: int) -> None:
    with start("--port", "0", "--latency", "1") as child:
        assert child.stdout is not None
        line = child.stdout.readline()
        url = next(word for word in line.split() if word.startswith("http://127.0.0.1:"))
        with urlopen(f"{url}/models", timeout=10) as reply:
            assert json.load(reply)["object"] == "list"
        child.send_signal(number)
        out, err = child.communicate(timeout=20)
    assert (child.returncode, err) == (code, "")
    assert out.startswith("0 requests")


def test_json_is_alone_on_stdout() -> None:
    with start("two_towns", "--port", "0", "--json", "--fault", "429=0.5") as child:
        assert child.stdout is not None
        told = json.loads("".join(child.stdout.readline() for _ in range(5)))
        assert told["scenario"] == "two_towns"
        assert told["base_url"] == f"http://127.0.0.1:{told['port']}/v1"
        child.send_signal(signal.SIGTERM)
        assert child.communicate(timeout=20) == ("", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nowhere"], "nowhere"),
        (["--fault", "429"], "NAME=P"),
        (["--fault", "4299=0.1"], "did you mean '429'"),
        (["--fault", "429=2"], "give 0 to 1"),
        (["--script", "ok,hangs"], "did you mean 'hang'"),
        (["--latency", "soon"], "lognormal:MEAN_MS,SIGMA"),
        (["--refuse-format", "text"], "json_schema"),
        (["--cache-block", "3"], "0, 16 or 128"),
        (["--port", "99999"], "another port"),
        (["--window", "-1"], "window"),
    ],
)
def test_bad_words_are_refused_in_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["mock-server", *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert told in err
    assert err.count("\n") == 1
