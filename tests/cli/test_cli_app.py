"""Words on the command line become a command and an exit code, and complaints become a line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from econsim_mesa.cli import main
from econsim_mesa.cli.app import COMMANDS, command_parser
from econsim_mesa.cli.command import Command
from econsim_mesa.version import __version__

EACH = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)


@EACH
def test_help_of_a_command_shows_examples_that_parse(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command.name, "--help"]) == 0
    shown = capsys.readouterr()
    assert command.examples
    assert shown.err == ""
    for example in command.examples:
        assert f"econsim {example}" in shown.out
        words = shlex.split(example.partition(" > ")[0])
        assert command_parser().parse_args(words).command is command


@EACH
def test_help_lists_the_command(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert re.search(rf"\n    {command.name}\s", capsys.readouterr().out)


@EACH
def test_every_command_takes_quiet_and_json(command: Command) -> None:
    words = shlex.split(command.examples[0].partition(" > ")[0])
    options = command_parser().parse_args([*words, "--quiet", "--json"])
    assert options.quiet
    assert options.json


def test_no_word_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "commands:" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"econsim {__version__}\n"


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["rnu"], "did you mean 'run'?"),
        (["schema", "action"], "did you mean 'actions'?"),
        (["run"], "SCENARIO"),
        (["run", "pizza_place", "--stpes", "3"], "--stpes"),
        (["run", "pizza_place", "--step", "3"], "--step"),  # no abbreviations
        (["run", "pizza_place", "--steps", "many"], "must be a whole number; found 'many'"),
        (["run", "pizza_place", "--steps"], "expected one argument"),
        (["run", "pizza_place", "--steps", "0"], "must be at least 1; found 0 @ $.steps"),
        (["run", "pizza_place", "--seed", "-1"], "$.seed"),
        (["run", "pizza_place", "--decider", "utilty"], "did you mean 'utility'? @ $.decider"),
        (["run", "pizza_place", "--set", "stress.mode"], "KEY=VALUE"),
        (["run", "pizza_place", "--set", "stress.mod=off"], "did you mean 'mode'?"),
        (["run", "pizza_place", "--households", "3"], "--set agents.Household.count=VALUE"),
        (["run", "pizza_place", "--set", "steps", "3"], "one word after --set: --set KEY=VALUE"),
        (["run", "pizza_place", "--sed", "3"], "run does not know --sed 3; did you mean '--seed'?"),
        (["run", "pizza_place", "--decider", "gpt-4o"], "decider llm with llm.model @ $.decider"),
        (["run", "pizza_place", "--set", "llm.template=./mine.txt"], "named by the key prompts"),
        (["run", "pizza_plce"], "did you mean 'pizza_place'? Or give the path of a JSON file"),
        (["run", "zzz"], "two_towns; or give the path of a JSON file"),
        (["run", "pizza_place", "--set", "stress=off"], "keys such as mode, hide, scope; found"),
        (["run", "pizza_place", "--set", "choice.go.crowd=3"], "keys such as value, source; found"),
        (["run", "pizza_place", "--base-url", "localhost"], "begins with http:// or https://"),
        (
            ["run", "pizza_place", "--base-url", "http://h:66000/v1"],
            "from 1 to 65535 @ $.llm",
        ),
        (["run", "pizza_place", "--base-url", "http://[::g]:1/v1"], "(IPv6 in brackets"),
        (["experiment", "pizza_place_llm", "--base-url", "http://h:no/v1"], "from 1 to 65535"),
        (["experiment", "pizza_place_llm", "--base-url", "http://300.0.0.1/v1"], "IP address"),
        (["experiment", "pizza_place_llm"], "set OPENAI_API_KEY"),
        (["check", "pizza_place", "--decider", "llm", "--model", "m"], "set OPENAI_API_KEY"),
        (["run", "pizza_place", "--decider", "llm"], "no model is chosen"),
        (["run", "pizza_place", "--decider", "llm", "--model", "m"], "set OPENAI_API_KEY"),
        (
            ["check", "pizza_place", "--seeds", "1"],
            "too few seeds for an interval: 1; give 3 or more",
        ),
        (["validate", "no/such.json"], "no such file"),
    ],
)
def test_bad_words_are_one_line_and_code_2(
    words: list[str], part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert part in shown.err
    assert shown.err.startswith("econsim: ")
    assert shown.err.count("\n") == 1
    assert " @ $\n" not in shown.err  # a place is told where there is one
    assert not Path("runs").exists()


def test_help_is_found_by_its_word_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help"]) == 0
    assert "commands:" in capsys.readouterr().out
    assert main(["help", "fork"]) == 0
    assert "econsim fork" in capsys.readouterr().out


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "econsim_mesa", "rnu"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_light_commands_load_nothing_heavy() -> None:
    code = """
import sys
from econsim_mesa.cli import main
heavy = {"mesa", "pandas", "langchain", "langchain_openai", "solara", "matplotlib", "scipy"}
for words in ("--help", "run --help", "list", "schema", "validate crowd"):
    assert main(words.split()) == 0, words
    assert not heavy & set(sys.modules), (words, heavy & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
    assert done.returncode == 0


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as nobody:
        command = [sys.executable, "-m", "econsim_mesa", "schema"]
        done = subprocess.run(
            command, stdout=nobody, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == ""


def test_text_of_a_file_cannot_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", "a\x1b[31mb.json"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX closes streams")
@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("run pizza_place --steps 1 --out here >&-", 0, ""),
        ("run pizza_place --steps 1 --out here >&- 2>&-", 0, ""),
        ("schema >/dev/full", 1, "econsim: No space left on device\n"),
        ("bundle nothing >&-", 2, "nothing"),
    ],
)
def test_streams_that_are_closed_or_full_end_in_no_traceback(
    shell: str, code: int, said: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m econsim_mesa {shell}",
        shell=True,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert code or (tmp_path / "here" / "manifest.sha256").is_file()
