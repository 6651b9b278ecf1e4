"""Parts of an installed package need no option: its entry points announce them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from reading_town import FILE, town

METADATA = "Metadata-Version: 2.1\nName: lending-library\nVersion: 1.0\n"
ENTRY_POINTS = """
[econsim_mesa.domain]
library = lending_library:LendingLibrary
[econsim_mesa.event]
library_closed = lending_library:LibraryClosed
[econsim_mesa.stressor]
boredom = lending_library:Boredom
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Install the library as a package, in a folder of packages."""
    packages = tmp_path / "site"
    described = packages / "lending_library-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(METADATA, encoding="utf-8")
    (described / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    (packages / "lending_library.py").write_bytes(FILE.read_bytes())
    return packages


def test_a_domain_of_an_installed_package_is_known(site: Path, tmp_path: Path) -> None:
    (tmp_path / "town.json").write_text(json.dumps(town()), encoding="utf-8")
    paths = [str(site), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    for words in ("run town.json --steps 6 --seed 3 --out run --quiet", "verify run --replay"):
        done = subprocess.run(
            [sys.executable, "-m", "econsim_mesa", *words.split()],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    scenario = json.loads((tmp_path / "run" / "scenario.json").read_text(encoding="utf-8"))
    assert scenario["library"]["books"] == 2
