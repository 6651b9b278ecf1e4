"""``--with FILE.py`` makes a user's own components known to every command and process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from own_parts import LIMITS, SOURCE

from econsim_mesa.cli import main
from econsim_mesa.cli.app import COMMANDS, command_parser

OWN = (
    f"from helper_of_own import STEPS\n{SOURCE}"
    + '''
from econsim_mesa.scenario import Frozen
from econsim_mesa.society.domain import Domain


@register("domain", "library")
class Library(Domain):
    """Lends books."""

    name = "library"

    class Parameters(Frozen):
        """The library of a town."""

        books: int = 3
        """Its books."""
'''
)
TOWN = (
    *("--set", f"stress.stressors.boredom={json.dumps(LIMITS)}"),
    *("--set", 'library={"books": 3}', "--set", "library.books=5"),
    *("--set", "agents.Household.count=2", "--set", "decider=sloth", "--set", "steps=2"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty present folder, with a file of components and a module that it imports."""
    monkeypatch.chdir(tmp_path)
    Path("own.py").write_text(OWN, encoding="utf-8")
    Path("helper_of_own.py").write_text("STEPS = 2\n", encoding="utf-8")
    return tmp_path


def econsim(*words: str, code: int = 0) -> str:
    """Run a command line in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "econsim_mesa", *words],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout or done.stderr


@pytest.mark.usefixtures("folder")
def test_a_run_with_components_of_ones_own_is_made_forked_replayed_and_checked() -> None:
    econsim("run", "pizza_place", *TOWN, "--out", "first", "--with", "own.py", "--quiet")
    assert "boredom" in (Path("first") / "scenario.json").read_text(encoding="utf-8")
    econsim("replay", "first", "--with", "own.py")
    econsim("verify", "first", "--replay", "--with", "own.py")
    econsim("fork", "first", "--at", "1", "--out", "second", "--with", "own.py", "--quiet")
    shown = econsim("replay", "first", code=3)
    assert "the domain 'library'" in shown
    assert "the stressor 'boredom'" in shown
    assert "--with FILE.py" in shown


@pytest.mark.usefixtures("folder")
def test_lists_and_checks_know_what_a_file_registers() -> None:
    listed = json.loads(econsim("list", "--json", "--with", "own.py"))
    assert listed["stressors"]["boredom"] == "Little to do."
    assert listed["domains"]["library"] == "Lends books."
    assert listed["deciders"]["sloth"] == "Does nothing, under a name of its own."
    econsim("validate", "pizza_place", *TOWN, "--with", "own.py")
    assert "'library'" in econsim("validate", "pizza_place", *TOWN, code=2)


@pytest.mark.soak  # starts two more processes
@pytest.mark.usefixtures("folder")
def test_processes_of_an_experiment_know_what_a_file_registers() -> None:
    study = {
        "format": 1,
        "name": "own",
        "title": "A state of one's own",
        "scenario": "pizza_place",
        "set": {
            "decider": "sloth",
            "steps": 2,
            "agents.Household.count": 2,
            "stress.stressors.boredom": LIMITS,
        },
        "replicates": 2,
        "first_seed": 1,
        "factors": {},
        "contrasts": [],
        "hypotheses": [],
        "plan": {"outcome": {"store": "Pizza Place", "item": "Pizza"}, "keyword": "pizza"},
    }
    Path("study.json").write_text(json.dumps(study), encoding="utf-8")
    words = ["experiment", "study.json", "--workers", "2", "--out", "out", "--with", "own.py"]
    assert json.loads(econsim(*words, "--json"))["runs"] == {"planned": 2, "finished": 2}


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("gone.py", None, "gone.py: no such file"),
        ("own.json", "{}", "own.json is no Python file"),
        ("bad.py", "x = 1\nfor\n", "bad.py, line 2: invalid syntax"),
        ("bad.py", "\n\nx = nothing_at_all\n", "bad.py, line 3: NameError: name 'nothing_at_all'"),
        ("bad.py", "import no_such_module\n", "bad.py, line 1: ModuleNotFoundError"),
        ("bad.py", "import sys\nsys.exit(0)\n", "bad.py, line 2: the file ends the program"),
        (
            "bad.py",
            "from econsim_mesa.scenario import register\n\n@register('stressor', 'hunger')\n"
            "class Hunger:\n    pass\n",
            "line 3: the stressor 'hunger' is already registered; choose another name",
        ),
        (
            "bad.py",
            "from econsim_mesa.scenario import register\nregister('mood', 'x')\n",
            "line 2: unknown kind of component 'mood'",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    file: str,
    text: str | None,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    if text is not None:
        Path(file).write_text(text, encoding="utf-8")
    assert main(["list", "--with", file]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert says in shown.err
    assert shown.err.count("\n") == 1


def test_a_folder_is_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--with", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


def test_every_command_that_reads_a_scenario_takes_it() -> None:
    for command in COMMANDS:
        words = [*command.examples[0].partition(" > ")[0].split(), "--with", "own.py"]
        if command.name not in ("trust", "mock-server"):
            assert command_parser().parse_args(words).user_files == [Path("own.py")]
