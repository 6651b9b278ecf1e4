"""Files of the repository in pages, whole or in parts, so that no page can go stale.

``# include FILE`` in a block of code stands for the file; ``# include FILE NAME ...`` for these
definitions of it: ``Loan`` for a class or function, ``Loan.in_words`` for a method, ``Loan:`` for
a class up to its first method.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[1]
INCLUDE = re.compile(r"^# include (\S+)((?: \S+)*)\n", re.MULTILINE)


def with_files(page: str) -> str:
    """Return a page, or a block of it, with the files that it includes.

    Raises:
        ValueError: A file does not define a name.
    """
    return INCLUDE.sub(lambda include: _text(include[1], include[2].split()), page)


def shows_part(block: str) -> bool:
    """Whether a block of code includes definitions of a file, and not the whole of it."""
    return any(names for _, names in INCLUDE.findall(block))


def _text(file: str, names: list[str]) -> str:
    source = (ROOT / file).read_text(encoding="utf-8")
    return "\n\n".join(definition(source, name) for name in names) if names else source


def definition(source: str, name: str) -> str:
    """Return a definition of a source text, with its decorators.

    Raises:
        ValueError: There is none of the name.
    """
    node: ast.Module | ast.ClassDef | ast.FunctionDef = ast.parse(source)
    for part in name.removesuffix(":").split("."):
        inside = [child for child in _definitions(node) if child.name == part]
        if not inside:
            raise ValueError(f"nothing that is included is called {name!r}")
        node = inside[0]
    last = node.end_lineno
    if name.endswith(":"):
        last = min(_first_line(child) for child in _definitions(node)) - 1
    lines = source.splitlines()[_first_line(node) - 1 : last]
    return dedent("\n".join(lines)).rstrip() + "\n"


def _definitions(node: ast.AST) -> list[ast.ClassDef | ast.FunctionDef]:
    body = getattr(node, "body", [])
    return [child for child in body if isinstance(child, ast.ClassDef | ast.FunctionDef)]


def _first_line(node: ast.ClassDef | ast.FunctionDef) -> int:
    return min(part.lineno for part in (node, *node.decorator_list))
