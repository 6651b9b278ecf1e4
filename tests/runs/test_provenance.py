"""Provenance: versions always, the commit only of a checkout of this code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import mesa
import numpy as np
import pytest

from econsim_mesa.runs.provenance import code_commit, provenance
from econsim_mesa.version import __version__


def test_versions() -> None:
    found = provenance()
    assert (found["mesa"], found["numpy"]) == (mesa.__version__, np.__version__)
    assert found["econsim-mesa"] == __version__


def test_the_version_is_that_of_the_project() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    assert f'\nversion = "{__version__}"\n' in project


def _git(*words: str) -> str:
    who = ["-c", "user.name=T", "-c", "user.email=t@example.org"]
    done = subprocess.run(["git", *who, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_commit_of_a_checkout_and_whether_files_differ(tmp_path: Path) -> None:
    assert code_commit(tmp_path) is None
    _git("init", "--quiet", str(tmp_path))
    (tmp_path / "code.py").write_text("a")
    _git("-C", str(tmp_path), "add", ".")
    _git("-C", str(tmp_path), "commit", "--quiet", "-m", "first")
    commit = _git("-C", str(tmp_path), "rev-parse", "HEAD")
    assert code_commit(tmp_path) == commit
    (tmp_path / "code.py").write_text("b")
    assert code_commit(tmp_path) == f"{commit}-dirty"


def test_without_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", "")
    assert code_commit(tmp_path) is None
