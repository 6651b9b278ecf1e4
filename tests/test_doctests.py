"""The examples in docstrings are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import econsim_mesa

NAMES = sorted(
    found.name
    for found in pkgutil.walk_packages(econsim_mesa.__path__, "econsim_mesa.")
    if not found.name.endswith("__main__")
)


@pytest.mark.parametrize("name", NAMES)
def test_examples_of_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
