"""The public names of the package exist, and each module keeps to its side of the wall."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest


@pytest.mark.parametrize("package", ["econsim_mesa.mind", "econsim_mesa.mind.stressors"])
def test_all_names_exist_and_are_sorted(package):
    module = importlib.import_module(package)
    assert all(hasattr(module, name) for name in module.__all__)
    assert sorted(module.__all__) == sorted(set(module.__all__))


def test_importing_the_mind_loads_neither_mesa_nor_langchain():
    code = (
        "import sys, econsim_mesa.mind.stressors;"
        "sys.exit(any(m.split('.')[0] in ('mesa', 'langchain_core') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
