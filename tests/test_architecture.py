"""Imports follow one table: a part uses only the parts on the lines above its own."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LLM, NET, FILES = "langchain openai tiktoken", "socket aiohttp httpx requests", "sqlite3 pathlib io"

# Low to high; the parts of one line do not know each other. After the colon: what they must
# not import besides. A new folder or module of the package is a new line; a module may stand
# lower than its folder.
LAYERS = f"""
errors version text numbers   : numpy pydantic mesa {LLM}
rng clock                     : pydantic mesa {LLM}
sqlite                        : numpy pydantic mesa {LLM} {NET}
records.definitions           : mesa {LLM} {NET} {FILES}
scenario                      : mesa {LLM}
economy mind                  : mesa {LLM} {NET} {FILES}
social                        : mesa {LLM} {NET}
mobility                      : {LLM} {NET}
llm                           : mesa econsim_mesa.economy econsim_mesa.mind econsim_mesa.social
agents                        : {LLM} {NET}
town                          : {LLM} {NET}
observation                   : {LLM} {NET}
prompts                       : {LLM} {NET}
decision                      : {LLM} {NET}
mock                          : {LLM}
resolution events             : {LLM} {NET}
records                       : {LLM} {NET}
bundle                        : {LLM} {NET}
inputs                        : {LLM} {NET} {FILES} mesa
collection                    : {LLM} {NET}
stepping                      : {LLM} {NET}
model                         : {LLM} {NET}
rerun                         : {LLM} {NET}
asking                        : {LLM} {NET}
analysis                      : {LLM} econsim_mesa.llm econsim_mesa.model
experiment                    : {LLM}
evidence                      : {LLM} econsim_mesa.economy econsim_mesa.mobility econsim_mesa.mind
cli __init__                  : {LLM}
__main__                      : {LLM}
visualization                 : {LLM}
"""
LINES = [line.split(":") for line in LAYERS.strip().splitlines()]
RANK = {part: rank for rank, (parts, _) in enumerate(LINES) for part in parts.split()}
FORBIDDEN = {part: names.split() for parts, names in LINES for part in parts.split()}


def part_of(words: list[str]) -> str:
    """Return the part that a dotted name without its first word belongs to."""
    return ".".join(words[:2]) if ".".join(words[:2]) in RANK else words[0]


def imports(tree: ast.AST, package: list[str]) -> Iterator[str]:
    """Yield the dotted names a module imports, also within functions, but not for types only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node = ast.Module(node.orelse, [])
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{stem}.{alias.name}" for alias in node.names)
        yield from imports(node, package)


def faults(source: str, package: list[str], part: str) -> list[str]:
    """Return what the table does not allow among the imports of one module of a part."""
    found = []
    for name in imports(ast.parse(source), package):
        words = name.split(".")
        if words[0] == "econsim_mesa":
            other = part_of([*words[1:], "__init__"])
            other = other if other in RANK else "__init__"
            if other != part and RANK[other] >= RANK[part]:
                found.append(f"{part} imports {name}, which is not below it")
        found += [
            f"{part} must not know {forbidden}, but imports {name}"
            for forbidden in FORBIDDEN[part]
            if name == forbidden or name.startswith((f"{forbidden}.", f"{forbidden}_"))
        ]
    return found


def sources() -> list[Path]:
    """Return every module of the package, dashboard included."""
    return sorted([*ROOT.glob("econsim_mesa/**/*.py"), *ROOT.glob("visualization/**/*.py")])


def test_no_arrow_points_up() -> None:
    found = []
    for path in sources():
        words = list(path.relative_to(ROOT).with_suffix("").parts)
        words = words if words[0] == "econsim_mesa" else ["econsim_mesa", *words]
        part = part_of(words[1:])
        assert part in RANK, f"add {part} to the table of this test ({path})"
        source = path.read_text(encoding="utf-8")
        found += [f"{path}: {fault}" for fault in faults(source, words[:-1], part)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("part", "source", "count"),
    [
        ("economy", "import mesa", 1),
        ("economy", "from econsim_mesa.model import EconModel", 1),
        ("economy", "from ..social import graph", 1),
        ("economy", "from econsim_mesa import model", 1),
        ("economy", "def f():\n    from langchain_openai import ChatOpenAI", 1),
        ("economy", "from .ledger import Ledger\nfrom econsim_mesa.errors import LedgerError", 0),
        ("economy", "if TYPE_CHECKING:\n    import mesa\nelse:\n    import sqlite3", 1),
        ("economy", "from econsim_mesa.records import definitions", 0),
        ("economy", "from econsim_mesa.records import RunStore", 1),
        ("model", "from econsim_mesa.economy import ledger\nimport mesa", 0),
    ],
)
def test_the_table_catches_planted_arrows(part: str, source: str, count: int) -> None:
    assert len(faults(source, ["econsim_mesa", part], part)) == count


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        ("--help", "mesa solara langchain_openai statsmodels matplotlib pandas"),
        ("list", "mesa solara langchain_openai statsmodels matplotlib"),
        ("experiment pizza_place --dry-run", "mesa solara langchain_openai statsmodels pandas"),
        ("validate pizza_place", "mesa solara langchain_openai statsmodels matplotlib"),
        ("run pizza_place --steps 1 --quiet", "solara langchain_openai statsmodels matplotlib"),
    ],
)
def test_a_command_loads_only_what_it_uses(arguments: str, absent: str) -> None:
    code = f"""
import sys
from econsim_mesa.cli import main
try:
    status = main({arguments.split()!r})
except SystemExit as end:
    status = end.code
loaded = sorted(set({absent.split()!r}) & set(sys.modules))
sys.exit(status or (f"loaded {{loaded}}" if loaded else 0))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
