"""Where a user's own components are defined, so that another process can import them as well.

A scenario only names a component. What a program registered is known to its own process; a process
that it starts, here or on another machine, imports the modules that define what is named.
"""

from __future__ import annotations

import importlib
import json
import runpy
import sys
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from econsim_mesa.errors import BadInput
from econsim_mesa.scenario.load import to_json
from econsim_mesa.scenario.registry import registered
from econsim_mesa.scenario.types import Scenario
from econsim_mesa.scenario.user_files import import_file, imported_files

_MAIN, _MAIN_AGAIN = "__main__", "__mp_main__"
"""A program's own module, and its name in a process that the program starts."""


class Origin(NamedTuple):
    """A module that registers a component, and the file that it was read from."""

    module: str
    file: str


def origins(scenarios: Iterable[Scenario], studies: Collection[str] = ()) -> tuple[Origin, ...]:
    """Return the modules that define what a program registered, as far as it is named.

    ``scenarios`` name it, or it is one of ``studies``. Files of the option ``--with`` are among
    them, whatever they register.

    Raises ``BadInput`` for a component that was typed into a session, and so stands in no file.
    """
    texts = [to_json(scenario) for scenario in scenarios]
    found: dict[Origin, None] = {}
    for file, module in imported_files().items():
        found[Origin(module.__name__, str(file))] = None
    for kind, name, component in registered():
        named = name in studies if kind == "study" else any(json.dumps(name) in t for t in texts)
        if named:
            found[_origin(kind, name, component)] = None
    return tuple(found)


def import_all(needed: Sequence[Origin]) -> None:
    """Import modules that register components, as far as this process has not.

    Raises ``BadInput`` for one that is not here.
    """
    for one in needed:
        try:
            _import(one)
        except Exception as error:
            raise BadInput(
                f"cannot import {one.module} ({one.file}), which registers a component that the "
                f"scenario names: {type(error).__name__}: {error}; install it wherever runs are "
                "made"
            ) from error


def _origin(kind: str, name: str, component: type) -> Origin:
    module = _MAIN if component.__module__ == _MAIN_AGAIN else component.__module__
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is None:
        raise BadInput(
            f"the {kind} {name!r} is defined in {module}, which stands in no file, so that no "
            "other process can import it: put it into a module of its own, and import that"
        )
    return Origin(module, str(Path(file).resolve()))


def _import(one: Origin) -> None:
    if one.module == _MAIN:
        if _MAIN_AGAIN not in sys.modules:  # the processes of multiprocessing have it already
            made = ModuleType(_MAIN_AGAIN)
            made.__dict__.update(runpy.run_path(one.file, run_name=_MAIN_AGAIN))
            sys.modules[_MAIN_AGAIN] = made
    elif one.module not in sys.modules:
        _by_name_or_file(one)


def _by_name_or_file(one: Origin) -> None:
    try:
        importlib.import_module(one.module)
    except ModuleNotFoundError as error:
        if error.name != one.module:
            raise
        import_file(Path(one.file), one.module)
