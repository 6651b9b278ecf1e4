"""Find the texts that the program says, in its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "econsim_mesa"
ROOMS = ("society", "domains", "mind", "prompts", "deciders", "scenario", "errors.py")
"""Folders and files of the package that speak to agents."""
SAYS = ("say", "_say")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def texts_of_source() -> dict[str, str]:
    """Return the texts in calls of ``say`` and ``counted``, and the file of each."""
    texts: dict[str, str] = {}
    for room in ROOMS:
        path = PACKAGE / room
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for text in _texts_in(tree):
                texts.setdefault(text, str(file.relative_to(PACKAGE)))
    return texts


def _texts_in(tree: ast.AST) -> Iterator[str]:
    for function in [node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]:
        assigned = _assigned(function)
        for call in [node for node in ast.walk(function) if isinstance(node, ast.Call)]:
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            if name in SAYS or name == "_too_long":
                yield from _constants(call.args[0], assigned)
            elif name == "counted" and len(call.args) > 1:
                for thing in _constants(call.args[1], assigned):
                    yield from (f"{{number}} {thing}", f"{{number}} {thing}s")


def _assigned(function: ast.AST) -> dict[str, list[ast.expr]]:
    """Return what is assigned to each name in a function, pairs of tuples taken apart."""
    assigned: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        (target,) = node.targets[:1]
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=False))
        for name, value in pairs:
            if isinstance(name, ast.Name):
                assigned.setdefault(name.id, []).append(value)
    return assigned


def _constants(node: ast.expr, assigned: dict[str, list[ast.expr]]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body, assigned)
        yield from _constants(node.orelse, assigned)
    elif isinstance(node, ast.Name):
        for value in assigned.get(node.id, ()):
            if not isinstance(value, ast.Name):
                yield from _constants(value, assigned)
