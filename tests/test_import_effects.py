"""Importing this package changes nothing of the process but the modules that are loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in ROOT.glob("econsim_mesa/**/*.py")
    if path.stem != "__main__"
) + sorted(
    ".".join(["econsim_mesa", *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(
        ".__init__"
    )
    for path in ROOT.glob("visualization/**/*.py")
)

LOAD = """
import importlib, json, sys
for name in json.loads(sys.stdin.read()):
    importlib.import_module(name)
print(json.dumps([name for name in sys.modules if name.split(".")[0] != "econsim_mesa"]))
"""
"""Imports modules, and tells which modules of others that loads."""

COMPARE = """
import atexit, builtins, contextlib, contextvars, decimal, gc, importlib, inspect, json, locale
import logging, multiprocessing, os, signal, sys, threading, warnings

def of_process():
    import matplotlib, mesa, numpy

    loggers = [logging.root, *map(logging.getLogger, sorted(logging.root.manager.loggerDict))]
    theirs = {
        f"{kind.__module__}.{kind.__qualname__}": dict(vars(kind))
        for module in list(sys.modules.values())
        for kind in list(vars(module).values() if module is not None else ())
        if isinstance(kind, type) and str(kind.__module__).split(".")[0] in ("mesa", "networkx")
    }
    return {
        "classes": {f"{k}.{a}": id(v) for k, c in theirs.items() for a, v in c.items()},
        "builtins": {name: id(value) for name, value in vars(builtins).items()},
        "hooks": [sys.excepthook, sys.displayhook, sys.unraisablehook, sys.breakpointhook,
                  threading.excepthook, sys.gettrace(), sys.getprofile()],
        "streams": [sys.stdin, sys.stdout, sys.stderr],
        "paths": [*sys.path, *map(repr, sys.meta_path), *map(repr, sys.path_hooks)],
        "limits": [sys.getrecursionlimit(), sys.get_int_max_str_digits(), sys.getswitchinterval()],
        "signals": {n: signal.getsignal(n) for n in signal.valid_signals()},
        "warnings": [*warnings.filters, warnings.showwarning],
        "logging": {log.name: (log.handlers[:], log.level, log.propagate, log.disabled)
                    for log in loggers if log.handlers or log.level or log.disabled},
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "garbage": [gc.get_freeze_count(), gc.get_threshold(), gc.isenabled(), gc.callbacks[:]],
        "threads": threading.enumerate(),
        "exits": atexit._ncallbacks(),
        "contexts": dict(contextvars.copy_context()),
        "processes": multiprocessing.get_start_method(allow_none=True),
        "decimal": repr(decimal.getcontext()),
        "numpy": [numpy.geterr(), numpy.get_printoptions()],
        "matplotlib": {name: str(value) for name, value in dict.items(matplotlib.rcParams)},
    }

theirs, ours = json.loads(sys.stdin.read())
for name in theirs:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
before = of_process()
for name in ours:
    importlib.import_module(name)
after = of_process()
for key in before:
    old, new = before[key], after[key]
    if old != new:
        if isinstance(old, dict):
            new = {k: new.get(k) for k in {*old, *new} if old.get(k) != new.get(k)}
        print(key, "changed:", new)
"""
"""Prints what of the process an import of our modules changes, once those of others are loaded."""


def run(code: str, given: object) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_import_changes_the_process() -> None:
    theirs = json.loads(run(LOAD, MODULES).splitlines()[-1])
    assert not run(COMPARE, [[n for n in theirs if n != "__main__"], MODULES])
