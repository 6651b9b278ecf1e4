"""Whatever is read or written as text names its encoding: it is not that of the machine."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("econsim_mesa", "visualization", "scenarios", "docs", "benchmarks")
TEXT_MODE = re.compile(r"[rwax]t?\+?")


def unnamed(source: str) -> Iterator[int]:
    """Yield the line of each call that opens text without naming its encoding."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and _is_text(node):
            keywords = {keyword.arg for keyword in node.keywords}
            if "encoding" not in keywords and None not in keywords:
                yield node.lineno


def _is_text(call: ast.Call) -> bool:
    name = getattr(call.func, "attr", None) or getattr(call.func, "id", "")
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    constants = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    if name == "open" and isinstance(call.func, ast.Attribute):
        modes = [ast.unparse(arg) for arg in call.args[:1]] + [given.get("mode", "")]
        return any(TEXT_MODE.fullmatch(mode.strip("'")) for mode in modes)
    if name in ("open", "fdopen", "NamedTemporaryFile", "TemporaryFile"):
        modes = [given.get("mode", ""), *map(str, constants)]
        return not any(re.search(r"\bb|b\b", mode) for mode in modes)
    if name == "read_text":
        return isinstance(call.func, ast.Attribute) and not call.args
    if name in ("write_text", "TextIOWrapper"):
        return True
    return "True" in (given.get("text"), given.get("universal_newlines"))


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("path.read_text()\npath.read_text('utf-8')\nopen(path)\nopen(path, 'rb')", [1, 3]),
        ("path.open('w')\npath.open('wb')\npath.write_text('a')\npage.open()", [1, 3]),
        ("run(['git'], text=True)\nrun(['git'], encoding='utf-8', text=True)", [1]),
    ],
)
def test_a_call_without_an_encoding_is_seen(source: str, lines: list[int]) -> None:
    assert sorted(unnamed(source)) == lines


def test_all_text_names_its_encoding() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    found = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in [*files, ROOT / "setup.py"]
        for line in unnamed(path.read_text(encoding="utf-8"))
    }
    assert found == set()
