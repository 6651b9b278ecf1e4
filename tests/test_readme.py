"""What the README shows is true: its examples run, its output is real, its table is complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
TABLE_COLUMNS = 100
"""Width of the terminal of which the README shows the output."""


def marked(mark: str) -> str:
    """Return the fenced block that follows a mark."""
    found = re.search(rf"<!-- {re.escape(mark)} -->\n```\w+\n(.*?)^```", README, re.M | re.S)
    assert found, f"README.md has no block after <!-- {mark} -->"
    return found.group(1)


def python(*words: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in the present folder, with the package of the checkout."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": str(TABLE_COLUMNS)},
    )


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder in which ``runs/first`` lies, and what the run printed."""
    folder = tmp_path_factory.mktemp("readme")
    before = Path.cwd()
    os.chdir(folder)
    try:
        done = python("-m", "econsim_mesa", "run", "pizza_place", "--out", "runs/first")
    finally:
        os.chdir(before)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_runs(
    number: int, first_run: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(first_run[0])
    script = Path(f"example_{number}.py")
    script.write_text(EXAMPLES[number], encoding="utf-8")
    done = python(str(script))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def day_rows(text: str) -> list[list[str]]:
    """Return the rows of the table of days, as words."""
    return [line.split() for line in text.splitlines() if re.match(r"\d{1,2} [A-Z]|total", line)]


def test_the_output_shown_is_what_a_run_prints(first_run: tuple[Path, str]) -> None:
    shown = day_rows(marked("output: run"))
    assert len(shown) == 11
    assert shown == day_rows(first_run[1])


def test_the_commands_are_there() -> None:
    assert "econsim run pizza_place" in marked("command: run")
    assert "pytest" in marked("command: test")


def test_every_folder_has_an_owner() -> None:
    table = README.partition("## Ownership")[2].partition("\n## ")[0]
    listed = set(re.findall(r"^\| `([\w/]+)/`", table, re.MULTILINE))
    package = ROOT / "econsim_mesa"
    folders = {path.parent.name for path in package.glob("*/*.py")} - {"domains"}
    rooms = {f"domains/{path.parent.name}" for path in package.glob("domains/*/*.py")}
    assert listed == folders | rooms


@pytest.mark.parametrize("name", ["README.md", "ODD.md", "LIMITS.md", "CONTRIBUTING.md"])
def test_links_to_files_resolve(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []
