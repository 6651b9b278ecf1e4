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
RULES = "econsim_mesa.domains.economy econsim_mesa.domains.social econsim_mesa.mind"
ROOMS = ["body", "economy", "mobility", "social"]
EVENTS = "+".join(
    [f"domains.economy.{name}_events" for name in ("price", "supply", "transfer")]
    + ["domains.mobility.events", "domains.social.events", "society.calendar"]
)
KERNEL = "+".join(
    [f"society.{module}" for module in ("town", "action", "resolution", "domain", "view")]
    + ["society.requests", "society.observation", "domains.economy.stores_in_mind"]
)
DOMAINS = "+".join(
    [f"domains.{room}.{module}" for room in ROOMS for module in ("actions", "domain")]
    + ["domains.roster"]
)

# Low to high; the parts of one line do not know each other. A part is a folder or a module, or
# several that stand together, with "+" between. After the colon: what it must not import besides.
# A new folder or module of the package is a new line; a module may stand apart from its folder.
LAYERS = f"""
errors version text numbers                             : numpy pydantic mesa {LLM}
society.rng society.clock                               : pydantic mesa {LLM}
sqlite                                                  : numpy pydantic mesa {LLM} {NET}
society.order society.row quoting                          : mesa {LLM} {NET} {FILES}
scenario                                                : mesa {LLM}
society.wording                                         : mesa {LLM} {NET} {FILES}
society.records                                         : mesa {LLM} {NET} {FILES}
domains.body.records domains.economy.records domains.social.records : mesa {LLM} {NET} {FILES}
domains.tables society.measures                         : mesa {LLM} {NET} {FILES}
society.ledger                                          : mesa {LLM} {NET} {FILES}
domains.economy domains.body mind                       : mesa {LLM} {NET} {FILES}
domains.social                                          : mesa {LLM} {NET}
domains.mobility                                        : {LLM} {NET}
domains.measures                                        : {LLM} {NET}
llm                                                     : mesa {RULES}
society.agents                                          : {LLM} {NET}
society.roster society.outcomes                         : mesa {LLM} {NET} {FILES}
domains.economy.state                                   : mesa {LLM} {NET} {FILES}
domains.social.state                                    : mesa {LLM} {NET}
domains.mobility.state domains.body.state               : {LLM} {NET}
{KERNEL}                                                : {LLM} {NET}
society.settings+society.experience                     : {LLM} {NET}
{DOMAINS}                                               : {LLM} {NET}
society.build                                           : {LLM} {NET}
prompts                                                 : {LLM} {NET}
society.decider+society.scheduler+deciders : {LLM} {NET}
mock                                                    : {LLM}
{EVENTS}                                                : {LLM} {NET}
runs.store+runs.reader+runs.summary+runs.comparison+runs.token_counts+runs.provenance+runs.model_versions+runs.soundness : {LLM} {NET}
runs.bundle                                             : {LLM} {NET}
society.inputs                                          : {LLM} {NET} {FILES} mesa
society.collector+society.snapshot+runs.recorder+runs.call_log : {LLM} {NET}
society                                                 : {LLM} {NET}
runs                                                    : {LLM} {NET}
analysis                                                : {LLM} econsim_mesa.llm econsim_mesa.society.model
experiment                                              : {LLM}
evidence                                                : {LLM} econsim_mesa.mind econsim_mesa.society.ledger econsim_mesa.domains.economy.market
cli __init__                                            : {LLM}
studies                                                 : {LLM}
__main__                                                : {LLM}
visualization                                           : {LLM} econsim_mesa.cli
"""  # noqa: E501
LINES = [line.split(":") for line in LAYERS.strip().splitlines()]
PARTS = [(part, forbidden) for parts, forbidden in LINES for part in parts.split()]
RANK = {part: rank for rank, (parts, _) in enumerate(LINES) for part in parts.split()}
FORBIDDEN = {part: names.split() for part, names in PARTS}
HOME = {prefix: part for part, _ in PARTS for prefix in part.split("+")}


def part_of(words: list[str]) -> str | None:
    """Return the part that a dotted name without its first word belongs to: the nearest above."""
    prefixes = (".".join(words[:length]) for length in range(len(words), 0, -1))
    return next((HOME[prefix] for prefix in prefixes if prefix in HOME), None)


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
            other = part_of(words[1:]) or "__init__"
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
        part = part_of(words[1:] if words[-1] != "__init__" else words[1:-1] or ["__init__"])
        if words[1:] in (["domains", "__init__"], ["society", "__init__"]):
            continue
        assert part, f"add {'.'.join(words[1:])} to the table of this test"
        source = path.read_text(encoding="utf-8")
        found += [f"{path}: {fault}" for fault in faults(source, words[:-1], part)]
    assert not found, "\n".join(found)


def test_a_study_is_known_by_its_name_in_the_registry_alone() -> None:
    """Studies stand above all that they plug into, so an import of one is an arrow up; this
    catches those by text and for types as well."""
    names = {path.relative_to(ROOT).as_posix(): path for path in sources()}
    knowing = [
        name
        for name, path in names.items()
        if "/studies/" not in name and "econsim_mesa.studies" in code_of(path)
    ]
    assert knowing == ["econsim_mesa/scenario/registry.py"]


def code_of(path: Path) -> str:
    """Return a module without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value = ast.Constant(None)
    return ast.unparse(tree)


@pytest.mark.parametrize(
    ("part", "source", "count"),
    [
        ("domains.economy", "import mesa", 1),
        ("domains.economy", "from econsim_mesa.society.model import EconModel", 1),
        ("domains.economy", "from ..social import graph", 1),
        ("domains.economy", "from econsim_mesa.society import model", 1),
        ("domains.economy", "def f():\n    from langchain_openai import ChatOpenAI", 1),
        (
            "domains.economy",
            "from .goods import Goods\nfrom econsim_mesa.errors import BadInput",
            0,
        ),
        ("domains.economy", "if TYPE_CHECKING:\n    import mesa\nelse:\n    import sqlite3", 1),
        ("domains.economy", "from econsim_mesa.society import records", 0),
        ("domains.economy", "from econsim_mesa.runs.store import RunStore", 1),
        ("society", "from econsim_mesa.society import ledger\nimport mesa", 0),
    ],
)
def test_the_table_catches_planted_arrows(part: str, source: str, count: int) -> None:
    assert len(faults(source, ["econsim_mesa", *part.split(".")], part)) == count


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        ("--help", "mesa jinja2 solara langchain_openai statsmodels matplotlib pandas"),
        ("list", "mesa jinja2 solara langchain_openai statsmodels matplotlib"),
        (
            "experiment pizza_place --dry-run",
            "mesa jinja2 solara langchain_openai statsmodels pandas",
        ),
        ("validate pizza_place", "mesa jinja2 solara langchain_openai statsmodels matplotlib"),
        (
            "run pizza_place --steps 1 --quiet",
            "jinja2 solara langchain_openai statsmodels matplotlib",
        ),
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
