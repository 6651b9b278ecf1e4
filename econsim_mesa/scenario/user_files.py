"""Python files of a user that register components, named on the command line by ``--with``."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from econsim_mesa.errors import BadInput, EconSimError

_imported: list[Path] = []
"""Files of this process, in order: Python imports each once, and worker processes do it again."""


def import_file(path: Path, name: str | None = None) -> ModuleType:
    """Import a Python file, whose decorators register components; do so once in a process.

    Modules beside the file can be imported by it, as by a program that Python runs.

    Args:
        path: The file.
        name: Name of the module (default: that of the file without ``.py``, or if another module
            has that name, one that no other has).

    Returns:
        The module.

    Raises:
        BadInput: There is no such file, it is no Python, or an error ends its import, such as
            that of a name that another component has. The message says where.
    """
    file = _checked(path)
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    module = _loaded(file) or _load(file, name or _free_name(file))
    if file not in _imported:
        _imported.append(file)
    return module


def imported_files() -> dict[Path, ModuleType]:
    """Return the files that this process imported, in this order, and their modules."""
    return {file: module for file in _imported if (module := _loaded(file)) is not None}


@contextmanager
def imported_anew() -> Iterator[None]:
    """Import files anew within, also those that were imported before; at the end forget them."""
    files, modules = list(_imported), _forget()
    try:
        yield
    finally:
        _forget()
        _imported.extend(files)
        sys.modules.update(modules)


def _forget() -> dict[str, ModuleType]:
    """Forget all files, and return their modules by name."""
    files = set(map(str, _imported))
    _imported.clear()
    names = [name for name, module in sys.modules.items() if _file_of(module) in files]
    return {name: sys.modules.pop(name) for name in names}


def _checked(path: Path) -> Path:
    """Return the absolute path of a file that may be Python."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder; give a Python file in it")
    if not path.is_file():
        raise BadInput(f"{path}: no such file; give a Python file that registers components")
    if path.suffix != ".py":
        raise BadInput(f"{path} is no Python file: the name of one ends in .py")
    return path.resolve()


def _loaded(file: Path) -> ModuleType | None:
    """Return the module that was read from a file already, by whatever name."""
    modules = list(sys.modules.values())
    return next((module for module in modules if _file_of(module) == str(file)), None)


def _file_of(module: object) -> object:
    """Return the file of a module; some stand-ins for modules have none, or fail when asked."""
    return getattr(module, "__dict__", {}).get("__file__")


def _free_name(file: Path) -> str:
    """Return the name by which ``import`` finds the file, or one that nothing else has."""
    spec = importlib.util.find_spec(file.stem) if file.stem not in sys.modules else None
    is_found = spec is not None and spec.origin == str(file)
    return file.stem if is_found else f"user_file_{len(_imported)}_{file.stem}"


def _load(file: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise BadInput(f"{file} cannot be imported")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, Exception | SystemExit):
            raise BadInput(_reason(file, error)) from error
        raise
    return module


def _reason(file: Path, error: BaseException) -> str:
    """Return where in a user's file an error was raised, and which."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return f"{file}, line {error.lineno}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(file)]
    where = f"{file}, line {lines[-1]}" if lines else str(file)
    if isinstance(error, EconSimError):
        return f"{where}: {error}"
    if isinstance(error, SystemExit):
        advice = 'what a program does stands below `if __name__ == "__main__":`'
        return f"{where}: the file ends the program when it is imported; {advice}"
    return f"{where}: {type(error).__name__}: {error}"
